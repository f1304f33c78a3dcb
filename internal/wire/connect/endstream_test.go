package connect

import (
	"reflect"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestAppendEndStream(t *testing.T) {
	tests := []struct {
		code     grpc.Code
		message  string
		metadata []pair
		want     string
	}{
		{grpc.OK, "", nil, `{}`},
		{grpc.OK, "not sent", []pair{}, `{}`},
		{grpc.Internal, "oops", nil, `{"error":{"code":"internal","message":"oops"}}`},
		{99, "", nil, `{"error":{"code":"unknown"}}`},
		{grpc.OK, "", []pair{{"x", "1"}}, `{"metadata":{"x":["1"]}}`},
		{grpc.OK, "", []pair{{"x", "2"}, {"b-bin", "\xff\x00"}, {"x", " 1 "}, {"a", "\"q\""}},
			`{"metadata":{"a":["\"q\""],"b-bin":["/wA"],"x":["2","1"]}}`},
		{grpc.Aborted, "", []pair{{"x", "1"}}, `{"error":{"code":"aborted"},"metadata":{"x":["1"]}}`},
	}
	for _, test := range tests {
		got := AppendEndStream([]byte("> "), test.code, test.message, nil, nil, each(test.metadata))
		if string(got) != "> "+test.want {
			t.Errorf("AppendEndStream = %s\nwant %s", got, test.want)
		}
	}
	if got := string(AppendEndStream(nil, grpc.OK, "", nil, nil, nil)); got != "{}" {
		t.Errorf("AppendEndStream without metadata = %s", got)
	}
}

func TestParseEndStream(t *testing.T) {
	tests := []struct {
		body     string
		code     grpc.Code
		message  string
		metadata []pair
	}{
		{`{}`, grpc.OK, "", nil},
		{` { } `, grpc.OK, "", nil},
		{`{"error":null}`, grpc.OK, "", nil},
		{`{"error":null,"metadata":null}`, grpc.OK, "", nil},
		{`{"error":{"code":"out_of_range","message":"oops","foobar":1},"foobar":{"error":{}}}`, grpc.OutOfRange, "oops", nil},
		{`{"error":{"code":null,"message":"oops"}}`, grpc.Unknown, "oops", nil},
		{`{"error":{"message":"oops"}}`, grpc.Unknown, "oops", nil},
		{`{"error":{"code":"foobar","message":"oops"}}`, grpc.Unknown, "oops", nil},
		{`{"error":{"code":"ok"}}`, grpc.Unknown, "", nil},
		{`{"error":{}}`, grpc.Unknown, "", nil},
		{`{"error":"no object"}`, grpc.Unknown, "", nil},
		{`{"error":false}`, grpc.Unknown, "", nil},
		{`{"metadata":{"X-Custom":["a"," b\t"],"y":[],"z":null,"x-custom":["c"]}}`, grpc.OK, "", []pair{{"x-custom", "a"}, {"x-custom", "b"}, {"x-custom", "c"}}},
		{`{"metadata":{"x-bin":["/wA","YQ==, YWI",""]}}`, grpc.OK, "", []pair{{"x-bin", "\xff\x00"}, {"x-bin", "a"}, {"x-bin", "ab"}, {"x-bin", ""}}},
		{`{"metadata":{"content-type":["text/html"],"connect-x":["1"],"grpc-status":["5"],"a":["1"]}}`, grpc.OK, "", []pair{{"a", "1"}}},
		{`{"metadata":{"a":["1"]},"error":{"code":"aborted"}}`, grpc.Aborted, "", []pair{{"a", "1"}}},
	}
	for _, test := range tests {
		var got []pair
		code, message, _, err := ParseEndStream([]byte(test.body), func(name, value string) { got = append(got, pair{name, value}) })
		if err != nil || code != test.code || message != test.message || !reflect.DeepEqual(got, test.metadata) {
			t.Errorf("ParseEndStream(%s) = %v, %q, %q, %v", test.body, code, message, got, err)
		}
	}
}

func TestParseEndStreamDetails(t *testing.T) {
	details := []grpc.Detail{{TypeURL: retryInfo, Value: []byte("ab")}}
	code, message, got, err := ParseEndStream(AppendEndStream(nil, grpc.Aborted, "m", details, nil, nil), nil)
	if code != grpc.Aborted || message != "m" || !reflect.DeepEqual(got, details) || err != nil {
		t.Errorf("%v, %q, %v, %v", code, message, got, err)
	}
}

func TestParseEndStreamRefuses(t *testing.T) {
	for _, body := range []string{
		"", "null", "[]", `"x"`, "{", "{}{}", `{"error":}`,
		`{"metadata":[]}`, `{"metadata":"x"}`, `{"metadata":{"a":"b"}}`, `{"metadata":{"a":{}}}`, `{"metadata":{"a":[1]}}`, `{"metadata":{"a":[null]}}`,
		`{"metadata":{"":["b"]}}`, `{"metadata":{"a b":["b"]}}`, `{"metadata":{":status":["200"]}}`, `{"metadata":{"a":["x\r\ny: z"]}}`,
		`{"metadata":{"a":["\u0000"]}}`, `{"metadata":{"a-bin":["*"]}}`,
	} {
		code, message, details, err := ParseEndStream([]byte(body), func(string, string) {})
		if code != grpc.OK || message != "" || details != nil {
			t.Errorf("ParseEndStream(%.40q) = %v, %q, %v beside its error", body, code, message, details)
		}
		wantError(t, body[:min(40, len(body))], err, grpc.Internal)
	}
}

func TestParseEndStreamBounds(t *testing.T) {
	none := func(string, string) {}
	many := func(n int) []byte { return []byte(`{"metadata":{"a":["x"` + strings.Repeat(`,"x"`, n-1) + `]}}`) }
	bin := func(n int) []byte { return []byte(`{"metadata":{"a-bin":["` + strings.Repeat(",", n-1) + `"]}}`) }
	for _, fits := range [][]byte{many(maxMetadata), bin(maxMetadata)} {
		if _, _, _, err := ParseEndStream(fits, none); err != nil {
			t.Error(err)
		}
	}
	for _, body := range [][]byte{many(maxMetadata + 1), bin(maxMetadata + 1), []byte(`{"x":"` + strings.Repeat("x", maxBodyLen) + `"}`)} {
		_, _, _, err := ParseEndStream(body, none)
		wantError(t, string(body[:20]), err, grpc.ResourceExhausted)
	}
}
