package resolve

import (
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for _, c := range []struct {
		in, out, hostPort, serverName string
	}{
		{"users.internal:8080", "dns:///users.internal:8080", "users.internal:8080", "users.internal"},
		{"users", "dns:///users", "users", "users"},
		{"localhost:1", "dns:///localhost:1", "localhost:1", "localhost"},
		{"dns:users:1", "dns:///users:1", "users:1", "users"},
		{"DNS:///users:1", "dns:///users:1", "users:1", "users"},
		{"dns:///users.internal", "dns:///users.internal", "users.internal", "users.internal"},
		{"dns://192.0.2.53/users:1", "dns://192.0.2.53/users:1", "users:1", "users"},
		{"dns://192.0.2.53:5353/users:1", "dns://192.0.2.53:5353/users:1", "users:1", "users"},
		{"dns://[2001:db8::53]/users", "dns://[2001:db8::53]/users", "users", "users"},
		{"[2001:db8::1]:8080", "dns:///[2001:db8::1]:8080", "[2001:db8::1]:8080", "2001:db8::1"},
		{"[::1]", "dns:///[::1]", "[::1]", "::1"},
		{"::1", "dns:///::1", "[::1]", "::1"},
		{"127.0.0.1:80", "dns:///127.0.0.1:80", "127.0.0.1:80", "127.0.0.1"},
		{"unix:/run/x.sock", "unix:/run/x.sock", "localhost", "localhost"},
		{"unix:x.sock", "unix:x.sock", "localhost", "localhost"},
		{"unix:///run/x.sock", "unix:/run/x.sock", "localhost", "localhost"},
		{"unix-abstract:users", "unix-abstract:users", "localhost", "localhost"},
		{"passthrough:///users:1", "passthrough:///users:1", "users:1", "users"},
		{"passthrough:users:1", "passthrough:///users:1", "users:1", "users"},
		{"static:///a:1,b:2", "static:///a:1,b:2", "a:1", "a"},
		{"static:a:1", "static:///a:1", "a:1", "a"},
		{"ipv4:192.0.2.1:1,192.0.2.2", "ipv4:192.0.2.1:1,192.0.2.2", "192.0.2.1:1", "192.0.2.1"},
		{"ipv6:[2001:db8::1]:1,2001:db8::2", "ipv6:[2001:db8::1]:1,2001:db8::2", "[2001:db8::1]:1", "2001:db8::1"},
		{"ipv6:::1", "ipv6:::1", "[::1]", "::1"},
		{"[fe80::1%eth0]:80", "dns:///[fe80::1%eth0]:80", "[fe80::1]:80", "fe80::1"},
		{"srv:///_grpc._tcp.users.internal", "srv:///_grpc._tcp.users.internal", "users.internal", "users.internal"},
		{"SRV://192.0.2.53/users.service.consul.", "srv://192.0.2.53/users.service.consul.", "users.service.consul.", "users.service.consul."},
		{"srv:8080", "dns:///srv:8080", "srv:8080", "srv"},
		{"file:///etc/users.json", "file:/etc/users.json", "localhost", "localhost"},
		{"file:/etc/users.json", "file:/etc/users.json", "localhost", "localhost"},
		{"file:users.json", "file:users.json", "localhost", "localhost"},
		{"file:8080", "dns:///file:8080", "file:8080", "file"},
		{strings.Repeat("x.", 126) + "y.:1", "dns:///" + strings.Repeat("x.", 126) + "y.:1", strings.Repeat("x.", 126) + "y.:1", strings.Repeat("x.", 126) + "y."},
		{"etcd://cluster/users", "etcd://cluster/users", "users", "users"},
		{"x.y+z-1:///a/b", "x.y+z-1:///a/b", "a/b", "a/b"},
	} {
		target, err := ParseTarget(c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if got := target.String(); got != c.out {
			t.Errorf("%q is %q, want %q", c.in, got, c.out)
		}
		if got := target.HostPort(); got != c.hostPort {
			t.Errorf("%q has the authority %q, want %q", c.in, got, c.hostPort)
		}
		if got := target.ServerName(); got != c.serverName {
			t.Errorf("%q has the server name %q, want %q", c.in, got, c.serverName)
		}
	}
}

// The error says what is wrong and what to write.
func TestParseTargetErrors(t *testing.T) {
	for _, c := range []struct{ in, says string }{
		{"", "write host:port"},
		{" a:1", "space or control character at offset 0"},
		{"a:1\n", "offset 3"},
		{"http://users:80/x", "write dns:///users:80"},
		{"https://users/", "write dns:///users"},
		{"dns://users:80", "write dns:///users:80 with three slashes"},
		{"1x://a/b", `"1x" is not a scheme`},
		{"://a", `"" is not a scheme`},
		{"/run/x.sock", "write unix:/run/x.sock"},
		{"./x.sock", "write unix:./x.sock"},
		{"@users", "write unix-abstract:users"},
		{":8080", "write localhost:8080"},
		{"a:", "write a:443"},
		{"a:x", `port "x" is not a number`},
		{"a:0", `port "0" is not a number`},
		{"a:65536", `port "65536" is not a number`},
		{"a:b:1", "needs brackets"},
		{"[a]:1", `"a" in brackets is not an IPv6 address`},
		{"[127.0.0.1]", "not an IPv6 address"},
		{"a/b:1", `"a/b" is not a host name`},
		{"a:1,b:2", "not host:port"},
		{"a,b", "not a host name"},
		{"dns:///", "nothing follows the scheme dns"},
		{"dns://:53/a", "the host before"},
		{"unix:", "nothing follows the scheme unix"},
		{"unix:///", "nothing follows the scheme unix"},
		{"unix://run/x.sock", "write unix:///run/x.sock with three slashes"},
		{"unix:" + strings.Repeat("x", 108), "108 bytes; the system allows 107"},
		{"unix-abstract:" + strings.Repeat("x", 107), "108 bytes"},
		{"file:", "nothing follows the scheme file"},
		{"file:///", "nothing follows the scheme file"},
		{"file://etc/users.json", "write file:///etc/users.json with three slashes"},
		{"srv:///", "nothing follows the scheme srv"},
		{"srv://users.internal", "write srv:///users.internal with three slashes"},
		{"srv:///users:80", "write srv:///users"},
		{"srv:///192.0.2.1", "write dns:///192.0.2.1"},
		{"srv:///[::1]", "write dns:///[::1]"},
		{"srv:///_grpc._tcp", "write srv:///_grpc._tcp.example.com"},
		{"srv:///_grpc._tcp.", "write srv:///_grpc._tcp.example.com"},
		{"srv://:53/a", "the host before"},
		{strings.Repeat("x.", 126) + "yy", "254 bytes; DNS allows 253"},
		{"passthrough:///a", "write passthrough:///a:443"},
		{"passthrough:///a:b:c", "not host:port"},
		{"static:///a:1,b", "write b:443"},
		{"static:///a:1,", "the host before"},
		{"ipv4:users:1", `"users" is not an address of the scheme ipv4`},
		{"ipv4:[::1]:1", "not an address of the scheme ipv4"},
		{"ipv6:127.0.0.1:1", "not an address of the scheme ipv6"},
	} {
		target, err := ParseTarget(c.in)
		if err == nil {
			t.Errorf("%q parses as %v", c.in, target)
			continue
		}
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v; want it to say %q", c.in, err, c.says)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"a:1", "dns:///a", "unix:/x", "static:///a:1,b:2", "ipv6:[::1%eth0]:1", "dns://[::1]:53/x:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := ParseTarget(s)
		if err != nil {
			if target != (Target{}) {
				t.Fatalf("%q: %v beside %v", s, err, target)
			}
			return
		}
		again, err := ParseTarget(target.String())
		if err != nil || again != target {
			t.Fatalf("%q is %v, which reads back as %v, %v", s, target, again, err)
		}
		if target.HostPort() == "" || target.ServerName() == "" {
			t.Fatalf("%q has no authority", s)
		}
	})
}
