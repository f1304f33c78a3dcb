package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// ErrNoReflection says that a server does not tell about itself.
var ErrNoReflection = errors.New("the server has no reflection, which would tell its services and messages")

// Reflection is the Source that asks a server, by grpc.reflection.v1 or, if it does
// not know that, v1alpha.
type Reflection struct {
	caller curlew.Caller

	mu     sync.Mutex
	method *curlew.MethodOf[*ask, *answer] // of the version that the server knows
	known  bool
	files  protoregistry.Files
	types  *dynamicpb.Types
}

// NewReflection returns a Source that asks through c.
func NewReflection(c *curlew.Client) *Reflection {
	r := &Reflection{caller: c.Caller(), method: version("v1")}
	r.types = dynamicpb.NewTypes(&r.files)
	return r
}

// version returns the method, which is the same in both versions but for its name.
func version(v string) *curlew.MethodOf[*ask, *answer] {
	return &curlew.MethodOf[*ask, *answer]{
		Method: curlew.Method{
			Path: "/grpc.reflection." + v + ".ServerReflection/ServerReflectionInfo",
			Kind: curlew.KindBidi,
		},
		NewRequest:  func() *ask { return new(ask) },
		NewResponse: func() *answer { return new(answer) },
	}
}

// ask asks one thing.
func (r *Reflection) ask(ctx context.Context, field protowire.Number, value string) (*answer, error) {
	a, err := r.exchange(ctx, &ask{field, value})
	if !r.known && errors.Is(err, curlew.Unimplemented) {
		r.method = version("v1alpha")
		a, err = r.exchange(ctx, &ask{field, value})
	}
	switch {
	case !r.known && errors.Is(err, curlew.Unimplemented):
		return nil, ErrNoReflection
	case err != nil:
		return nil, fmt.Errorf("asking for the schema: %w", err)
	}
	r.known = true
	if a.failed && curlew.Code(a.code) == curlew.NotFound {
		return nil, ErrNotFound
	}
	if a.failed {
		return nil, curlew.Errorf(curlew.Code(a.code), "reflection: %s", a.message)
	}
	return a, nil
}

// exchange makes a call of its own for each question: a server may end a longer one.
func (r *Reflection) exchange(ctx context.Context, q *ask) (*answer, error) {
	stream, err := curlew.CallBidi(ctx, r.caller, r.method)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	// If sending fails, Recv tells why.
	_ = stream.Send(q)
	_ = stream.CloseSend()
	a, err := stream.Recv()
	if err == nil {
		_, _ = stream.Recv() // lets the server end it
	}
	return a, err
}

// Services implements Source.
func (r *Reflection) Services(ctx context.Context) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, err := r.ask(ctx, askServices, "*")
	if err != nil {
		return nil, err
	}
	slices.Sort(a.services)
	return slices.Compact(a.services), nil
}

// Find implements Source.
func (r *Reflection) Find(ctx context.Context, name protoreflect.FullName) (protoreflect.Descriptor, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d, err := r.files.FindDescriptorByName(name); err == nil {
		return d, nil
	}
	a, err := r.ask(ctx, askSymbol, string(name))
	if err != nil {
		return nil, err
	}
	if err := r.addAll(ctx, a.files); err != nil {
		return nil, err
	}
	d, err := r.files.FindDescriptorByName(name)
	if err != nil {
		return nil, ErrNotFound
	}
	return d, nil
}

// addAll adds files, and what they import: some servers send that along, others
// have to be asked.
func (r *Reflection) addAll(ctx context.Context, encoded [][]byte) error {
	pending := make(map[string]*descriptorpb.FileDescriptorProto)
	names, err := decodeFiles(pending, encoded)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := r.addFile(ctx, name, pending); err != nil {
			return err
		}
	}
	return nil
}

func decodeFiles(into map[string]*descriptorpb.FileDescriptorProto, encoded [][]byte) (names []string, err error) {
	for _, b := range encoded {
		f := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(b, f); err != nil {
			return nil, fmt.Errorf("reflection: a file cannot be decoded: %w", err)
		}
		if into[f.GetName()] == nil {
			into[f.GetName()] = f
			names = append(names, f.GetName())
		}
	}
	return names, nil
}

// addFile adds a file after what it imports. A file that is under way is no longer
// pending, so files that import each other do no harm.
func (r *Reflection) addFile(ctx context.Context, name string, pending map[string]*descriptorpb.FileDescriptorProto) error {
	if _, err := r.files.FindFileByPath(name); err == nil {
		return nil
	}
	f := pending[name]
	delete(pending, name)
	if f == nil {
		return nil
	}
	for _, dep := range f.GetDependency() {
		if err := r.fetch(ctx, dep, pending); err != nil {
			return err
		}
		if err := r.addFile(ctx, dep, pending); err != nil {
			return err
		}
	}
	return add(&r.files, f)
}

// fetch asks for a file that is neither known nor pending nor linked.
func (r *Reflection) fetch(ctx context.Context, name string, pending map[string]*descriptorpb.FileDescriptorProto) error {
	if _, err := (fallback{&r.files}).FindFileByPath(name); err == nil || pending[name] != nil {
		return nil
	}
	a, err := r.ask(ctx, askFile, name)
	if errors.Is(err, ErrNotFound) {
		return nil // it may not be needed
	}
	if err != nil {
		return err
	}
	_, err = decodeFiles(pending, a.files)
	return err
}

// Resolver implements Source.
func (r *Reflection) Resolver(ctx context.Context) msgjson.Resolver {
	return types{r.types, &r.mu, func(name protoreflect.FullName) {
		// What cannot be found is shown as unknown.
		_, _ = r.Find(ctx, name)
	}}
}
