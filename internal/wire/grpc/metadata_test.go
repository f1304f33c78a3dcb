package grpc

import "testing"

func TestCheckName(t *testing.T) {
	for _, name := range []string{"x", "x-request-id", "a.b_c-9", "trace-bin", "-bin", "authorization", "grpc", "grpcfoo",
		"accept", "cookie", "hostname", "grpc-previous-rpc-attempts", "grpc-retry-pushback-ms", "grpc-trace-bin",
		"grpc-tags-bin"} {
		if err := CheckName(name); err != nil {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
}

func TestCheckNameRefuses(t *testing.T) {
	for _, name := range []string{
		"", ":", ":path", ":authority", "X-Id", "x id", "x\r\ny", "x\x00", "x:y", "é", "x\x7f", "x/y", "x,y", "\xff",
		"grpc-", "grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-timeout", "grpc-encoding",
		"grpc-accept-encoding", "grpc-message-type", "grpc-internal-anything",
		"content-type", "content-length", "te", "user-agent", "host",
		"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade",
	} {
		wantError(t, "CheckName "+name, CheckName(name), Internal)
	}
}

func TestVisible(t *testing.T) {
	for name, want := range map[string]bool{
		"x-request-id": true, "trace-bin": true, "user-agent": true, "authorization": true, "X-Odd": true, "grpc": true,
		"grpc-previous-rpc-attempts": true, "grpc-retry-pushback-ms": true, "grpc-trace-bin": true, "grpc-tags-bin": true,
		"": false, ":path": false, ":status": false, "grpc-timeout": false, "grpc-status": false, "grpc-message": false,
		"grpc-status-details-bin": false, "grpc-encoding": false, "grpc-accept-encoding": false, "grpc-x": false,
		"content-type": false, "content-length": false, "te": false, "host": false, "connection": false,
		"proxy-connection": false, "keep-alive": false, "transfer-encoding": false, "upgrade": false,
	} {
		if got := Visible(name); got != want {
			t.Errorf("Visible(%q) = %v", name, got)
		}
	}
}

func TestCheckValue(t *testing.T) {
	for _, value := range []string{"", "x", "a b", "~!\"#%,", " padded\t", "\t", "\t \t"} {
		if err := CheckValue("x", value); err != nil {
			t.Errorf("CheckValue(%q) = %v", value, err)
		}
	}
	for _, value := range []string{"a\nb", "a\r\nb", "\n", "a\n", "\r", "a\x00", "a\tb", "é", "\x7f", "\xff", "a\u00a0"} {
		wantError(t, "CheckValue "+value, CheckValue("x", value), Internal)
		if err := CheckValue("x-bin", value); err != nil {
			t.Errorf("CheckValue(-bin, %q) = %v", value, err)
		}
	}
}

func TestTrimValue(t *testing.T) {
	for value, want := range map[string]string{
		"": "", " ": "", "a": "a", " a ": "a", "\t a b \t": "a b", "a\n": "a\n", "\na ": "\na", "a\u00a0": "a\u00a0",
	} {
		if got := TrimValue(value); got != want {
			t.Errorf("TrimValue(%q) = %q", value, got)
		}
	}
}
