package schema

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/curlew-rpc/curlew"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// serve starts a server and returns a client of it.
func serve(t *testing.T, register func(*curlew.Server), opts ...curlew.ServerOption) *curlew.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := curlew.NewServer(opts...)
	register(s)
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; !errors.Is(err, curlew.ErrServerClosed) {
			t.Error(err)
		}
	})
	c, err := curlew.NewClient(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// A fake is a reflection service whose answers a test makes up. It sends each file
// without its imports, as some servers do.
type fake struct {
	version string
	files   map[string]*descriptorpb.FileDescriptorProto // by name, or the symbol asked for
	raw     map[string][]byte                            // answers as they are on the wire

	mu    sync.Mutex
	asked []string
}

func (f *fake) register(s *curlew.Server) {
	m := &curlew.MethodOf[*rawMessage, *rawMessage]{
		Method:      version(f.version).Method,
		NewRequest:  func() *rawMessage { return new(rawMessage) },
		NewResponse: func() *rawMessage { return new(rawMessage) },
	}
	service, _, _ := strings.Cut(m.Path[1:], "/")
	s.Register(curlew.Service{Name: service, Methods: []curlew.MethodHandler{curlew.HandleBidi(m, f.serve)}})
}

func (f *fake) serve(_ context.Context, stream *curlew.Duplex[*rawMessage, *rawMessage]) error {
	for req, err := range stream.All() {
		if err != nil {
			return err
		}
		n, _, size := protowire.ConsumeTag(req.b)
		what, _ := protowire.ConsumeString(req.b[size:])
		f.mu.Lock()
		f.asked = append(f.asked, what)
		f.mu.Unlock()
		if err := stream.Send(&rawMessage{f.answer(n, what)}); err != nil {
			return err
		}
	}
	return nil
}

func (f *fake) answer(n protowire.Number, what string) []byte {
	if raw, ok := f.raw[what]; ok {
		return raw
	}
	if n == askServices {
		return field(6, field(1, field(1, []byte("fake.Service"))))
	}
	file := f.files[what]
	if file == nil {
		return failure(curlew.NotFound, "no such thing")
	}
	b, err := proto.Marshal(file)
	if err != nil {
		panic(err)
	}
	return field(4, field(1, b))
}

// field encodes a field with bytes.
func field(n protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), b)
}

func failure(code curlew.Code, message string) []byte {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(code))
	return field(7, append(b, field(2, []byte(message))...))
}

// A rawMessage is a message as bytes.
type rawMessage struct{ b []byte }

func (m *rawMessage) SizeVT() int { return len(m.b) }
func (m *rawMessage) MarshalToSizedBufferVT(b []byte) (int, error) {
	return copy(b[len(b)-len(m.b):], m.b), nil
}
func (m *rawMessage) Reset()                     { m.b = nil }
func (m *rawMessage) UnmarshalVT(b []byte) error { m.b = append([]byte(nil), b...); return nil }

// file makes a file with a message that has a field of each of the types in fields.
func file(name, pkg, message string, imports []string, fields ...string) *descriptorpb.FileDescriptorProto {
	m := &descriptorpb.DescriptorProto{Name: proto.String(message)}
	for i, typ := range fields {
		m.Field = append(m.Field, &descriptorpb.FieldDescriptorProto{
			Name:     proto.String("f" + string(rune('a'+i))),
			Number:   proto.Int32(int32(i + 1)),
			Label:    descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
			Type:     descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(),
			TypeName: proto.String("." + typ),
		})
	}
	return &descriptorpb.FileDescriptorProto{
		Name: proto.String(name), Package: proto.String(pkg), Syntax: proto.String("proto3"),
		Dependency: imports, MessageType: []*descriptorpb.DescriptorProto{m},
	}
}
