package connect

import (
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestParseContentType(t *testing.T) {
	tests := []struct {
		ct     string
		codec  string
		stream bool
	}{
		{"application/proto", "proto", false},
		{"application/json", "json", false},
		{"application/json; charset=utf-8", "json", false},
		{"application/json;charset=\"UTF-8\"", "json", false},
		{"application/json ; Charset = utf8 ;x", "json", false},
		{"application/json;", "json", false},
		{"application/json;v=2", "json", false},
		{" Application/JSON\t", "json", false},
		{"application/foo+bar", "foo+bar", false},
		{"application/connect+proto", "proto", true},
		{"application/connect+json; charset=utf-8", "json", true},
		{"APPLICATION/CONNECT+PROTO", "proto", true},
		{"application/connected", "connected", false},
		{"application/grpcs", "grpcs", false},
	}
	for _, test := range tests {
		codec, stream, ok := ParseContentType(test.ct)
		if codec != test.codec || stream != test.stream || !ok {
			t.Errorf("ParseContentType(%q) = %q, %v, %v", test.ct, codec, stream, ok)
		}
	}
}

func TestParseContentTypeRefuses(t *testing.T) {
	for _, ct := range []string{
		"", "application", "application/", "application/connect", "application/connect+", "application/connect;x",
		"application/grpc", "application/grpc+proto", "application/grpc; x", "application/grpc-web", "application/grpc-web-text+proto",
		"text/plain", "text/json", "multipart/form-data", "application/json; charset=iso-8859-1", "application/json;x;charset=",
		"application/json, application/proto", "application/a/b", "application/a b", "json", ";application/json",
	} {
		codec, stream, ok := ParseContentType(ct)
		if codec != "" || stream || ok {
			t.Errorf("ParseContentType(%q) = %q, %v, %v", ct, codec, stream, ok)
		}
	}
}

func TestContentType(t *testing.T) {
	tests := []struct {
		codec         string
		unary, stream string
	}{
		{"proto", "application/proto", "application/connect+proto"},
		{"json", "application/json", "application/connect+json"},
		{"x", "application/x", "application/connect+x"},
	}
	for _, test := range tests {
		if got := ContentType(test.codec, false); got != test.unary {
			t.Errorf("ContentType(%q) = %q", test.codec, got)
		}
		if got := ContentType(test.codec, true); got != test.stream {
			t.Errorf("ContentType(%q) = %q", test.codec, got)
		}
	}
}

func TestCheckUnary(t *testing.T) {
	tests := []struct {
		status    int
		ct, codec string
		failed    bool
		want      grpc.Code
	}{
		{200, "application/proto", "proto", false, grpc.OK},
		{200, "application/json; charset=utf-8", "json", false, grpc.OK},
		{200, "application/json", "proto", false, grpc.Internal},
		{200, "application/octet-stream", "proto", false, grpc.Internal},
		{200, "application/connect+proto", "proto", false, grpc.Unknown},
		{200, "image/jpeg", "proto", false, grpc.Unknown},
		{200, "", "proto", false, grpc.Unknown},
		{404, "application/json", "proto", true, grpc.OK},
		{499, "application/json;charset=utf-8", "json", true, grpc.OK},
		{403, "application/proto", "proto", false, grpc.PermissionDenied},
		{403, "application/connect+json", "json", false, grpc.PermissionDenied},
		{404, "text/html", "json", false, grpc.Unimplemented},
		{503, "", "json", false, grpc.Unavailable},
		{204, "", "json", false, grpc.Unknown},
	}
	for _, test := range tests {
		failed, err := CheckUnary(test.status, test.ct, test.codec)
		if failed != test.failed {
			t.Errorf("CheckUnary(%d, %q, %q) = %v", test.status, test.ct, test.codec, failed)
		}
		if test.want != grpc.OK {
			wantError(t, test.ct, err, test.want)
		} else if err != nil {
			t.Errorf("CheckUnary(%d, %q, %q): %v", test.status, test.ct, test.codec, err)
		}
	}
}

func TestCheckStream(t *testing.T) {
	if err := CheckStream(200, "application/connect+proto", "proto"); err != nil {
		t.Error(err)
	}
	tests := []struct {
		status int
		ct     string
		want   grpc.Code
	}{
		{200, "application/connect+json", grpc.Internal},
		{200, "application/proto", grpc.Unknown},
		{200, "image/jpeg", grpc.Unknown},
		{401, "application/connect+proto", grpc.Unauthenticated},
		{429, "application/json", grpc.Unavailable},
		{400, "", grpc.Internal},
		{431, "", grpc.Unknown},
	}
	for _, test := range tests {
		wantError(t, test.ct, CheckStream(test.status, test.ct, "proto"), test.want)
	}
}
