package websocket_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/curlew-rpc/curlew"
)

// say is the message of the service that the transport's own tests call.
type say = *dynamicpb.Message

// sayType returns a message of web/ts/test/echo.proto.
func sayType(t *testing.T) protoreflect.MessageDescriptor {
	t.Helper()
	field := func(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{Name: &name, Number: &number, Type: &kind, JsonName: &name, Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("echo.proto"), Package: proto.String("curlew.web.test.v1"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("Say"), Field: []*descriptorpb.FieldDescriptorProto{
			field("text", 1, descriptorpb.FieldDescriptorProto_TYPE_STRING), field("number", 2, descriptorpb.FieldDescriptorProto_TYPE_INT32),
		}}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file.Messages().Get(0)
}

// says is that service.
func says(t *testing.T) curlew.Service {
	desc := sayType(t)
	text, number := desc.Fields().ByName("text"), desc.Fields().ByName("number")
	newSay := func() say { return dynamicpb.NewMessage(desc) }
	of := func(n int64) say {
		m := newSay()
		m.Set(number, protoreflect.ValueOfInt32(int32(n)))
		return m
	}
	method := func(name string, kind curlew.Kind) *curlew.MethodOf[say, say] {
		return &curlew.MethodOf[say, say]{
			Method: curlew.Method{Path: "/curlew.web.test.v1.Echo/" + name, Kind: kind}, NewRequest: newSay, NewResponse: newSay,
		}
	}
	return curlew.Service{Name: "curlew.web.test.v1.Echo", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(method("Unary", curlew.KindUnary), func(ctx context.Context, req say) (say, error) {
			echo{}.begin(ctx)
			switch req.Get(text).String() {
			case "fail":
				return nil, curlew.Errorf(curlew.NotFound, "as asked")
			case "hang":
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return req, nil
		}),
		curlew.HandleServerStream(method("Count", curlew.KindServerStream), func(ctx context.Context, req say, out curlew.Sender[say]) error {
			for i := range req.Get(number).Int() {
				if err := out.Send(of(i)); err != nil {
					return err
				}
			}
			return nil
		}),
		curlew.HandleClientStream(method("Sum", curlew.KindClientStream), func(ctx context.Context, reqs iter.Seq2[say, error]) (say, error) {
			sum := int64(0)
			for req, err := range reqs {
				if err != nil {
					return nil, err
				}
				sum += req.Get(number).Int()
			}
			return of(sum), nil
		}),
		curlew.HandleBidi(method("Talk", curlew.KindBidi), func(ctx context.Context, d *curlew.Duplex[say, say]) error {
			for req, err := range d.All() {
				if err = errors.Join(err, d.Send(req)); err != nil {
					return err
				}
			}
			return nil
		}),
	}}
}

// The transport for TypeScript makes its calls to a server of ours.
func TestTypeScript(t *testing.T) {
	dir, err := filepath.Abs("../../web/ts")
	if err != nil {
		t.Fatal(err)
	}
	if other := os.Getenv("CURLEW_WEB_TS"); other != "" {
		dir = other
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node")
	}
	for _, made := range []string{"build/src/index.js", "node_modules/ws/wrapper.mjs"} {
		if _, err := os.Stat(filepath.Join(dir, made)); err != nil {
			t.Skip("the transport has not been built: npm ci && npm test in web/ts do that")
		}
	}
	addr := serve(t, func(srv *curlew.Server) { srv.Register(says(t)) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, node, "calls.mjs", dir, "http://"+addr).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
