package reflection

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/reflection/internal/reflectionpb"
)

// A reflector answers for a server.
type reflector struct {
	server     *curlew.Server
	files      protodesc.Resolver
	extensions index
	show       func(service string) bool
}

type stream = curlew.Duplex[*reflectionpb.ServerReflectionRequest, *reflectionpb.ServerReflectionResponse]

// ServerReflectionInfo serves the one method of either version.
func (r *reflector) ServerReflectionInfo(_ context.Context, s *stream) error {
	sent := make(sentFiles)
	for req, err := range s.All() {
		if err != nil {
			return err
		}
		res, err := r.answer(req, sent)
		if err != nil {
			res = refusal(err)
		}
		res.ValidHost, res.OriginalRequest = req.GetHost(), req
		if err := s.Send(res); err != nil {
			return err
		}
	}
	return nil
}

// refusal is the response to a request that failed. The call goes on.
func refusal(err error) *reflectionpb.ServerReflectionResponse {
	// What a resolver says of its own failure is not for clients.
	told := curlew.Errorf(curlew.Internal, "the look-up failed")
	errors.As(err, &told)
	return &reflectionpb.ServerReflectionResponse{MessageResponse: &reflectionpb.ServerReflectionResponse_ErrorResponse{
		ErrorResponse: &reflectionpb.ErrorResponse{ErrorCode: int32(told.Code()), ErrorMessage: told.Message()},
	}}
}

func (r *reflector) answer(req *reflectionpb.ServerReflectionRequest, sent sentFiles) (*reflectionpb.ServerReflectionResponse, error) {
	var file protoreflect.FileDescriptor
	var err error
	switch q := req.GetMessageRequest().(type) {
	case *reflectionpb.ServerReflectionRequest_ListServices:
		return r.services(), nil
	case *reflectionpb.ServerReflectionRequest_AllExtensionNumbersOfType:
		return r.extensionNumbers(q.AllExtensionNumbersOfType)
	case *reflectionpb.ServerReflectionRequest_FileByFilename:
		file, err = r.file(q.FileByFilename)
	case *reflectionpb.ServerReflectionRequest_FileContainingSymbol:
		file, err = r.fileOfSymbol(protoreflect.FullName(q.FileContainingSymbol))
	case *reflectionpb.ServerReflectionRequest_FileContainingExtension:
		ext := q.FileContainingExtension
		file, err = r.fileOfExtension(protoreflect.FullName(ext.GetContainingType()), protoreflect.FieldNumber(ext.GetExtensionNumber()))
	default:
		return nil, curlew.Errorf(curlew.Unimplemented, "the request asks for nothing that is known here")
	}
	if err != nil {
		return nil, err
	}
	return sent.response(file)
}

func (r *reflector) services() *reflectionpb.ServerReflectionResponse {
	list := new(reflectionpb.ListServiceResponse)
	for svc := range r.server.Services() {
		if r.show(svc.Name) {
			list.Service = append(list.Service, &reflectionpb.ServiceResponse{Name: svc.Name})
		}
	}
	return &reflectionpb.ServerReflectionResponse{
		MessageResponse: &reflectionpb.ServerReflectionResponse_ListServicesResponse{ListServicesResponse: list},
	}
}

func (r *reflector) file(path string) (protoreflect.FileDescriptor, error) {
	f, err := r.files.FindFileByPath(path)
	if errors.Is(err, protoregistry.NotFound) {
		f, err = builtin().FindFileByPath(path)
	}
	return f, missing(err, "file")
}

func (r *reflector) symbol(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	d, err := r.files.FindDescriptorByName(name)
	if errors.Is(err, protoregistry.NotFound) {
		d, err = builtin().FindDescriptorByName(name)
	}
	return d, missing(err, "symbol")
}

func (r *reflector) fileOfSymbol(name protoreflect.FullName) (protoreflect.FileDescriptor, error) {
	d, err := r.symbol(name)
	if err != nil {
		return nil, err
	}
	return d.ParentFile(), nil
}

func (r *reflector) fileOfExtension(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.FileDescriptor, error) {
	f, err := r.extensions.find(message, number)
	return f, missing(err, "extension")
}

func (r *reflector) extensionNumbers(message string) (*reflectionpb.ServerReflectionResponse, error) {
	numbers := &reflectionpb.ExtensionNumberResponse{
		BaseTypeName:    message,
		ExtensionNumber: r.extensions.numbers(protoreflect.FullName(message)),
	}
	if len(numbers.ExtensionNumber) == 0 {
		d, err := r.symbol(protoreflect.FullName(message))
		if err != nil {
			return nil, err
		}
		if _, ok := d.(protoreflect.MessageDescriptor); !ok {
			return nil, curlew.Errorf(curlew.NotFound, "the name is not that of a message")
		}
	}
	slices.Sort(numbers.ExtensionNumber)
	return &reflectionpb.ServerReflectionResponse{
		MessageResponse: &reflectionpb.ServerReflectionResponse_AllExtensionNumbersResponse{AllExtensionNumbersResponse: numbers},
	}, nil
}

// missing returns err as clients are told of it.
func missing(err error, what string) error {
	if errors.Is(err, protoregistry.NotFound) {
		return curlew.Errorf(curlew.NotFound, "no such %s", what)
	}
	return err
}

// sentFiles are the paths of the files that have been sent on a stream.
type sentFiles map[string]bool

// response has a file, and those that it imports, directly or not, as far as the
// client has not got them yet.
func (sent sentFiles) response(file protoreflect.FileDescriptor) (*reflectionpb.ServerReflectionResponse, error) {
	if file == nil || file.IsPlaceholder() {
		return nil, curlew.Errorf(curlew.NotFound, "the file is not known")
	}
	var res reflectionpb.FileDescriptorResponse
	sent[file.Path()] = true
	// What was sent was sent with its imports.
	queue := []protoreflect.FileDescriptor{file}
	for ; len(queue) > 0; queue = queue[1:] {
		next := queue[0]
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(protodesc.ToFileDescriptorProto(next))
		if err != nil {
			return nil, err
		}
		res.FileDescriptorProto = append(res.FileDescriptorProto, b)
		for i := range next.Imports().Len() {
			imported := next.Imports().Get(i).FileDescriptor
			if !imported.IsPlaceholder() && !sent[imported.Path()] {
				sent[imported.Path()] = true
				queue = append(queue, imported)
			}
		}
	}
	return &reflectionpb.ServerReflectionResponse{
		MessageResponse: &reflectionpb.ServerReflectionResponse_FileDescriptorResponse{FileDescriptorResponse: &res},
	}, nil
}
