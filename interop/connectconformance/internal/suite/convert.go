package suite

import (
	"encoding/base64"
	"errors"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/curlew-rpc/curlew"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
)

// binarySuffix marks names whose values the suite writes in base64, and Curlew's API
// as they are.
const binarySuffix = "-bin"

// Fields calls add for each field of a header in the suite's form.
func Fields(header []*pb.Header, add func(name string, values ...string)) error {
	for _, h := range header {
		values := h.Value
		if strings.HasSuffix(strings.ToLower(h.Name), binarySuffix) {
			values = nil
			for _, v := range h.Value {
				b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(v, "="))
				if err != nil {
					return err
				}
				values = append(values, string(b))
			}
		}
		add(h.Name, values...)
	}
	return nil
}

// Header returns a header in the suite's form.
func Header(h *curlew.Header) []*pb.Header {
	var out []*pb.Header
	byName := map[string]*pb.Header{}
	for name, value := range h.All() {
		if strings.HasSuffix(name, binarySuffix) {
			value = base64.RawStdEncoding.EncodeToString([]byte(value))
		}
		if byName[name] == nil {
			byName[name] = &pb.Header{Name: name}
			out = append(out, byName[name])
		}
		byName[name].Value = append(byName[name].Value, value)
	}
	return out
}

// FromError returns an error of a call in the suite's form.
func FromError(err error) *pb.Error {
	out := &pb.Error{Code: pb.Code(curlew.CodeOf(err)), Message: proto.String(err.Error())}
	if e := (*curlew.Error)(nil); errors.As(err, &e) {
		out.Message = proto.String(e.Message())
	}
	for url, b := range curlew.RawDetails(err) {
		out.Details = append(out.Details, &anypb.Any{TypeUrl: url, Value: b})
	}
	return out
}

// ToError returns the error that the suite asks for, with more details.
func ToError(e *pb.Error, more ...proto.Message) error {
	out := curlew.Errorf(curlew.Code(e.Code), "%s", e.GetMessage())
	for _, d := range e.Details {
		m, err := d.UnmarshalNew()
		if err != nil {
			return curlew.Errorf(curlew.InvalidArgument, "a detail: %v", err)
		}
		out = out.With(m)
	}
	for _, m := range more {
		out = out.With(m)
	}
	return out
}
