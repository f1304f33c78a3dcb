package malformed

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// spellings are ways to write the path of a method that something on the way to
// its handler might take for the same.
func spellings(path string) []string {
	service, method, _ := strings.Cut(path[1:], "/")
	escaped := strings.ReplaceAll(path, "E", "%45")
	return []string{
		path[1:], "", "*", "/", "//", "/" + path, "//" + path, path + "/", path + "//", "/" + service + "//" + method,
		"/" + service + "%2F" + method, "/" + service + "%2f" + method, "%2F" + path[1:], escaped, "/" + service + "/" + "%55nary",
		"/./" + path[1:], "/../" + path[1:], "/x/.." + path, "/" + service + "/./" + method, "/" + service + "/../" + service + "/" + method,
		path + "/.", path + "/..", "/%2e" + path, path + "?", path + "?a=b", path + "#", path + "#x", path + ";", path + ";a=b", path + "%00", path + "%20",
		path + "%", "?" + path, "#" + path, "http://echo.test" + path, "http:" + path, "//echo.test" + path, "h2c://echo.test" + path, "\\" + path[1:],
		"/" + service + "\\" + method, "/" + service, "/" + service + "/", "/" + method, "/" + service + "." + method,
		strings.ToLower(path), strings.ToUpper(path), "/" + strings.ToLower(service) + "/" + method, path + "\t", path + " x", path + "\x01", path + "\x7f",
		path + "\xc3\xa9", path + "\xe2\x80\x8b", "/\xef\xbb\xbf" + path[1:], strings.Replace(path, "/", "\xef\xbc\x8f", 1), strings.ReplaceAll(path, "E", "\xd0\x95"),
		" " + path, path + " ", path + "\x00", path + "\r\n", path + strings.Repeat("/x", 500), "/" + strings.Repeat("a", 8000) + path,
	}
}

// A policy decides by the full names of methods, and remembers what it saw.
type policy struct {
	allow, deny []string // allow nil: all that deny does not name
	mu          sync.Mutex
	saw         []string
	let         []string
}

func (p *policy) intercept(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	path := call.Method().Path
	p.mu.Lock()
	p.saw = append(p.saw, path)
	p.mu.Unlock()
	if slices.Contains(p.deny, path) || p.allow != nil && !slices.Contains(p.allow, path) {
		return curlew.Errorf(curlew.PermissionDenied, "not you")
	}
	p.mu.Lock()
	p.let = append(p.let, path)
	p.mu.Unlock()
	return next(ctx, call)
}

// No spelling of a path passes by an interceptor that decides by it, whether it
// names what is forbidden or what is allowed: there is one spelling, everything
// else is refused before an interceptor sees it (CVE-2026-33186).
func TestPathsPastAuthorization(t *testing.T) {
	const stream = "/curlew.test.echo.v1.EchoService/ServerStream" // what honest clients use besides
	for _, row := range []struct {
		name string
		*policy
	}{
		// The honest clients are served under either policy but for Bidi.
		{"deny-list", &policy{deny: []string{bidiPath}}},
		{"allow-list", &policy{allow: []string{unaryPath, stream}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			eachWire(t, func(t *testing.T, tg *target) {
				for _, path := range append(spellings(bidiPath), bidiPath) {
					row.try(t, tg, path)
				}
				tg.crowd.check(t)
			}, curlew.WithInterceptors(row.intercept))
		})
		row.mu.Lock()
		defer row.mu.Unlock()
		for _, path := range row.saw {
			if path != unaryPath && path != stream && path != bidiPath {
				t.Errorf("%s: the interceptor has seen %q", row.name, path)
			}
		}
		if slices.Contains(row.let, bidiPath) {
			t.Errorf("%s: the interceptor has let %s through", row.name, bidiPath)
		}
	}
}

// try calls the forbidden method by one spelling.
func (p *policy) try(t *testing.T, tg *target, path string) {
	a := tg.attacker(t)
	defer a.Close()
	p.mu.Lock()
	before := count(p.saw, bidiPath)
	p.mu.Unlock()
	a.call(1, request(":path", path))
	got := a.outcome(1)
	p.mu.Lock()
	seen := count(p.saw, bidiPath) - before
	p.mu.Unlock()
	want, wantSeen := "grpc 12", 0
	switch {
	case path == bidiPath:
		want, wantSeen = "grpc 7", 1
	case path == "" || strings.ContainsAny(path, "\x00\r\n") || strings.Trim(path, " \t") != path:
		want = malformed
	}
	if got != want || seen != wantSeen {
		t.Errorf("%q: %s, seen %d times by the interceptor; want %s, %d", path, got, seen, want, wantSeen)
	}
	if len(a.Stream(1).Data) > 0 {
		t.Errorf("%q: the answer has content", path)
	}
	a.call(3, request())
	if got := a.outcome(3); got != served {
		t.Errorf("after %q: %s", path, got)
	}
}

func count(paths []string, path string) (n int) {
	for _, p := range paths {
		if p == path {
			n++
		}
	}
	return n
}

// A path that is refused comes back in a status message that any peer can read.
func TestPathsInStatus(t *testing.T) {
	eachWire(t, func(t *testing.T, tg *target) {
		a := tg.attacker(t)
		a.call(1, request(":path", "/a\x7f\xff%\"/b"))
		s := a.Stream(1)
		if got := a.outcome(1); got != "grpc 12" {
			t.Fatal(got)
		}
		for _, c := range []byte(rawpeer.Value(s.Last(), "grpc-message")) {
			if c < 0x20 || c > 0x7e {
				t.Errorf("grpc-message %q", rawpeer.Value(s.Last(), "grpc-message"))
			}
		}
		a.Close()
		tg.crowd.check(t)
	})
}
