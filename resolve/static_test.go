package resolve

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// resolveOnce returns what a resolver that ends by itself pushed.
func resolveOnce(t *testing.T, r Resolver, target Target) []Addr {
	t.Helper()
	var addrs []Addr
	err := r.Watch(context.Background(), target, nil, func(u Update) error {
		for _, ep := range u.Endpoints {
			addrs = append(addrs, ep.Addrs...)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v: %v", target, err)
	}
	return addrs
}

func TestFor(t *testing.T) {
	for _, c := range []struct {
		target string
		addrs  []Addr
	}{
		{"192.0.2.1", []Addr{tcp("192.0.2.1:443")}},
		{"[::1]:80", []Addr{tcp("[::1]:80")}},
		{"unix:/x", []Addr{{"unix", "/x"}}},
		{"unix-abstract:x", []Addr{{"unix", "@x"}}},
		{"passthrough:///a:1", []Addr{tcp("a:1")}},
		{"static:///a:1,b:2", []Addr{tcp("a:1"), tcp("b:2")}},
		{"ipv4:192.0.2.1,192.0.2.2:2", []Addr{tcp("192.0.2.1:443"), tcp("192.0.2.2:2")}},
		{"ipv6:::1,[::2]:2", []Addr{tcp("[::1]:443"), tcp("[::2]:2")}},
	} {
		target, err := ParseTarget(c.target)
		if err != nil {
			t.Fatal(err)
		}
		r, err := For(target)
		if err != nil {
			t.Errorf("%s: %v", c.target, err)
			continue
		}
		if got := resolveOnce(t, r, target); !slices.Equal(got, c.addrs) {
			t.Errorf("%s gives %v, want %v", c.target, got, c.addrs)
		}
	}
	if _, err := For(Target{Scheme: "etcd", Endpoint: "x"}); err == nil || !strings.Contains(err.Error(), `"etcd"`) {
		t.Errorf("an unknown scheme gives %v", err)
	}
}

func TestStatic(t *testing.T) {
	want := Endpoint{ID: "x", Addrs: []Addr{tcp("a:1")}}
	if got := resolveOnce(t, Static(want), Target{}); !slices.Equal(got, want.Addrs) {
		t.Errorf("got %v, want %v", got, want.Addrs)
	}
}

func TestListRefusesWhatWasNotParsed(t *testing.T) {
	r, err := For(Target{Scheme: "static", Endpoint: "a"})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Watch(context.Background(), Target{Scheme: "static", Endpoint: "a"}, nil, func(Update) error { return nil })
	if err == nil {
		t.Error("no error for an address without a port")
	}
}
