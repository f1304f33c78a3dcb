package connect

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

const retryInfo = "type.googleapis.com/google.rpc.RetryInfo"

func TestAppendError(t *testing.T) {
	debug := func(d grpc.Detail) []byte {
		switch string(d.Value) {
		case "ab":
			return []byte(`{"a":"b"}`)
		case "broken":
			return []byte(`{"a"`)
		}
		return nil
	}
	tests := []struct {
		code    grpc.Code
		message string
		details []grpc.Detail
		debug   Debug
		want    string
	}{
		{grpc.NotFound, "no user 7", nil, nil, `{"code":"not_found","message":"no user 7"}`},
		{grpc.Canceled, "", nil, nil, `{"code":"canceled"}`},
		{grpc.OK, "", nil, nil, `{"code":"unknown"}`},
		{99, "", nil, nil, `{"code":"unknown"}`},
		{grpc.Internal, "a\xffb\x00\"\\\n\u2028<käse>&", nil, nil,
			`{"code":"internal","message":"a\ufffdb\u0000\"\\\n\u2028\u003ckäse\u003e\u0026"}`},
		{grpc.Aborted, "", []grpc.Detail{{TypeURL: retryInfo, Value: []byte("ab")}}, nil,
			`{"code":"aborted","details":[{"type":"google.rpc.RetryInfo","value":"YWI"}]}`},
		{grpc.Aborted, "m", []grpc.Detail{{TypeURL: "a/b/c.D", Value: []byte("ab")}, {TypeURL: "plain"}, {TypeURL: "x", Value: []byte("broken")}}, debug,
			`{"code":"aborted","message":"m","details":[{"type":"c.D","value":"YWI","debug":{"a":"b"}},` +
				`{"type":"plain","value":""},{"type":"x","value":"YnJva2Vu"}]}`},
	}
	for _, test := range tests {
		got := string(AppendError([]byte("> "), test.code, test.message, test.details, test.debug))
		if got != "> "+test.want {
			t.Errorf("AppendError = %s\nwant %s", got, test.want)
		}
		if !json.Valid([]byte(got[2:])) {
			t.Errorf("not JSON: %s", got)
		}
	}
}

func TestParseError(t *testing.T) {
	detail := []grpc.Detail{{TypeURL: retryInfo, Value: []byte("ab")}}
	tests := []struct {
		body    string
		code    grpc.Code
		message string
		details []grpc.Detail
	}{
		{`{"code":"not_found","message":"oops"}`, grpc.NotFound, "oops", nil},
		{"\n{ \"message\" : \"oops\" ,\t\"code\" : \"not_found\" } \r\n", grpc.NotFound, "oops", nil},
		{`{}`, grpc.OK, "", nil},
		{`{"code":"unauthenticated"}`, grpc.Unauthenticated, "", nil},
		{`{"code":null,"message":"oops"}`, grpc.OK, "oops", nil},
		{`{"message":"oops"}`, grpc.OK, "oops", nil},
		{`{"code":"foobar","message":"oops"}`, grpc.OK, "oops", nil},
		{`{"code":"ok","message":"oops"}`, grpc.OK, "oops", nil},
		{`{"code":5,"message":{"x":1},"details":"none"}`, grpc.OK, "", nil},
		{`{"code":"internal","message":null,"details":null}`, grpc.Internal, "", nil},
		{`{"Code":"internal","message ":"oops","foobar":{"code":"aborted","a":[{}]}}`, grpc.OK, "", nil},
		{`{"c\u006fde":"int\u0065rnal","message":"k\u00e4se \"\\\/ \ud83d\ude00 \ud800"}`, grpc.Internal, "käse \"\\/ 😀 \ufffd", nil},
		{"{\"code\":\"internal\",\"message\":\"a\xffb\"}", grpc.Internal, "a\ufffdb", nil},
		{`{"code":"internal","code":"aborted"}`, grpc.Aborted, "", nil},
		{`{"code":"aborted","details":[{"type":"google.rpc.RetryInfo","value":"YWI"}]}`, grpc.Aborted, "", detail},
		{`{"code":"aborted","details":[{"type":"google.rpc.RetryInfo","value":"YWI=","debug":"garbage","frob":[1]}]}`, grpc.Aborted, "", detail},
		{`{"code":"aborted","details":[{"value":"YWI","type":"type.googleapis.com/google.rpc.RetryInfo","debug":null}]}`, grpc.Aborted, "", detail},
		{`{"code":"aborted","details":[ null, 1, "x", [], {}, {"type":"x"}, {"value":"YWI"}, {"type":"","value":"YWI"},
			{"type":"x","value":"Y"}, {"type":"x","value":"YWI,YWI"}, {"type":"x","value":7}, {"type":"x","value":"Y\nWI"},
			{"type":"google.rpc.RetryInfo","value":"YWI"} , {"type":"y","value":null}]}`, grpc.Aborted, "", detail},
		{`{"code":"aborted","details":[{"type":"e","value":""}]}`, grpc.Aborted, "", []grpc.Detail{{TypeURL: "type.googleapis.com/e", Value: []byte{}}}},
		{`{"code":"aborted","details":[]}`, grpc.Aborted, "", nil},
	}
	for _, test := range tests {
		code, message, details, ok := ParseError([]byte(test.body))
		if !ok || code != test.code || message != test.message || !reflect.DeepEqual(details, test.details) {
			t.Errorf("ParseError(%s) = %v, %q, %v, %v", test.body, code, message, details, ok)
		}
	}
}

func TestParseErrorRefuses(t *testing.T) {
	for _, body := range []string{
		"", " ", "null", "[]", `"code"`, "1", "true", "{", `{"code"}`, `{"code":}`, `{"code":"internal"`, `{"code":"internal"}}`, `{"code":"internal"} {}`,
		`{code:"internal"}`, `{'code':'internal'}`, `{"code":"internal",}`, "<html>", "{\"code\":\"inter\nnal\"}",
		strings.Repeat("[", 100000), `{"x":` + strings.Repeat(`[`, 100000) + strings.Repeat("]", 100000) + `}`,
		`{"code":"internal","message":"` + strings.Repeat("x", maxBodyLen) + `"}`,
	} {
		if code, message, details, ok := ParseError([]byte(body)); code != grpc.OK || message != "" || details != nil || ok {
			t.Errorf("ParseError(%.40q) = %v, %q, %v, %v", body, code, message, details, ok)
		}
	}
}

func TestParseErrorBoundsDetails(t *testing.T) {
	details := make([]grpc.Detail, maxDetails+1)
	for i := range details {
		details[i].TypeURL = "x"
	}
	_, _, got, ok := ParseError(AppendError(nil, grpc.Internal, "", details, nil))
	if !ok || len(got) != maxDetails {
		t.Errorf("%d details, %v", len(got), ok)
	}
}

func TestStringsAreThoseOfTheStandardLibrary(t *testing.T) {
	for r := rune(0); r < 0x3000; r++ {
		s := "a" + string(r) + "b"
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendString(nil, s); !bytes.Equal(got, want) {
			t.Errorf("%q becomes %s, want %s", s, got, want)
		}
	}
}
