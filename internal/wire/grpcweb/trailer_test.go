package grpcweb

import (
	"reflect"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestAppendTrailer(t *testing.T) {
	got := string(AppendTrailer([]byte("> "), each([]pair{
		{"grpc-status", "9"}, {"Grpc-Message", " k%C3%A4se "}, {"x", "1"}, {"x", "2"}, {"x-bin", "/wA"}, {"empty", ""},
		{"a b", "no name"}, {"", "none"}, {"a", "x\r\ngrpc-status: 0"}, {"a:b", "c"},
	})))
	const want = "> grpc-status: 9\r\ngrpc-message: k%C3%A4se\r\nx: 1\r\nx: 2\r\nx-bin: /wA\r\nempty: \r\n"
	if got != want {
		t.Errorf("AppendTrailer = %q, want %q", got, want)
	}
	if got := AppendTrailer(nil, each(nil)); len(got) != 0 {
		t.Errorf("AppendTrailer of nothing = %q", got)
	}
}

func TestParseTrailer(t *testing.T) {
	tests := []struct {
		block string
		want  []pair
	}{
		{"", nil},
		{"\r\n", nil},
		{"\r", nil}, // a blank line whose end is cut off
		{"grpc-status: 9\r\ngrpc-message: error\r\nx: bing\r\nx: quuz\r\n", []pair{{"grpc-status", "9"}, {"grpc-message", "error"}, {"x", "bing"}, {"x", "quuz"}}},
		{"Grpc-Status: 9\r\ngRPC-Message: error\r\n", []pair{{"grpc-status", "9"}, {"grpc-message", "error"}}},
		{"grpc-status:0\ngrpc-message:\t a: b \n", []pair{{"grpc-status", "0"}, {"grpc-message", "a: b"}}},
		{"grpc-status:0", []pair{{"grpc-status", "0"}}},
		{"\n\r\na:1\r\n\r\nb:\r\n\n", []pair{{"a", "1"}, {"b", ""}}},
		{"a: \x80\xff\r\n", []pair{{"a", "\x80\xff"}}},
	}
	for _, test := range tests {
		got, err := parse(test.block)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("ParseTrailer(%q) = %q, %v", test.block, got, err)
		}
	}
}

func TestParseTrailerRefuses(t *testing.T) {
	for _, block := range []string{
		"grpc-status", "grpc-status 0\r\n", ": 0\r\n", "a : b\r\n", " a: b\r\n", "a: b\r\n folded\r\n", "a: b\r\n\tc: folded\r\n", "a b: c\r\n",
		"a: b\rc: d\r\n", "a: b\r\r\n", "a: \x00\r\n", "käse: 1\r\n", "HTTP/1.1 200 OK\r\n",
	} {
		_, err := parse(block)
		wantError(t, "ParseTrailer "+block, err, grpc.Internal)
	}
}

func TestParseTrailerBounds(t *testing.T) {
	got, err := parse(strings.Repeat("a:\n", maxTrailerFields))
	if len(got) != maxTrailerFields || err != nil {
		t.Errorf("%d fields, %v", len(got), err)
	}
	_, err = parse(strings.Repeat("a:\n", maxTrailerFields+1))
	wantError(t, "many", err, grpc.ResourceExhausted)
	_, err = parse(strings.Repeat("\n", maxTrailerLen+1))
	wantError(t, "long", err, grpc.ResourceExhausted)
}
