package connect

import (
	"slices"
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestVisible(t *testing.T) {
	for _, name := range []string{"x", "x-test-case-name", "user-agent", "authorization", "cookie", "origin", "date", "x-bin", "connection-id", "trailer-x"} {
		if !Visible(name) {
			t.Errorf("%s is not visible", name)
		}
	}
	for _, name := range []string{"", ":path", "connect-protocol-version", "connect-timeout-ms", "connect-x", "content-type", "content-encoding",
		"content-length", "accept", "accept-encoding", "accept-post", "allow", "host", "connection", "te", "trailer", "transfer-encoding",
		"upgrade", "keep-alive", "proxy-connection", "grpc-status", "grpc-timeout"} {
		if Visible(name) {
			t.Errorf("%s is visible", name)
		}
	}
}

func TestTrailerName(t *testing.T) {
	tests := []struct {
		field, name string
		ok          bool
	}{
		{"trailer-x", "x", true},
		{"trailer-x-bin", "x-bin", true},
		{"trailer-", "", true},
		{"trailer-connect-x", "", true},
		{"trailer-content-type", "", true},
		{"trailer-trailer-x", "", true},
		{"trailer-:path", "", true},
		{"trailer", "", false},
		{"x-trailer-x", "", false},
	}
	for _, test := range tests {
		name, ok := TrailerName(test.field)
		if ok != test.ok || ok && name != test.name {
			t.Errorf("TrailerName(%q) = %q, %v", test.field, name, ok)
		}
	}
	if got := TrailerField("x"); got != "trailer-x" {
		t.Errorf("TrailerField = %q", got)
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"x", "x-bin", "connected", "trailers"} {
		if err := CheckName(name); err != nil {
			t.Errorf("CheckName(%q): %v", name, err)
		}
	}
	for _, name := range []string{"", "X", "a b", ":path", "connect-x", "trailer-x", "trailer", "content-encoding", "accept-encoding", "content-type", "grpc-x", "user-agent"} {
		wantError(t, "CheckName "+name, CheckName(name), grpc.Internal)
	}
}

func TestChooseEncoding(t *testing.T) {
	known := func(name string) bool { return slices.Contains([]string{"gzip", "br"}, name) }
	for list, want := range map[string]string{
		"": "", "gzip": "gzip", "zstd, br, gzip": "br", "GZIP;q=0.1": "gzip", "gzip;q=0, br": "br", "identity, gzip": "", "zstd": "", "*": "",
		"gzip, identity": "gzip",
	} {
		if got := ChooseEncoding(list, known); got != want {
			t.Errorf("ChooseEncoding(%q) = %q, want %q", list, got, want)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	if err := CheckVersion("1", true); err != nil {
		t.Error(err)
	}
	if err := CheckVersion("", false); err != nil {
		t.Error(err)
	}
	wantError(t, "missing", CheckVersion("", true), grpc.InvalidArgument)
	for _, v := range []string{"2", "v1", "01", "1 ", "1, 1"} {
		wantError(t, v, CheckVersion(v, false), grpc.InvalidArgument)
	}
}
