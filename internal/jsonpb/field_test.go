package jsonpb_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/oldpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/shoppb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestFields(t *testing.T) {
	o := jsonpb.Options{}
	for _, c := range []struct{ field, text string }{
		{"order_id", `"a"`}, {"order_id", `""`}, {"customer", `{"id":"7","roles":["x"]}`}, {"customer", `null`}, {"state", `"STATE_PAID"`},
		{"items", `[]`}, {"items", `[{"price":1.5},{}]`}, {"labels", `{"a":"b"}`}, {"users", `{"a":{}}`}, {"states", `{"-1":"STATE_OPEN","2":7}`},
		{"created_at", `"1970-01-01T00:00:01Z"`}, {"created_at", `null`}, {"numbers", `["1","-2"]`}, {"receipt", `"AP8="`}, {"card", `"c"`}, {"none", `null`}, {"payer", `{}`},
	} {
		full := &shoppb.Order{OddName: "stays", OrderId: "old", Items: []*shoppb.Order_Item{{Sku: "old"}}, Labels: map[string]string{"old": ""}}
		for _, pm := range []proto.Message{full, dynamic(full)} {
			m := pm.ProtoReflect()
			fields := m.Descriptor().Fields()
			fd := fields.ByName(protoreflect.Name(c.field))
			if err := o.UnmarshalField([]byte(" "+c.text+" "), m, fd); err != nil || m.Get(fields.ByName("odd_name")).String() != "stays" {
				t.Errorf("%s: %s: %v", c.field, c.text, err)
			}
			out, err := o.AppendField([]byte("dst"), m, fd)
			if err != nil || string(out) != "dst"+c.text {
				t.Errorf("%s: %s comes back as %s, %v", c.field, c.text, out, err)
			}
		}
	}
	m := new(oldpb.Old)
	note := oldpb.E_Note.TypeDescriptor()
	if err := o.UnmarshalField([]byte(`"n"`), m.ProtoReflect(), note); err != nil || proto.GetExtension(m, oldpb.E_Note) != "n" {
		t.Errorf("an extension is %v, %v", m, err)
	}
	if out, err := o.AppendField(nil, m.ProtoReflect(), note); string(out) != `"n"` || err != nil {
		t.Errorf("an extension is %s, %v", out, err)
	}
	if err := o.UnmarshalField([]byte(`null`), m.ProtoReflect(), note); err != nil || proto.HasExtension(m, oldpb.E_Note) {
		t.Errorf("null leaves %v, %v", m, err)
	}
	v := new(shoppb.Known)
	if err := o.UnmarshalField([]byte(`null`), v.ProtoReflect(), v.ProtoReflect().Descriptor().Fields().ByName("value")); err != nil || v.Value.GetKind() == nil {
		t.Errorf("a value of null is %v, %v", v, err)
	}
}

func TestFieldsRefuse(t *testing.T) {
	o := jsonpb.Options{}
	old := new(oldpb.Old).ProtoReflect()
	fields := old.Descriptor().Fields()
	for _, c := range []struct{ field, text, want string }{
		{"text", `7`, "text: want a string, found 7 (line 1:1)"},
		{"text", `"a" "b"`, "want the end, found \"b\" (line 1:5)"},
		{"text", ``, "text: want a string, found the end (line 1:1)"},
		{"strict", `{}`, "strict: proto: required field curlew.jsonpb.old.Strict.id not set"},
		{"more", `[{"name":""},{}]`, "more: proto: required field curlew.jsonpb.old.Old.More.name not set"},
		{"stricts", `{"a":{}}`, "stricts: proto: required field curlew.jsonpb.old.Strict.id not set"},
		{"kinds", `["KIND_A",{}]`, "kinds[1]: want the name of an enum value, found { (line 1:11)"},
	} {
		err := o.UnmarshalField([]byte(c.text), old, fields.ByName(protoreflect.Name(c.field)))
		if err == nil || err.Error() != c.want {
			if e := new(jsonpb.Error); !errors.As(err, &e) || normal(err.Error()) != c.want {
				t.Errorf("%s: %s: %v, want %s", c.field, c.text, err, c.want)
			}
		}
	}
	old.Clear(fields.ByName("stricts"))
	old.Set(fields.ByName("strict"), protoreflect.ValueOfMessage(new(oldpb.Strict).ProtoReflect()))
	if out, err := o.AppendField([]byte("dst"), old, fields.ByName("strict")); err == nil || string(out) != "dst" {
		t.Errorf("AppendField = %s, %v", out, err)
	}
	other := new(shoppb.Order).ProtoReflect().Descriptor().Fields().Get(0)
	if out, err := o.AppendField([]byte("dst"), old, other); err == nil || string(out) != "dst" {
		t.Errorf("a field of another message is %s, %v", out, err)
	}
	if err := o.UnmarshalField([]byte(`"a"`), old, other); err == nil {
		t.Error("a field of another message is set")
	}
	if err := o.UnmarshalField([]byte(`"a"`), (*oldpb.Old)(nil).ProtoReflect(), fields.ByName("text")); err == nil {
		t.Error("a field of nil is set")
	}
	if err := o.Unmarshal([]byte(`{}`), nil); err == nil {
		t.Error("nil is decoded into")
	}
	if err := o.Unmarshal([]byte(`{}`), (*shoppb.User)(nil)); err == nil {
		t.Error("a nil message is decoded into")
	}
}

// normal takes the space that protobuf makes unstable for what it is.
func normal(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }

func TestNilMessages(t *testing.T) {
	for _, m := range []proto.Message{
		nil, (*shoppb.Order)(nil), (*structpb.Struct)(nil),
		&shoppb.Order{Items: []*shoppb.Order_Item{nil}, Users: map[string]*shoppb.User{"a": nil}, Payment: (*shoppb.Order_Payer)(nil)},
		&shoppb.Order{Payment: &shoppb.Order_Payer{}}, &shoppb.Order{Payment: (*shoppb.Order_Card)(nil)},
	} {
		checkAppend(t, jsonpb.Options{EmitDefaults: true}, m)
		checkAppend(t, jsonpb.Options{}, m)
	}
}

func TestNext(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"}\"]"} [1] `: `{"a":"}\"]"}`, "\n[[],{}]\n{}": `[[],{}]`, `1 2`: `1`, `-1.5e3,`: `-1.5e3`, `"a b" c`: `"a b"`, `null`: `null`, `true[]`: `true`, `{]`: `{]`,
	} {
		value, rest, err := jsonpb.Next([]byte(in))
		if err != nil || string(value) != want || in[len(in)-len(rest):] != string(rest) {
			t.Errorf("%q: %q, %q, %v", in, value, rest, err)
		}
	}
	for in, want := range map[string]error{
		``: io.EOF, " \n": io.EOF, `{`: io.ErrUnexpectedEOF, `["`: io.ErrUnexpectedEOF, `"a\`: io.ErrUnexpectedEOF, `"a\"`: io.ErrUnexpectedEOF, `{"a":[}`: io.ErrUnexpectedEOF,
	} {
		value, rest, err := jsonpb.Next([]byte(in))
		if value != nil || string(rest) != in || err != want {
			t.Errorf("%q: %q, %q, %v", in, value, rest, err)
		}
	}
	if _, _, err := jsonpb.Next([]byte(" \n ,{}")); err == nil || err.Error() != "want a value, found , (line 2:2)" {
		t.Errorf("a comma: %v", err)
	}
}
