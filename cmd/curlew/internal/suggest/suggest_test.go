package suggest

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	methods := []string{"GetUser", "GetUsers", "ListUsers", "DeleteUser", "Chat"}
	services := []string{"demo.orders.v1.Orders", "demo.shop.v1.Shop", "grpc.health.v1.Health"}
	tests := []struct {
		name  string
		names []string
		want  []string
	}{
		{"GetUsr", methods, []string{"GetUser"}},
		{"GteUser", methods, []string{"GetUser"}},
		{"getuser", methods, []string{"GetUser"}},
		{"get_user", methods, []string{"GetUser"}},
		{"Chta", methods, []string{"Chat"}},
		{"Cat", methods, []string{"Chat"}},
		{"Completely", methods, nil},
		{"X", methods, nil},
		{"Orders", services, []string{"demo.orders.v1.Orders"}},
		{"demo.orders.v2.Orders", services, []string{"demo.orders.v1.Orders"}},
		{"demo.shop.v1.Shopp", services, []string{"demo.shop.v1.Shop"}},
		{"other.v1.helth", services, []string{"grpc.health.v1.Health"}},
		{"x", nil, nil},
		{"aa", []string{"ab", "ac", "ad", "ae"}, []string{"ab", "ac", "ad"}},
	}
	for _, test := range tests {
		if got := Near(test.name, test.names); !slices.Equal(got, test.want) {
			t.Errorf("Near(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

func TestFor(t *testing.T) {
	var many []string
	for i := range 15 {
		many = append(many, "field"+strconv.Itoa(i)+strings.Repeat("x", i))
	}
	tests := []struct {
		name  string
		names []string
		want  string
	}{
		{"idd", []string{"id", "name"}, "did you mean id?"},
		{"ab", []string{"ac", "ad"}, "did you mean ac or ad?"},
		{"nothing", []string{"id", "name"}, "fields: id, name"},
		{"nothing", nil, ""},
	}
	for _, test := range tests {
		if got := For(test.name, "fields", test.names); got != test.want {
			t.Errorf("For(%q, %q) = %q, want %q", test.name, test.names, got, test.want)
		}
	}
	if got := For("nothing", "fields", many); !strings.HasSuffix(got, "field11xxxxxxxxxxx, and 3 more") {
		t.Errorf("many names: %q", got)
	}
}

func TestEdits(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1},
		{"abc", "xabc", 1}, {"abc", "axc", 1}, {"kitten", "sitting", 3}, {"äö", "öä", 1},
	}
	for _, test := range tests {
		if got := edits([]rune(test.a), []rune(test.b)); got != test.want {
			t.Errorf("edits(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
