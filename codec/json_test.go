package codec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/testpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestJSONRoundTrip(t *testing.T) {
	c := JSON()
	if c.Name() != "json" {
		t.Errorf("Name = %q", c.Name())
	}
	const level = `"name":"käse","bigId":"1152921504606846976","blob":"AP94","tags":["a b","c\" : , \\"],"counts":{"k k":-5},`
	const rest = `"kind":"KIND_FANCY","text":"choice","packed":[0,1000,2000,3000,4000]}`
	const want = `{` + level + `"child":{` + level + `"child":{` + level + rest + `,` + rest + `,` + rest
	for name, m := range filled(t) {
		out, err := c.Append([]byte("d s t"), m[0])
		if err != nil || string(out) != "d s t"+want {
			t.Errorf("%s: Append =\n%s, %v, want\n%s", name, out, err, want)
			continue
		}
		if err := c.Unmarshal(out[5:], m[1]); err != nil || !proto.Equal(m[0], m[1]) {
			t.Errorf("%s: comes back as %v, %v", name, m[1], err)
		}
		// Overwritten, not merged.
		if err := c.Unmarshal([]byte("{}"), m[1]); err != nil || proto.Size(m[1]) != 0 {
			t.Errorf("%s: decoding {} leaves %v, %v", name, m[1], err)
		}
	}
}

func TestJSONAccepts(t *testing.T) {
	for in, want := range map[string]*testpb.Proto3{
		`{}`:                                   {},
		` { "name" : "a" } `:                   {Name: "a"},
		`{"bigId":7}`:                          {BigId: 7},
		`{"big_id":"7"}`:                       {BigId: 7},
		`{"kind":1}`:                           {Kind: testpb.Proto3_KIND_PLAIN},
		`{"name":null}`:                        {},
		`{"newer":{"than":["we"]},"name":"a"}`: {Name: "a"},
		`{"kind":"KIND_NEWER","name":"a"}`:     {Name: "a"},
		`{"blob":"_-8="}`:                      {Blob: []byte{0xff, 0xef}},
		`{"child":{"newer":1,"number":"4e2"}}`: {Child: &testpb.Proto3{Choice: &testpb.Proto3_Number{Number: 400}}},
		"{\"name\":\"\\ud83d\\ude00\\u0000\"}": {Name: "😀\x00"},
	} {
		got := &testpb.Proto3{Name: "old", Tags: []string{"old"}}
		if err := JSON().Unmarshal([]byte(in), got); err != nil || !proto.Equal(got, want) {
			t.Errorf("%s is %v, %v", in, got, err)
		}
	}
}

func TestJSONRefuses(t *testing.T) {
	for _, in := range []string{
		``, ` `, `null`, `[]`, `"a"`, `{`, `{"name":"a"`, `{"name":"a"}{}`, `{"name":"a"} x`, `{"name":7}`, `{"name":"a","name":"b"}`,
		"{\"name\":\"\xff\"}", `{"name":"\ud800"}`, `{'name':'a'}`, `{"name":"a",}`, `{"bigId":"1.5"}`, `{"bigId":1e30}`,
		`{"text":"a","number":1}`, `{"packed":[1,"x"]}`, `{"blob":"*"}`,
		strings.Repeat(`{"child":`, maxDepth) + `{}` + strings.Repeat(`}`, maxDepth),
		strings.Repeat(`{"newer":`, 10001) + `{}` + strings.Repeat(`}`, 10001),
	} {
		if err := JSON().Unmarshal([]byte(in), new(testpb.Proto3)); err == nil {
			t.Errorf("%.50q is accepted", in)
		} else if !strings.Contains(err.Error(), "*testpb.Proto3") {
			t.Errorf("%.50q: %v", in, err)
		}
	}
	deep := strings.Repeat(`{"child":`, maxDepth-1) + `{}` + strings.Repeat(`}`, maxDepth-1)
	if err := JSON().Unmarshal([]byte(deep), new(testpb.Proto3)); err != nil {
		t.Errorf("%d deep: %v", maxDepth, err)
	}
}

func TestJSONAppendRefuses(t *testing.T) {
	for _, m := range []proto.Message{
		&testpb.Proto3{Name: "\xff"},
		&testpb.Proto2{},
		&structpb.Value{},
	} {
		out, err := JSON().Append([]byte("dst"), m)
		if err == nil || string(out) != "dst" {
			t.Errorf("Append of %T = %q, %v", m, out, err)
		}
	}
}

// Compact leaves strings alone whatever is in them.
func TestJSONIsCompact(t *testing.T) {
	for _, text := range []string{"", " ", `"`, `\`, `\\`, `\" : `, `"\ , "`, "a  b", "{ } [ ]", "\n\t\x00\u2028"} {
		m := &testpb.Proto3{Name: text, Tags: []string{text, "x y"}, Counts: map[string]int32{text: 1, "z z": 2}}
		out, err := JSON().Append([]byte("{ "), m)
		if err != nil {
			t.Fatal(err)
		}
		var value map[string]any
		if err := json.Unmarshal(out[2:], &value); err != nil {
			t.Errorf("%q gives %s: %v", text, out, err)
			continue
		}
		if text != "" && value["name"] != text {
			t.Errorf("%q became %q", text, value["name"])
		}
		got := new(testpb.Proto3)
		if err := JSON().Unmarshal(out[2:], got); err != nil || !proto.Equal(got, m) {
			t.Errorf("%q comes back as %v, %v", text, got, err)
		}
	}
}
