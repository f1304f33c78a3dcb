package resolve

import (
	"slices"
	"strings"
	"testing"
)

func tcp(address string) Addr { return Addr{"tcp", address} }

func TestNormalize(t *testing.T) {
	u, err := Normalize(Update{Endpoints: []Endpoint{
		{Addrs: []Addr{tcp("192.0.2.1:1"), tcp("192.0.2.2:1"), tcp("[2001:db8::1]:1"), tcp("192.0.2.1:1")}},
		{ID: "named", Addrs: []Addr{{"unix", "/x"}}, Weight: 7},
		{Addrs: []Addr{tcp("[2001:db8::1]:1"), tcp("192.0.2.2:1"), tcp("192.0.2.1:1")}}, // the first again
		{Addrs: []Addr{{"unix", "/y"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, ep := range u.Endpoints {
		ids = append(ids, ep.ID)
	}
	if want := []string{"192.0.2.1:1,192.0.2.2:1,[2001:db8::1]:1", "named", "unix:/y"}; !slices.Equal(ids, want) {
		t.Errorf("IDs %q, want %q", ids, want)
	}
	if got, want := u.Endpoints[0].Addrs, []Addr{tcp("192.0.2.1:1"), tcp("[2001:db8::1]:1"), tcp("192.0.2.2:1")}; !slices.Equal(got, want) {
		t.Errorf("addresses %v, want %v", got, want)
	}
	if u.Endpoints[0].Weight != 1 || u.Endpoints[1].Weight != 7 {
		t.Errorf("weights %d and %d, want 1 and 7", u.Endpoints[0].Weight, u.Endpoints[1].Weight)
	}
}

func TestNormalizeRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		list []Endpoint
		says string
	}{
		{"no address", []Endpoint{{ID: "a"}}, `endpoint 1 of 1 (ID "a"): it has no address`},
		{"empty address", []Endpoint{{Addrs: []Addr{tcp("")}}}, "empty address"},
		{"network", []Endpoint{{Addrs: []Addr{{"udp", "a:1"}}}}, `network "udp"; use tcp or unix`},
		{"no port", []Endpoint{{Addrs: []Addr{tcp("a")}}}, `"a" is not host:port`},
		{"empty port", []Endpoint{{Addrs: []Addr{tcp("a:")}}}, `"a:" is not host:port`},
		{"same ID", []Endpoint{{ID: "x", Addrs: []Addr{tcp("a:1")}}, {ID: "x", Addrs: []Addr{tcp("b:1")}}}, `endpoint 2 of 2: another one has the ID "x"`},
		{"given and derived", []Endpoint{{Addrs: []Addr{tcp("a:1")}}, {ID: "a:1", Addrs: []Addr{tcp("b:1")}}}, "another one has the ID"},
	} {
		u, err := Normalize(Update{Endpoints: c.list})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %v; want an error with %q", c.name, u, err, c.says)
		}
	}
}

func TestInterleave(t *testing.T) {
	const v4, v6, name = "192.0.2.1:1", "[2001:db8::1]:1", "host:1"
	for _, c := range []struct{ in, out []string }{
		{nil, nil},
		{[]string{v4}, []string{v4}},
		{[]string{v4, v4, v4}, []string{v4, v4, v4}},
		{[]string{v6, v6, v6, v4}, []string{v6, v4, v6, v6}},
		{[]string{v4, v4, v6, v6, v6}, []string{v4, v6, v4, v6, v6}},
		{[]string{"[::ffff:192.0.2.9]:1", v4, v6}, []string{"[::ffff:192.0.2.9]:1", v6, v4}},
		{[]string{name, name, v6, v4}, []string{name, v6, v4, name}},
	} {
		if got := Interleave(c.in, tcp); !slices.Equal(got, c.out) {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.out)
		}
	}
}

func TestAttrs(t *testing.T) {
	rack, size, other := NewAttr[string]("rack"), NewAttr[int]("size"), NewAttr[string]("rack")
	var none Attrs
	one := rack.Set(none, "a")
	two := size.Set(rack.Set(one, "b"), 3)
	for _, c := range []struct {
		attrs Attrs
		rack  string
		has   bool
	}{{none, "", false}, {one, "a", true}, {two, "b", true}} {
		if got, has := rack.Get(c.attrs); got != c.rack || has != c.has {
			t.Errorf("rack is %q, %v; want %q, %v", got, has, c.rack, c.has)
		}
	}
	if n, ok := size.Get(two); n != 3 || !ok {
		t.Errorf("size is %d, %v; want 3", n, ok)
	}
	if v, ok := other.Get(two); ok {
		t.Errorf("another key of the same name finds %q", v)
	}
	if rack.String() != "rack" {
		t.Errorf("the name is %q", rack)
	}
}

func TestTexts(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{tcp("a:1").String(), "a:1"},
		{Addr{"unix", "/x"}.String(), "unix:/x"},
		{Locality{"r", "z", ""}.String(), "r/z/"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
