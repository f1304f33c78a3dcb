package transcode

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/web/internal/transcode/internal/testpb"
)

func TestPath(t *testing.T) {
	for _, c := range []struct{ rule, target, want string }{
		{"GET /{f_string}", "/a%20b+c%2Fd", `{"fString":"a b+c/d"}`},
		{"GET /{f_string=a/*}", "/a/b%2Fc", `{"fString":"a/b%2Fc"}`},
		{"GET /x/{f_string=**}", "/x", `{}`},
		{"GET /x/{f_string=**}", "/x/a//b", `{"fString":"a//b"}`},
		{"GET /{f_int32}", "/-7", `{"fInt32":-7}`},
		{"GET /{f_uint64}", "/18446744073709551615", `{"fUint64":"18446744073709551615"}`},
		{"GET /{f_double}", "/1.5", `{"fDouble":1.5}`},
		{"GET /{f_bool}", "/true", `{"fBool":true}`},
		{"GET /{f_bytes}", "/-_8=", `{"fBytes":"+/8="}`},
		{"GET /{f_color}", "/BLUE", `{"fColor":"BLUE"}`},
		{"GET /{f_color}", "/7", `{"fColor":"BLUE"}`},
		{"GET /{o_int32}", "/0", `{"oInt32":0}`},
		{"GET /{c_text}", "/x", `{"cText":"x"}`},
		{"GET /{time}", "/2020-01-02T03:04:05Z", `{"time":"2020-01-02T03:04:05Z"}`},
		{"GET /{duration}", "/3s", `{"duration":"3s"}`},
		{"GET /{update_mask}", "/a,b.cD", `{"updateMask":"a,b.cD"}`},
		{"GET /{w_int32}", "/0", `{"wInt32":0}`},
		{"GET /{w_bool}", "/false", `{"wBool":false}`},
		{"GET /{w_string.value}", "/x", `{"wString":"x"}`},
		{"GET /{nested.name}/{nested.child.page_size}", "/x/3", `{"nested":{"name":"x","child":{"pageSize":3}}}`},
		{"GET /{f_int32}/{f_string}:do", "/3/x:y:do", `{"fInt32":3,"fString":"x:y"}`},
		{"GET /{nested.left}/{c_number}", "/x/1", `{"nested":{"left":"x"},"cNumber":1}`},
	} {
		b := mustCompile(t, method("Call"), c.rule, Options{})
		msg := &testpb.Everything{}
		if err := call(t, b, c.target, "", msg); err != nil {
			t.Errorf("%s %s: %v", c.rule, c.target, err)
			continue
		}
		wantMessage(t, c.rule, msg, c.want)
	}
	for _, c := range []struct{ rule, target, want string }{
		{"GET /{f_int32}", "/x", `field f_int32: "x" is no int32`},
		{"GET /{nested.page_size}", "/1.5", `field nested.page_size: "1.5" is no int32`},
		{"GET /{f_string}", "/%ff", "field f_string: text that is not UTF-8"},
		{"GET /{w_string}", "/%ff", "field w_string: text that is not UTF-8"},
		{"GET /{f_color}", "/PINK", "no value of curlew.transcode.test.Color"},
		{"GET /{update_mask}", "/a..b", "no google.protobuf.FieldMask"},
		{"GET /{time}", "/now", "no google.protobuf.Timestamp"},
	} {
		b := mustCompile(t, method("Call"), c.rule, Options{})
		wantRefusal(t, c.rule, call(t, b, c.target, "", &testpb.Everything{}), c.want)
	}
}

func TestBody(t *testing.T) {
	for _, c := range []struct{ rule, target, body, want string }{
		{"POST /v1 *", "/v1", "", `{}`},
		{"POST /v1 *", "/v1", "{}", `{}`},
		{"POST /v1 *", "/v1", ` { "f_int32" : "7" , "fString":"x"} `, `{"fInt32":7,"fString":"x"}`},
		{"POST /{f_string} *", "/path", `{"fString":"body","fInt32":1}`, `{"fString":"path","fInt32":1}`},
		{"POST /{nested.name} *", "/path", `{"nested":{"name":"body","pageSize":1}}`, `{"nested":{"name":"path","pageSize":1}}`},
		{"POST /{c_text} *", "/path", `{"cNumber":1}`, `{"cText":"path"}`},
		{"POST /v1 nested", "/v1", "", `{}`},
		{"POST /v1 nested", "/v1", "{}", `{"nested":{}}`},
		{"POST /v1 nested", "/v1", "null", `{}`},
		{"POST /v1 nested", "/v1?f_int32=2&r_int32=3", `{"name":"x"}`, `{"fInt32":2,"rInt32":[3],"nested":{"name":"x"}}`},
		{"PUT /{nested.name} nested", "/path", `{"name":"body","tags":["a"]}`, `{"nested":{"name":"path","tags":["a"]}}`},
		{"PUT /{nested.name} nested", "/path", "", `{"nested":{"name":"path"}}`},
		{"POST /v1 r_int32", "/v1", `[1,2,"3"]`, `{"rInt32":[1,2,3]}`},
		{"POST /v1 r_nested", "/v1", `[{"name":"x"},{}]`, `{"rNested":[{"name":"x"},{}]}`},
		{"POST /v1 labels", "/v1", `{"a":"b"}`, `{"labels":{"a":"b"}}`},
		{"POST /v1 f_string", "/v1", `"x"`, `{"fString":"x"}`},
		{"POST /v1 f_int64", "/v1", `"9007199254740993"`, `{"fInt64":"9007199254740993"}`},
		{"POST /v1 time", "/v1", `"1970-01-01T00:00:01Z"`, `{"time":"1970-01-01T00:00:01Z"}`},
		{"POST /v1 value", "/v1", `[null]`, `{"value":[null]}`},
		{"POST /v1 struct", "/v1", `{"a":{}}`, `{"struct":{"a":{}}}`},
		{"POST /v1 c_nested", "/v1", `{"left":"x"}`, `{"cNested":{"left":"x"}}`},
	} {
		b := mustCompile(t, method("Call"), c.rule, Options{})
		msg := &testpb.Everything{}
		if err := call(t, b, c.target, c.body, msg); err != nil {
			t.Errorf("%s %s: %v", c.rule, c.body, err)
			continue
		}
		wantMessage(t, c.rule+" "+c.body, msg, c.want)
	}
	for _, c := range []struct{ rule, body, want string }{
		{"POST /v1 *", "{", "body: "},
		{"POST /v1 *", "[]", "body: "},
		{"POST /v1 *", `{"none":1}`, "none"},
		{"POST /v1 *", `{"fInt32":"x"}`, "body: "},
		{"POST /v1 *", `{} {}`, "body: "},
		{"POST /v1 nested", `{"none":1}`, "none"},
		{"POST /v1 r_int32", `{}`, "body: "},
		{"POST /v1 f_int32", `1.5`, "body: "},
	} {
		b := mustCompile(t, method("Call"), c.rule, Options{})
		wantRefusal(t, c.rule+" "+c.body, call(t, b, "/v1", c.body, &testpb.Everything{}), c.want)
	}
}

// The examples of google/api/http.proto, as its comments have them.
func TestDocumentedExamples(t *testing.T) {
	get, update, whole := method("GetMessage"), method("UpdateMessage"), method("UpdateWhole")
	for _, c := range []struct{ rule, target, body, want string }{
		{"GET /v1/{name=messages/*}", "/v1/messages/123456", "", `{"name":"messages/123456"}`},
		{"GET /v1/messages/{message_id}", "/v1/messages/123456?revision=2&sub.subfield=foo", "", `{"messageId":"123456","revision":"2","sub":{"subfield":"foo"}}`},
		{"GET /v1/messages/{message_id}", "/v1/messages/123456", "", `{"messageId":"123456"}`},
		{"GET /v1/users/{user_id}/messages/{message_id}", "/v1/users/me/messages/123456", "", `{"userId":"me","messageId":"123456"}`},
		{"GET /v1/messages/{message_id}/{sub.subfield}", "/v1/messages/123456/foo", "", `{"messageId":"123456","sub":{"subfield":"foo"}}`},
	} {
		msg := &testpb.GetMessageRequest{}
		if err := call(t, mustCompile(t, get, c.rule, Options{}), c.target, c.body, msg); err != nil {
			t.Errorf("%s: %v", c.rule, err)
		}
		wantMessage(t, c.rule, msg, c.want)
	}
	msg := &testpb.UpdateMessageRequest{}
	if err := call(t, mustCompile(t, update, "PATCH /v1/messages/{message_id} message", Options{}), "/v1/messages/123456", `{ "text": "Hi!" }`, msg); err != nil {
		t.Error(err)
	}
	wantMessage(t, "body: message", msg, `{"messageId":"123456","message":{"text":"Hi!"}}`)
	all := &testpb.Message{}
	if err := call(t, mustCompile(t, whole, "PATCH /v1/messages/{message_id} *", Options{}), "/v1/messages/123456", `{ "text": "Hi!" }`, all); err != nil {
		t.Error(err)
	}
	wantMessage(t, "body: *", all, `{"messageId":"123456","text":"Hi!"}`)
}

func TestMask(t *testing.T) {
	for _, c := range []struct{ rule, target, body, want string }{
		{"PATCH /v1 nested", "/v1", `{"name":"x"}`, "name"},
		{"PATCH /v1 nested", "/v1", `{"pageSize":0,"name":""}`, "page_size,name"},
		{"PATCH /v1 nested", "/v1", `{"page_size":null}`, "page_size"},
		{"PATCH /v1 nested", "/v1", `{"child":{"name":"a","child":{"pageSize":1}},"tags":["a"]}`, "child.name,child.child.page_size,tags"},
		{"PATCH /v1 nested", "/v1", `{"child":{},"labels":{"a":"b"},"time":"1970-01-01T00:00:01Z"}`, "child,labels,time"},
		{"PATCH /v1 nested", "/v1", `{"child":null,"none":{"name":1},"left":"x"}`, "child,left"},
		{"PATCH /v1 nested", "/v1", `{}`, ""},
		{"PATCH /v1 nested", "/v1?update_mask=tags", `{"name":"x"}`, "tags"},
		{"PATCH /v1 nested", "/v1", "", "unset"},
		{"PATCH /v1 nested", "/v1", "null", "unset"},
		{"PATCH /{nested.name} nested", "/x", `{"pageSize":1}`, "page_size"},
		{"PATCH /v1/{update_mask} nested", "/v1/tags", `{"pageSize":1}`, "tags"},
		{"PUT /v1 nested", "/v1", `{"name":"x"}`, "unset"},
		{"PATCH /v1 *", "/v1", `{"fString":"x"}`, "unset"},
		{"PATCH /v1 r_string", "/v1", `["x"]`, "unset"},
		{"PATCH /v1 labels", "/v1", `{"x":"y"}`, "unset"},
		{"PATCH /v1 struct", "/v1", `{"x":"y"}`, "unset"},
	} {
		b := mustCompile(t, method("Call"), c.rule, Options{IgnoreUnknown: true})
		msg := &testpb.Everything{}
		if err := call(t, b, c.target, c.body, msg); err != nil {
			t.Errorf("%s %s: %v", c.rule, c.body, err)
			continue
		}
		got := "unset"
		if msg.UpdateMask != nil {
			got = strings.Join(msg.UpdateMask.Paths, ",")
		}
		if got != c.want {
			t.Errorf("%s %s %s: %q, want %q", c.rule, c.target, c.body, got, c.want)
		}
	}
}

func TestFillOfAnotherMethod(t *testing.T) {
	b := mustCompile(t, method("Call"), "GET /{f_string}", Options{})
	for _, err := range []error{
		b.Fill(&testpb.Message{}, Request{Vars: []string{"x"}}),
		b.Fill(&testpb.Everything{}, Request{}),
	} {
		if e := (*grpc.Error)(nil); !errors.As(err, &e) || e.Code != grpc.Internal {
			t.Errorf("%v", err)
		}
	}
}

// Messages that no code was generated for are filled as others.
func TestFillDynamic(t *testing.T) {
	b := mustCompile(t, method("Call"), "POST /{nested.name} r_nested", Options{})
	msg := dynamicpb.NewMessage(method("Call").Input())
	if err := call(t, b, "/x?f_int32=1&labels[a]=b&r_time=1970-01-01T00:00:01Z&update_mask=aB&w_bool=true", `[{"name":"y"}]`, msg); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, "dynamic", msg, `{"nested":{"name":"x"},"fInt32":1,"labels":{"a":"b"},"rTime":["1970-01-01T00:00:01Z"],"updateMask":"aB","wBool":true,"rNested":[{"name":"y"}]}`)
}
