package grpc

import "testing"

func TestSplitPath(t *testing.T) {
	for path, want := range map[string][2]string{
		"/s/m":                         {"s", "m"},
		"/grpc.health.v1.Health/Check": {"grpc.health.v1.Health", "Check"},
		"/a/b/m":                       {"a/b", "m"}, // a service below a prefix
		"/S-1_x~/$m!":                  {"S-1_x~", "$m!"},
		"/.hidden/..m":                 {".hidden", "..m"},
		"/.../m":                       {"...", "m"},
	} {
		service, method, ok := SplitPath(path)
		if service != want[0] || method != want[1] || !ok {
			t.Errorf("SplitPath(%q) = %q, %q, %v", path, service, method, ok)
		}
	}
}

func TestSplitPathRefuses(t *testing.T) {
	for _, path := range []string{
		"", "/", "*", "s/m", "s", "/m", "/s", "//", "///", "//m", "/s/", "s//m", "/s//m", "//s/m", "/s/m/", "/s/m//",
		"/s/m?x=1", "/s/m?", "/s?x/m", "/s/m#f", "/s%2Fm", "/s/%6d", "/a%2Fb/m", "/%73/m",
		"/./m", "/../m", "/s/.", "/s/..", "/a/./m", "/a/../m", "/a/b/..", "/./s/m",
		"/s/m\x00", "/s/m\n", "/s\r/m", "/s/m\x7f", "/s /m", "/s/m ", "/\ts/m",
		`/s\m`, `/s/m\`, "/s/m\x80", "/s/é", "/s/m\"", "/s/<m>", "/s/{m}", "/s/m|", "/s/^m", "/s/`m",
		"http://host/s/m",
	} {
		if service, method, ok := SplitPath(path); ok || service != "" || method != "" {
			t.Errorf("SplitPath(%q) = %q, %q, %v", path, service, method, ok)
		}
	}
}
