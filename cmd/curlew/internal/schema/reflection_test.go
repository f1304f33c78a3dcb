package schema

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/reflection"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
)

func withOrders(s *curlew.Server) {
	ordersv1.RegisterOrders(s, ordersv1.UnimplementedOrders{})
	reflection.Register(s)
}

// A server with both versions, and one that knows the older only.
func TestReflection(t *testing.T) {
	old := curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		if strings.Contains(call.Method().Path, "reflection.v1.") {
			return curlew.Errorf(curlew.Unimplemented, "unknown service")
		}
		return next(ctx, call)
	})
	for name, opts := range map[string][]curlew.ServerOption{"v1": nil, "v1alpha": {old}} {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			r := NewReflection(serve(t, withOrders, opts...))
			services, err := r.Services(t.Context())
			if err != nil || !slices.Contains(services, ordersv1.OrdersName) || !slices.IsSorted(services) {
				t.Fatalf("services: %q, %v", services, err)
			}
			md, err := Method(t.Context(), r, ordersv1.OrdersName, "WatchOrder")
			if err != nil {
				t.Fatal(err)
			}
			if md.IsStreamingClient() || !md.IsStreamingServer() || md.Output().Fields().ByName("order_id") == nil {
				t.Errorf("WatchOrder is %v", md)
			}
			if at := md.Output().Fields().ByName("at").Message(); at.Fields().ByName("seconds") == nil {
				t.Errorf("the imported message is %v", at)
			}
			if want := "/grpc.reflection." + name + ".ServerReflection/ServerReflectionInfo"; r.method.Path != want {
				t.Errorf("asked by %s", r.method.Path)
			}
		})
	}
}

func TestNames(t *testing.T) {
	r := NewReflection(serve(t, withOrders))
	tests := []struct {
		name string
		err  func() error
		want string
	}{
		{"a service", func() error { _, err := Service(t.Context(), r, "demo.orders.v1.Ordrs"); return err }, "there is no service demo.orders.v1.Ordrs\ndid you mean demo.orders.v1.Orders?"},
		{"no name at all", func() error { _, err := Service(t.Context(), r, "a b"); return err }, "there is no service a b\nservices: "},
		{"a message", func() error { _, err := Service(t.Context(), r, "demo.orders.v1.Order"); return err }, "there is no service demo.orders.v1.Order\ndid you mean demo.orders.v1.Orders?"},
		{"a method", func() error {
			_, err := Method(t.Context(), r, ordersv1.OrdersName, "getorder")
			return err
		}, "there is no method getorder in demo.orders.v1.Orders\ndid you mean GetOrder?"},
		{"a symbol", func() error { _, err := Symbol(t.Context(), r, "demo.orders.v1.Orders/GetOrdr"); return err }, "there is no symbol demo.orders.v1.Orders.GetOrdr\ndid you mean GetOrder?"},
		{"a field", func() error { _, err := Symbol(t.Context(), r, "demo.orders.v1.Order.iten"); return err }, "did you mean item?"},
		{"nothing near", func() error { _, err := Symbol(t.Context(), r, "x"); return err }, "there is no symbol x\nservices: "},
	}
	for _, test := range tests {
		err := test.err()
		var name *NameError
		if !errors.As(err, &name) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	for _, name := range []string{"demo.orders.v1.Order", ".demo.orders.v1.Order", "demo.orders.v1.Orders/GetOrder", "demo.orders.v1.State", "demo.orders.v1.Order.id"} {
		if _, err := Symbol(t.Context(), r, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSplitMethod(t *testing.T) {
	tests := []struct {
		name, service, method string
		ok                    bool
	}{
		{"a.b.C/D", "a.b.C", "D", true},
		{"/a.b.C/D", "a.b.C", "D", true},
		{"a.b.C.D", "a.b.C", "D", true},
		{"C/D", "C", "D", true},
		{"C", "", "", false},
		{"C/", "", "", false},
		{"/D", "", "", false},
		{"", "", "", false},
	}
	for _, test := range tests {
		service, method, ok := SplitMethod(test.name)
		if service != test.service || method != test.method || ok != test.ok {
			t.Errorf("SplitMethod(%q) = %q, %q, %v", test.name, service, method, ok)
		}
	}
}

// Imports that a server does not send along are asked for, each once, and those of
// well-known types not at all.
func TestImportsOneByOne(t *testing.T) {
	a := file("a.proto", "fake", "A", []string{"b.proto", "google/protobuf/timestamp.proto", "gone.proto"},
		"fake.B", "google.protobuf.Timestamp")
	b := file("b.proto", "fake", "B", []string{"c.proto"}, "fake.C")
	c := file("c.proto", "fake", "C", nil)
	f := &fake{version: "v1", files: map[string]*descriptorpb.FileDescriptorProto{"fake.A": a, "b.proto": b, "c.proto": c}}
	r := NewReflection(serve(t, f.register))
	for range 2 {
		d, err := r.Find(t.Context(), "fake.A")
		if err != nil {
			t.Fatal(err)
		}
		inner := d.(protoreflect.MessageDescriptor).Fields().ByName("fa").Message()
		if inner.FullName() != "fake.B" || inner.Fields().Get(0).Message().IsPlaceholder() {
			t.Errorf("the field is %v", inner)
		}
	}
	if want := []string{"fake.A", "b.proto", "c.proto", "gone.proto"}; !slices.Equal(f.asked, want) {
		t.Errorf("asked for %q, want %q", f.asked, want)
	}
}

// A type inside of google.protobuf.Any is asked for when it is shown.
func TestResolverAsks(t *testing.T) {
	inner := file("inner.proto", "fake", "Inner", nil)
	inner.MessageType[0].Field = []*descriptorpb.FieldDescriptorProto{{
		Name: proto.String("text"), Number: proto.Int32(1),
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
	}}
	f := &fake{version: "v1", files: map[string]*descriptorpb.FileDescriptorProto{"fake.Inner": inner}}
	resolver := NewReflection(serve(t, f.register)).Resolver(t.Context())
	format := msgjson.Format{Resolver: resolver}
	got := format.Line(&anypb.Any{TypeUrl: "type.googleapis.com/fake.Inner", Value: field(1, []byte("hello"))})
	if want := `{"@type":"type.googleapis.com/fake.Inner","text":"hello"}`; got != want {
		t.Errorf("got %s", got)
	}
	if got := format.Line(&anypb.Any{TypeUrl: "x/fake.Unknown"}); !strings.Contains(got, "fake.Unknown") || strings.HasPrefix(got, "{") {
		t.Errorf("an unknown type: %s", got)
	}
	if got := format.Line(&anypb.Any{TypeUrl: "x/google.protobuf.Duration"}); got != `{"@type":"x/google.protobuf.Duration","value":"0s"}` {
		t.Errorf("a linked type: %s", got)
	}
	if _, err := resolver.FindExtensionByName("fake.x"); err == nil {
		t.Error("found an extension that is not there")
	}
	if _, err := resolver.FindExtensionByNumber("fake.Inner", 7); err == nil {
		t.Error("found an extension that is not there")
	}
}

func TestReflectionFails(t *testing.T) {
	bad := file("bad.proto", "fake", "Bad", nil, "fake.None")
	bad.MessageType[0].Field[0].Name = proto.String("not a name")
	twice := file("twice.proto", "fake", "Twice", nil)
	again := file("again.proto", "fake", "Twice", []string{"twice.proto"})
	f := &fake{
		version: "v1",
		files: map[string]*descriptorpb.FileDescriptorProto{
			"fake.Bad": bad, "fake.Other": file("x.proto", "fake", "X", nil), "fake.Twice": again, "twice.proto": twice,
			"fake.Dep": file("dep.proto", "fake", "Dep", []string{"broken.proto"}),
		},
		raw: map[string][]byte{
			"fake.Malformed": {0xff},
			"fake.Inner":     field(4, []byte{0x0a}),
			"fake.NoFile":    field(4, field(1, []byte{0xff})),
			"fake.Refused":   failure(curlew.PermissionDenied, "not for you"),
			"broken.proto":   failure(curlew.Internal, "oh no"),
		},
	}
	r := NewReflection(serve(t, f.register))
	tests := map[protoreflect.FullName]string{
		"fake.Malformed": "malformed reflection response",
		"fake.Inner":     "malformed reflection response",
		"fake.NoFile":    "a file cannot be decoded",
		"fake.Refused":   "PERMISSION_DENIED: reflection: not for you",
		"fake.Bad":       "the definitions in bad.proto cannot be used",
		"fake.Twice":     "the definitions in again.proto cannot be used",
		"fake.Dep":       "oh no",
		"fake.Other":     "not found",
		"fake.Unknown":   "not found",
	}
	for name, want := range tests {
		if _, err := r.Find(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Service(t.Context(), r, "fake.Refused"); !errors.Is(err, curlew.PermissionDenied) {
		t.Errorf("a service that cannot be asked for: %v", err)
	}
	if _, err := Symbol(t.Context(), r, "fake.Refused"); !errors.Is(err, curlew.PermissionDenied) {
		t.Errorf("a symbol that cannot be asked for: %v", err)
	}
}

func TestNoReflection(t *testing.T) {
	r := NewReflection(serve(t, func(s *curlew.Server) { ordersv1.RegisterOrders(s, ordersv1.UnimplementedOrders{}) }))
	_, servicesErr := r.Services(t.Context())
	_, findErr := r.Find(t.Context(), "x.Y")
	_, serviceErr := Service(t.Context(), r, "not a name")
	_, symbolErr := Symbol(t.Context(), r, "not a name")
	for i, err := range []error{servicesErr, findErr, serviceErr, symbolErr} {
		if !errors.Is(err, ErrNoReflection) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestReflectionWithoutServer(t *testing.T) {
	c, err := curlew.NewClient("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := NewReflection(c).Services(t.Context()); !errors.Is(err, curlew.Unavailable) {
		t.Errorf("got %v", err)
	}
}

// What a server answers is never a panic, and what it says is what is read.
func FuzzAnswer(f *testing.F) {
	f.Add(field(4, append(field(1, []byte("one")), field(1, nil)...)))
	f.Add(field(6, field(1, field(1, []byte("a.B")))))
	f.Add(failure(curlew.NotFound, "none"))
	f.Add([]byte{0x0b, 0x0c, 0x0d, 1, 2, 3, 4, 0x09, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		var a answer
		if a.UnmarshalVT(b) != nil {
			return
		}
		var size int
		for _, file := range a.files {
			size += len(file)
		}
		for _, s := range a.services {
			size += len(s)
		}
		if size > len(b) {
			t.Fatalf("%d bytes of %d", size, len(b))
		}
	})
}

func TestAsk(t *testing.T) {
	q := &ask{askSymbol, "a.B"}
	b := make([]byte, q.SizeVT())
	n, err := q.MarshalToSizedBufferVT(b)
	if want := field(4, []byte("a.B")); err != nil || n != len(want) || string(b) != string(want) {
		t.Errorf("got %x, %v, want %x", b, err, want)
	}
}
