package grpc

import (
	"slices"
	"testing"
)

func TestAccepts(t *testing.T) {
	tests := []struct {
		list, name string
		want       bool
	}{
		{"gzip", "gzip", true},
		{"identity,deflate,gzip", "gzip", true},
		{"identity, deflate ,\tgzip ", "gzip", true},
		{"GZIP", "gzip", true},
		{",,gzip,", "gzip", true},
		{"gzip;q=0.5", "gzip", true},
		{"gzip ; q=1.0", "gzip", true},
		{"gzip;level=9", "gzip", true},
		{"gzip;q", "gzip", true},
		{"gzip;q=", "gzip", true},
		{"gzip;q=0.001", "gzip", true},
		{"gzip;q=0", "gzip", false},
		{"gzip;q=0.000", "gzip", false},
		{"gzip; level=9; Q = 0.0 ", "gzip", false},
		{"gzip;q=0, deflate", "gzip", false},
		{"gzip;q=0, deflate", "deflate", true},
		{"", "gzip", false},
		{",", "gzip", false},
		{"gzi", "gzip", false},
		{"gzipx", "gzip", false},
		{"x-gzip", "gzip", false},
		{"*", "gzip", false},
		{"deflate;gzip", "gzip", false},
		{"gz ip", "gzip", false},
		{"", "identity", true},
		{"gzip", "identity", true},
		{"identity;q=0", "identity", true},
		{"", "", false},
		{"gzip,,br", "", false},
	}
	for _, test := range tests {
		if got := Accepts(test.list, test.name); got != test.want {
			t.Errorf("Accepts(%q, %q) = %v", test.list, test.name, got)
		}
	}
}

func TestListed(t *testing.T) {
	tests := []struct {
		list string
		want []string
	}{
		{"", nil},
		{" , ,\t,", nil},
		{"gzip", []string{"gzip"}},
		{"br, GZIP ;q=0.5,identity", []string{"br", "gzip", "identity"}},
		{"br;q=0, gzip;q=0.0, zstd;q=0.001", []string{"zstd"}},
		{"*;q=0", nil},
		{"gzip, gzip", []string{"gzip", "gzip"}},
	}
	for _, test := range tests {
		if got := slices.Collect(Listed(test.list)); !slices.Equal(got, test.want) {
			t.Errorf("Listed(%q) = %q, want %q", test.list, got, test.want)
		}
	}
	for name := range Listed("a,b") {
		if name != "a" {
			t.Error("the list goes on after a break")
		}
		break
	}
}
