package call

import (
	"errors"
	"io"
	"strings"
	"testing"

	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/structpb"
)

func order() protoreflect.MessageDescriptor { return new(ordersv1.Order).ProtoReflect().Descriptor() }

func TestRequests(t *testing.T) {
	in := " {\"id\":1}\n\n{\"item\":\"x\"}{\"placedAt\":\"2026-01-02T03:04:05Z\"} "
	reqs := newRequests(strings.NewReader(in), order(), protoregistry.GlobalTypes)
	var got []string
	for {
		m, err := reqs.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		typed := new(ordersv1.Order)
		b, err := proto.Marshal(m)
		if err != nil || proto.Unmarshal(b, typed) != nil {
			t.Fatal(err)
		}
		got = append(got, typed.GetItem()+"/"+typed.GetPlacedAt().AsTime().Format("2006"))
	}
	if want := "/1970 x/1970 /2026"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnly(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"{}", ""},
		{" {} \n", ""},
		{"{}{}", "request 2: the method takes one request only"},
		{"{} x", "request 2: invalid character 'x' looking for beginning of value"},
		{"{", "request 1: the JSON ends in the middle"},
		{"[]", "request 1: "},
		{"7", "request 1: "},
	}
	for _, test := range tests {
		_, err := newRequests(strings.NewReader(test.in), order(), protoregistry.GlobalTypes).only()
		if (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.in, err, test.want)
		}
	}
	broken := errors.New("broken")
	if _, err := newRequests(io.MultiReader(strings.NewReader("{"), failing{broken}), order(), nil).only(); !errors.Is(err, broken) {
		t.Errorf("a broken reader: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestFieldHint(t *testing.T) {
	file := new(descriptorpb.FileDescriptorProto).ProtoReflect().Descriptor() // nested and repeated
	structs := new(structpb.Struct).ProtoReflect().Descriptor()
	features := new(descriptorpb.FeatureSet).ProtoReflect().Descriptor()
	options := new(descriptorpb.FieldOptions).ProtoReflect().Descriptor()
	maps := new(structpb.Struct).ProtoReflect().Descriptor().Fields().ByName("fields")
	tests := []struct {
		name string
		md   protoreflect.MessageDescriptor
		in   string
		want string
	}{
		{"all known", order(), `{"id":1,"placed_at":null,"placedAt":"x"}`, ""},
		{"misspelt", order(), `{"id":1,"placdAt":1}`, "did you mean placedAt?"},
		{"nothing near", order(), `{"zzz":1}`, "fields of demo.orders.v1.Order: id, item, quantity, speed, state, placedAt"},
		{"an enum's value", order(), `{"state":"STATE_SHIPED"}`, "did you mean STATE_SHIPPED?"},
		{"an enum's number", order(), `{"state":2}`, ""},
		{"an enum of another kind", order(), `{"state":{}}`, ""},
		{"no object", order(), `[]`, ""},
		{"no JSON", order(), `{"id"`, ""},
		{"cut off", order(), `{"id":`, ""},
		{"in a well-known type", order(), `{"placedAt":{"secs":1}}`, ""},
		{"a well-known type", structs, `{"anything":1}`, ""},
		{"an extension", order(), `{"[a.b]":1,"idd":2}`, "did you mean id?"},
	}
	for _, test := range tests {
		if got := fieldHint(test.md, []byte(test.in)); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	values := []struct {
		name string
		fd   protoreflect.FieldDescriptor
		in   string
		want string
	}{
		{"a list", file.Fields().ByName("message_type"), `[{}, 7]`, ""},
		{"no list", file.Fields().ByName("message_type"), `{}`, ""},
		{"a list of strings", file.Fields().ByName("dependency"), `["x"]`, ""},
		{"a list of enums", options.Fields().ByName("targets"), `["TARGET_TYPE_FILE", "TARGET_TYPE_FEILD"]`, "did you mean TARGET_TYPE_FIELD?"},
		{"no map", maps, `[]`, ""},
		{"a map", maps, `{"a":{}}`, ""},
		{"an enum", features.Fields().ByName("enum_type"), `"OPENN"`, "did you mean OPEN?"},
	}
	for _, test := range values {
		if got := valueHint(test.fd, []byte(test.in)); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// Whatever the input is, reading it ends in requests or an error, and giving a hint
// does not panic.
func FuzzRequests(f *testing.F) {
	for _, in := range []string{`{"id":1}{"state":"STATE_PLACED"}`, `{"state":"X"}`, `{"placedAt":"2026-01-02T03:04:05Z"}`, `{"a":{"b":[1]}}`, `[`, `{"id":1e3,"id":2}`} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		reqs := newRequests(strings.NewReader(in), order(), protoregistry.GlobalTypes)
		for n := 1; ; n++ {
			m, err := reqs.next()
			var input *inputError
			switch {
			case err == io.EOF:
				return
			case errors.As(err, &input):
				if input.n != n || input.Error() == "" {
					t.Fatalf("request %d: %v", n, err)
				}
				return
			case err != nil || m == nil:
				t.Fatalf("%v, %v", m, err)
			}
		}
	})
}
