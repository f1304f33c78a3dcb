package grpcweb

import (
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestContentType(t *testing.T) {
	tests := []struct {
		ct      string
		subtype string
		text    bool
	}{
		{"application/grpc-web", "", false},
		{"application/grpc-web+proto", "proto", false},
		{"application/grpc-web+json", "json", false},
		{"application/grpc-web+x", "x", false},
		{"application/grpc-web-text", "", true},
		{"application/grpc-web-text+proto", "proto", true},
		{"application/grpc-web-text+json", "json", true},
		{"application/grpc-web-text+x", "x", true},
	}
	for _, test := range tests {
		for _, ct := range []string{test.ct, test.ct + "; charset=utf-8", " " + test.ct + "\t;"} {
			subtype, text, ok := ParseContentType(ct)
			if subtype != test.subtype || text != test.text || !ok {
				t.Errorf("ParseContentType(%q) = %q, %v, %v", ct, subtype, text, ok)
			}
		}
		if ct := ContentType(test.subtype, test.text); ct != test.ct {
			t.Errorf("ContentType(%q, %v) = %q", test.subtype, test.text, ct)
		}
	}
	if subtype, text, ok := ParseContentType("Application/GRPC-Web-TEXT+Proto"); subtype != "proto" || !text || !ok {
		t.Errorf("letter case counts: %q, %v, %v", subtype, text, ok)
	}
}

func TestParseContentTypeRefuses(t *testing.T) {
	for _, ct := range []string{
		"", "application/grpc", "application/grpc+web", "application/grpc-webx", "application/grpc-web-", "application/grpc-web-text-",
		"application/grpc-web+", "application/grpc-web-text+;x", "text/grpc-web", "application/json", "grpc-web", "application/grpc-web, text/html",
	} {
		subtype, text, ok := ParseContentType(ct)
		if subtype != "" || text || ok {
			t.Errorf("ParseContentType(%q) = %q, %v, %v", ct, subtype, text, ok)
		}
	}
}

func TestWantsText(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/grpc-web": false, "application/grpc-web-text": true, "text/html, Application/grpc-web-text+proto;q=0.5": true,
		"application/grpc-web-text;q=0": false,
	} {
		if got := WantsText(accept); got != want {
			t.Errorf("WantsText(%q) = %v", accept, got)
		}
	}
}

func TestCheckResponse(t *testing.T) {
	tests := []struct {
		status      int
		ct, subtype string
		text        bool
		want        grpc.Code
	}{
		{200, "application/grpc-web", "", false, grpc.OK},
		{200, "application/grpc-web+proto", "", false, grpc.OK},
		{200, "application/grpc-web", "proto", false, grpc.OK},
		{200, "application/grpc-web-text+json", "json", true, grpc.OK},
		{200, "application/grpc-web-text", "json", false, grpc.Internal},
		{200, "application/grpc-web+json", "", false, grpc.Internal},
		{200, "application/grpc", "", false, grpc.Unknown},
		{200, "text/html", "", false, grpc.Unknown},
		{404, "application/grpc-web", "", false, grpc.Unimplemented},
		{502, "text/html", "", false, grpc.Unavailable},
		{204, "", "", false, grpc.Unknown},
	}
	for _, test := range tests {
		text, err := CheckResponse(test.status, test.ct, test.subtype)
		if text != test.text {
			t.Errorf("CheckResponse(%d, %q, %q) = %v", test.status, test.ct, test.subtype, text)
		}
		if test.want != grpc.OK {
			wantError(t, test.ct, err, test.want)
		} else if err != nil {
			t.Errorf("CheckResponse(%d, %q, %q): %v", test.status, test.ct, test.subtype, err)
		}
	}
}

func TestVisible(t *testing.T) {
	for _, name := range []string{"x", "user-agent", "x-user-agent", "origin", "authorization"} {
		if !Visible(name) {
			t.Errorf("%s is not visible", name)
		}
	}
	for _, name := range []string{"", "x-grpc-web", "accept", "accept-encoding", "content-encoding", "content-type", "grpc-timeout", ":path", "trailer"} {
		if Visible(name) {
			t.Errorf("%s is visible", name)
		}
	}
}
