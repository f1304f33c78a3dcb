package connect

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/spf13/cobra"
)

// parse returns the flags of a command line.
func parse(t *testing.T, args ...string) (*Flags, error) {
	t.Helper()
	f := new(Flags)
	cmd := &cobra.Command{Use: "x", RunE: func(*cobra.Command, []string) error { return nil }}
	f.Add(cmd)
	cmd.SetArgs(args)
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	return f, cmd.Execute()
}

func TestSecurity(t *testing.T) {
	tests := []struct {
		args   []string
		target Security
		want   Security
		fails  string
	}{
		{nil, Unsaid, Unsaid, ""},
		{nil, TLS, TLS, ""},
		{nil, Cleartext, Cleartext, ""},
		{[]string{"--tls"}, Unsaid, TLS, ""},
		{[]string{"--tls"}, TLS, TLS, ""},
		{[]string{"--plaintext"}, Unsaid, Cleartext, ""},
		{[]string{"--cacert", "x"}, Unsaid, TLS, ""},
		{[]string{"--servername", "x"}, Unsaid, TLS, ""},
		{[]string{"-k"}, Unsaid, TLS, ""},
		{[]string{"--cert", "x", "--key", "y"}, Unsaid, TLS, ""},
		{[]string{"--tls"}, Cleartext, 0, "--tls contradicts"},
		{[]string{"--plaintext"}, TLS, 0, "--plaintext contradicts"},
		{[]string{"--plaintext", "-k"}, Unsaid, 0, "are for TLS"},
		{[]string{"-k"}, Cleartext, 0, "are for TLS"},
	}
	for _, test := range tests {
		f, err := parse(t, test.args...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.security(Target{Security: test.target})
		if got != test.want || (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%q with %v: %v, %v", test.args, test.target, got, err)
		}
		if err != nil && exit.Status(err) != exit.Usage {
			t.Errorf("%q: status %d", test.args, exit.Status(err))
		}
	}
}

func TestFlagsContradict(t *testing.T) {
	for _, args := range [][]string{{"--tls", "--plaintext"}, {"--cert", "x"}, {"--key", "x"}, {"--timeout", "1"}, {"--nonsense"}} {
		if _, err := parse(t, args...); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

func TestHeaders(t *testing.T) {
	good := []string{"a: b", "A:b:c", " x-y :  z ", "empty:", "k-bin: AAH/", "k-bin:AAH_", "k-bin: AA==", "k-bin: AA"}
	for _, h := range good {
		if opts, err := (&Flags{Headers: []string{h}}).callOptions(); err != nil || len(opts) != 1 {
			t.Errorf("%q: %v", h, err)
		}
	}
	bad := map[string]string{
		"x":               "write 'name: value'",
		": y":             "write 'name: value'",
		"k-bin: ?":        "base64",
		"a b: c":          "a b",
		":path: x":        "write 'name: value'",
		"grpc-timeout: 1": "grpc-timeout",
		"content-type: x": "content-type",
		"a: \x01":         "a",
	}
	for h, want := range bad {
		_, err := (&Flags{Headers: []string{h}}).callOptions()
		if err == nil || !strings.Contains(err.Error(), want) || exit.Status(err) != exit.Usage {
			t.Errorf("%q: %v", h, err)
		}
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := (&Flags{}).Context(t.Context())
	if _, ok := ctx.Deadline(); ok {
		t.Error("a deadline that nobody asked for")
	}
	cancel()
	if ctx.Err() == nil {
		t.Error("not cancelled")
	}
	ctx, cancel = (&Flags{Timeout: time.Hour}).Context(t.Context())
	defer cancel()
	if end, ok := ctx.Deadline(); !ok || time.Until(end) > time.Hour {
		t.Errorf("the deadline is %v", end)
	}
}

func TestTLSFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		f    Flags
		want string
	}{
		{Flags{CACert: "none"}, "--cacert: open none"},
		{Flags{CACert: file}, "has no certificate in PEM"},
		{Flags{Cert: "none", Key: "none"}, "--cert, --key: open none"},
		{Flags{Cert: file, Key: file}, "--cert, --key: "},
	}
	for _, test := range tests {
		_, err := test.f.Open(t.Context(), Target{Name: "localhost:1", Local: true}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) || exit.Status(err) != exit.Usage {
			t.Errorf("%+v: %v", test.f, err)
		}
	}
}
