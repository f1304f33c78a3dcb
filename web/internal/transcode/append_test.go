package transcode

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/web/internal/transcode/internal/testpb"
)

// compact removes the spaces that protojson puts at will into its JSON.
func compact(t *testing.T, b []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestAppend(t *testing.T) {
	msg := &testpb.Everything{}
	if err := protojson.Unmarshal([]byte(`{"fInt64":"7","nested":{"pageSize":1},"rInt32":[1,2],"labels":{"a":"b"},"fColor":"RED","time":"1970-01-01T00:00:01Z"}`), msg); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ rule, want string }{
		{"GET /v1", `{"fColor":"RED","fInt64":"7","labels":{"a":"b"},"nested":{"pageSize":1},"rInt32":[1,2],"time":"1970-01-01T00:00:01Z"}`},
		{"POST /v1 * nested", `{"pageSize":1}`},
		{"POST /v1 * r_int32", `[1,2]`},
		{"POST /v1 * labels", `{"a":"b"}`},
		{"POST /v1 * f_int64", `"7"`},
		{"POST /v1 * f_string", `""`},
		{"POST /v1 * f_color", `"RED"`},
		{"POST /v1 * r_nested", `[]`},
		{"POST /v1 * time", `"1970-01-01T00:00:01Z"`},
		{"POST /v1 * duration", `null`},
	} {
		b := mustCompile(t, method("Call"), c.rule, Options{})
		got, contentType, err := b.Append([]byte{}, msg)
		if err != nil || contentType != "application/json" || compact(t, got) != c.want {
			t.Errorf("%s: %s, %s, %v; want %s", c.rule, got, contentType, err, c.want)
		}
	}
}

func TestAppendOptions(t *testing.T) {
	var o Options
	o.JSON.EmitDefaults, o.JSON.UseProtoNames, o.JSON.EnumNumbers = true, true, true
	b := mustCompile(t, method("GetMessage"), "GET /v1", o)
	got, _, err := b.Append([]byte("before"), &testpb.Message{Text: "x"})
	if err != nil || compact(t, []byte(strings.TrimPrefix(string(got), "before"))) != `{"message_id":"","text":"x"}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	b := mustCompile(t, method("GetMessage"), "GET /v1", Options{})
	for _, msg := range []proto.Message{&testpb.Everything{}, &testpb.Message{Text: "\xff"}} {
		got, _, err := b.Append([]byte("before"), msg)
		if e := (*grpc.Error)(nil); string(got) != "before" || !errors.As(err, &e) || e.Code != grpc.Internal {
			t.Errorf("%s, %v", got, err)
		}
	}
}

func TestAppendStatus(t *testing.T) {
	wait, err := proto.Marshal(durationpb.New(1e9))
	if err != nil {
		t.Fatal(err)
	}
	nested, err := proto.Marshal(&testpb.Nested{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		code    grpc.Code
		message string
		details []grpc.Detail
		want    string
	}{
		{"plain", 5, "no such thing", nil, `{"code":5,"message":"no such thing"}`},
		{"no message", 2, "", nil, `{"code":2,"message":""}`},
		{"escapes", 3, "a\"b\\c\n\x01 käse \U0001F600", nil, `{"code":3,"message":"a\"b\\c\n\u0001 käse 😀"}`},
		{"not UTF-8", 3, "a\xffb", nil, `{"code":3,"message":"a�b"}`},
		{"known", 3, "x", []grpc.Detail{{TypeURL: "type.googleapis.com/curlew.transcode.test.Nested", Value: nested}},
			`{"code":3,"details":[{"@type":"type.googleapis.com/curlew.transcode.test.Nested","name":"x"}],"message":"x"}`},
		{"well-known", 3, "x", []grpc.Detail{{TypeURL: "type.googleapis.com/google.protobuf.Duration", Value: wait}},
			`{"code":3,"details":[{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}],"message":"x"}`},
		{"unknown, broken and without a type", 3, "x", []grpc.Detail{
			{TypeURL: "type.googleapis.com/none", Value: []byte{1, 2}},
			{TypeURL: "type.googleapis.com/curlew.transcode.test.Nested", Value: []byte{0xff}},
			{Value: []byte{3}},
		}, `{"code":3,"details":[{"@type":"type.googleapis.com/none","value":"AQI="},{"@type":"type.googleapis.com/curlew.transcode.test.Nested","value":"/w=="},{"@type":"","value":"Aw=="}],"message":"x"}`},
	} {
		got := AppendStatus([]byte{}, c.code, c.message, c.details, Options{}.JSON)
		if compact(t, got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
