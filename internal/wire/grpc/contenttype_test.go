package grpc

import "testing"

func TestContentSubtype(t *testing.T) {
	tests := []struct {
		contentType, subtype string
		ok                   bool
	}{
		{"application/grpc", "", true},
		{"application/grpc+proto", "proto", true},
		{"application/grpc+json", "json", true},
		{"application/grpc+foo.bar-1", "foo.bar-1", true},
		{"application/grpc;charset=utf-8", "", true},
		{"application/grpc ; charset=utf-8", "", true},
		{"application/grpc;", "", true},
		{"application/grpc+json; q=1; v=\"+x\"", "json", true},
		{"APPLICATION/gRPC+Proto", "proto", true},
		{" application/grpc", "", true},
		{"application/grpc+a+b", "a+b", true},
		{"", "", false},
		{";", "", false},
		{"application", "", false},
		{"application/grp", "", false},
		{"application/grpcfoo", "", false},
		{"application/grpc-web", "", false},
		{"application/grpc-web+proto", "", false},
		{"application/grpc/x", "", false},
		{"application/grpc proto", "", false},
		{"application/grpc+", "", false},
		{"application/grpc+;x=y", "", false},
		{"application/json", "", false},
		{"text/html; a=application/grpc", "", false},
		{"xapplication/grpc", "", false},
		{"application/gr\u212ac", "", false},
	}
	for _, test := range tests {
		subtype, ok := ContentSubtype(test.contentType)
		if subtype != test.subtype || ok != test.ok {
			t.Errorf("ContentSubtype(%q) = %q, %v, want %q, %v", test.contentType, subtype, ok, test.subtype, test.ok)
		}
	}
}

func TestContentType(t *testing.T) {
	for subtype, want := range map[string]string{
		"":      "application/grpc",
		"proto": "application/grpc+proto",
		"json":  "application/grpc+json",
		"x":     "application/grpc+x",
	} {
		got := ContentType(subtype)
		if got != want {
			t.Errorf("ContentType(%q) = %q, want %q", subtype, got, want)
		}
		if back, ok := ContentSubtype(got); back != subtype || !ok {
			t.Errorf("ContentSubtype(%q) = %q, %v", got, back, ok)
		}
	}
}
