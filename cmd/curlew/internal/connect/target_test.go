package connect

import (
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	tests := []struct {
		in   string
		want Target
	}{
		{"localhost:50051", Target{Name: "localhost:50051", Local: true}},
		{"a.localhost:1", Target{Name: "a.localhost:1", Local: true}},
		{"127.0.0.1:1", Target{Name: "127.0.0.1:1", Local: true}},
		{"127.9.9.9:1", Target{Name: "127.9.9.9:1", Local: true}},
		{"[::1]:1", Target{Name: "[::1]:1", Local: true}},
		{"unix:/run/x.sock", Target{Name: "unix:/run/x.sock", Local: true}},
		{"unix-abstract:x", Target{Name: "unix-abstract:x", Local: true}},
		{"unix:a/b/x.sock", Target{Name: "unix:a/b/x.sock", Local: true}},
		{"file:a/b/x.json", Target{Name: "file:a/b/x.json"}},
		{"srv:///_grpc._tcp.localhost", Target{Name: "srv:///_grpc._tcp.localhost"}},
		{"dns:///localhost:1", Target{Name: "dns:///localhost:1", Local: true}},
		{"example.com:1", Target{Name: "example.com:1"}},
		{"192.0.2.1:1", Target{Name: "192.0.2.1:1"}},
		{"localhost.example.com:1", Target{Name: "localhost.example.com:1"}},
		{"http://localhost:1", Target{Name: "localhost:1", Security: Cleartext, Local: true}},
		{"HTTPS://localhost:1/", Target{Name: "localhost:1", Security: TLS, Local: true}},
		{"http://example.com", Target{Name: "example.com:80", Security: Cleartext}},
		{"https://example.com/a.B/C", Target{Name: "example.com:443", Security: TLS, Path: "a.B/C"}},
		{"https://[2001:db8::1]", Target{Name: "[2001:db8::1]:443", Security: TLS}},
		{"https://[2001:db8::1]:8443", Target{Name: "[2001:db8::1]:8443", Security: TLS}},
		{"https://example.com:", Target{Name: "example.com:443", Security: TLS}},
		{"localhost:1/a.B/C", Target{Name: "localhost:1", Path: "a.B/C", Local: true}},
	}
	for _, test := range tests {
		got, err := ParseTarget(test.in)
		if err != nil || got != test.want {
			t.Errorf("ParseTarget(%q) = %+v, %v, want %+v", test.in, got, err, test.want)
		}
	}
}

func TestParseTargetFails(t *testing.T) {
	tests := map[string]string{
		"":                       "it is empty",
		"http://":                "write http://host:port",
		"http://user@host":       "write http://host:port",
		"http://host/a.B/C?x=1":  "write http://host:port",
		"localhost:99999":        "port",
		"localhost:1/a.B":        "port",
		"ftp://localhost:1":      "nothing follows the authority",
		"/run/x.sock":            "write unix:/run/x.sock",
		"static:///a:1,b":        "needs a port",
		"https://example.com:x/": "port",
	}
	for in, want := range tests {
		if got, err := ParseTarget(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseTarget(%q) = %+v, %v", in, got, err)
		}
	}
}
