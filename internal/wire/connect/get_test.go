package connect

import (
	"reflect"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestAppendGet(t *testing.T) {
	tests := []struct {
		codec, compression, message string
		base64                      bool
		want                        string
	}{
		{"json", "", `{"a":"ä b"}`, false, "connect=v1&encoding=json&message=%7B%22a%22%3A%22%C3%A4%20b%22%7D"},
		{"json", "identity", "a-._~Z09", false, "connect=v1&encoding=json&message=a-._~Z09"},
		{"proto", "", "\xff\xfe\xfd\xfc", true, "connect=v1&base64=1&encoding=proto&message=__79_A"},
		{"proto", "gzip", "ab", true, "connect=v1&base64=1&compression=gzip&encoding=proto&message=YWI"},
		{"json", "gzip", "ab", false, "connect=v1&base64=1&compression=gzip&encoding=json&message=YWI"},
		{"proto", "", "", true, "connect=v1&base64=1&encoding=proto&message="},
		{"a&b", "c=d", "", true, "connect=v1&base64=1&compression=c%3Dd&encoding=a%26b&message="},
	}
	for _, test := range tests {
		got := string(AppendGet([]byte("?"), test.codec, test.compression, []byte(test.message), test.base64))
		if got != "?"+test.want {
			t.Errorf("AppendGet = %q, want %q", got, test.want)
		}
	}
}

func TestParseGet(t *testing.T) {
	ab := []byte("ab")
	tests := []struct {
		query string
		want  Get
	}{
		{"connect=v1&base64=1&compression=gzip&encoding=proto&message=YWI", Get{ab, "proto", "gzip", true, "v1"}},
		{"message=YWI&encoding=proto&base64=1", Get{ab, "proto", "", true, ""}},
		{"message=YWI%3D&base64=1&encoding=proto", Get{ab, "proto", "", true, ""}},
		{"message=YWI=&base64=1&encoding=proto", Get{ab, "proto", "", true, ""}},
		{"message=__79_A&base64=1", Get{[]byte("\xff\xfe\xfd\xfc"), "", "", true, ""}},
		{"encoding=json&message=%7B%22a%22%3A%22%C3%A4+b%22%7D", Get{[]byte(`{"a":"ä b"}`), "json", "", false, ""}},
		{"&&message&", Get{[]byte{}, "", "", false, ""}},
		{"m%65ssage=a%2Bb", Get{[]byte("a+b"), "", "", false, ""}},
		{"message=ab&base64=0", Get{ab, "", "", false, ""}},
		{"message=ab&base64=true&x=y&x=%zz&%zz", Get{ab, "", "", false, ""}},
		{"message=ab&compression=identity", Get{ab, "", "", false, ""}},
		{"message=ab&Message=cd;encoding=x", Get{ab, "", "", false, ""}},
	}
	for _, test := range tests {
		got, err := ParseGet(test.query)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("ParseGet(%q) = %+v, %v", test.query, got, err)
		}
	}
}

func TestParseGetRefuses(t *testing.T) {
	for _, query := range []string{
		"", "encoding=json", "connect=v1", "messages=x",
		"message=%", "message=%4", "message=%zz", "message=x&encoding=%zz",
		"message=a&message=a", "message=a&encoding=json&encoding=proto", "message=a&base64=1&base64", "message=a&m%65ssage=b",
		"message=Y&base64=1", "message=YW+I&base64=1", "message=_%2B__&base64=1", "message=YWI==&base64=1", "message=YWI%0A&base64=1", "message=Y%0D%0AWI&base64=1",
		"connect=v2&message=a", "connect=&message=a", "connect=1&message=a",
	} {
		_, err := ParseGet(query)
		wantError(t, query, err, grpc.InvalidArgument)
	}
	_, err := ParseGet("message=" + strings.Repeat("a", maxQuery))
	wantError(t, "long", err, grpc.ResourceExhausted)
}
