package resolve_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/resolve"
	"github.com/curlew-rpc/curlew/resolve/internal/dnstest"
)

// TestResolvers has all resolvers of this package keep to the rules that are for all.
func TestResolvers(t *testing.T) {
	for _, c := range []struct{ target, unknown string }{
		{"192.0.2.1:80", ""},
		{"unix:/run/x.sock", ""},
		{"unix-abstract:x", ""},
		{"passthrough:///a:1", ""},
		{"static:///a:1,b:1", ""},
		{"ipv4:192.0.2.1", ""},
		{"ipv6:[::1]:80", ""},
	} {
		t.Run(c.target, func(t *testing.T) {
			t.Parallel()
			target, err := resolve.ParseTarget(c.target)
			if err != nil {
				t.Fatal(err)
			}
			r, err := resolve.For(target)
			if err != nil {
				t.Fatal(err)
			}
			curlewtest.TestResolver(t, curlewtest.ResolverTest{Resolver: r, Target: c.target})
		})
	}
	t.Run("Static", func(t *testing.T) {
		t.Parallel()
		r := resolve.Static(resolve.Endpoint{ID: "a", Addrs: []resolve.Addr{{Network: "tcp", Address: "a:1"}}})
		curlewtest.TestResolver(t, curlewtest.ResolverTest{Resolver: r, Target: "users:1"})
	})
}

func TestFileResolver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "endpoints.json")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
	write(`{"endpoints":[{"address":"a:1","weight":2}],"serviceConfig":{}}`)
	curlewtest.TestResolver(t, curlewtest.ResolverTest{
		Resolver: resolve.File(resolve.FileConfig{Interval: 10 * time.Millisecond}),
		Target:   "file:" + path,
		Change:   func() { write(`{"endpoints":[{"address":"b:1"}]}`) },
		Unknown:  "file:" + path + ".not",
	})
}

func TestDNSResolver(t *testing.T) {
	for _, scheme := range []string{"dns", "srv"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			s := dnstest.Start(t)
			s.Set("users.test", dnstest.Addr(1, "192.0.2.1"), dnstest.Addr(1, "2001:db8::1"),
				dnstest.SRV(1, 1, 1, 80, "users.test"))
			s.Set("_grpc_config.users.test", dnstest.TXT(1, `grpc_config=[{"serviceConfig":{}}]`))
			curlewtest.TestResolver(t, curlewtest.ResolverTest{
				Resolver: resolve.DNS(resolve.DNSConfig{MinInterval: 50 * time.Millisecond}),
				Target:   scheme + "://" + s.Addr() + "/users.test.",
				Change: func() {
					s.Set("users.test", dnstest.Addr(1, "192.0.2.2"), dnstest.SRV(1, 1, 1, 80, "users.test"))
				},
				Unknown: scheme + "://" + s.Addr() + "/other.test.",
			})
		})
	}
}

// The resolver of the example is a good one.
func TestRegistryResolver(t *testing.T) {
	t.Parallel()
	r := registry{ask: func(_ context.Context, service string) ([]string, error) {
		if service != "users" {
			return nil, errors.New("there is no such service")
		}
		return []string{"192.0.2.1:8080"}, nil
	}}
	curlewtest.TestResolver(t, curlewtest.ResolverTest{Resolver: r, Target: "registry:///users", Unknown: "registry:///others"})
}
