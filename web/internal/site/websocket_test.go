package site

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/curlew-rpc/curlew/internal/transport"
)

func TestOwnOrigin(t *testing.T) {
	tests := []struct {
		origin, host string
		secure, own  bool
	}{
		{"http://a.example", "a.example", false, true},
		{"https://a.example", "a.example", false, true},
		{"https://a.example", "a.example", true, true},
		{"http://a.example", "a.example", true, false},
		{"http://A.example:8080", "a.EXAMPLE:8080", false, true},
		{"http://a.example:8080", "a.example", false, false},
		{"http://a.example", "a.example:80", false, true},
		{"https://a.example", "a.example:443", true, true},
		{"http://a.example", "a.example:443", false, false},
		{"http://[::1]:80", "[::1]", false, true},
		{"http://b.a.example", "a.example", false, false},
		{"http://a.example.b", "a.example", false, false},
		{"http://x@a.example", "a.example", false, false},
		{"a.example", "a.example", false, false},
		{"null", "null", false, false},
		{"file://", "", false, false},
		{"http://", "", false, false},
		{"", "", false, false},
	}
	for _, test := range tests {
		if own := ownOrigin(test.origin, test.host, test.secure); own != test.own {
			t.Errorf("%+v: %v", test, own)
		}
	}
}

// Envelopes are found wherever what is sent is cut into pieces.
func TestEnvelopes(t *testing.T) {
	all := []byte("\x00\x00\x00\x00\x03abc\x00\x00\x00\x00\x00\x02\x00\x00\x00\x02{}")
	want := [][]byte{all[:8], all[8:13], all[13:]}
	for i := range len(all) + 1 {
		for k := i; k <= len(all); k++ {
			var got [][]byte
			var lengths []int
			envelopes(&transport.Outgoing{Data: all[:i], More: [][]byte{all[i:k], nil, all[k:]}},
				func(n int) { got, lengths = append(got, nil), append(lengths, n) },
				func(b []byte) { got[len(got)-1] = append(got[len(got)-1], b...) })
			if !slices.EqualFunc(got, want, bytes.Equal) || !slices.Equal(lengths, []int{8, 5, 7}) {
				t.Fatalf("cut at %d and %d: %q, %v", i, k, got, lengths)
			}
		}
	}
	envelopes(&transport.Outgoing{}, func(int) { t.Error("an envelope of nothing") }, func([]byte) { t.Error("a piece of nothing") })
}

func TestHeaderMessage(t *testing.T) {
	b, err := headerMessage([]transport.Field{{Name: "a", Value: "1"}, {Name: "b", Value: "\xff<"}, {Name: "a", Value: "2"}})
	if err != nil || string(b) != `{"header":{"a":["1","2"],"b":["\ufffd\u003c"]}}` {
		t.Errorf("%s, %v", b, err)
	}
	if b, err = headerMessage(nil); err != nil || string(b) != `{"header":{}}` {
		t.Errorf("%s, %v", b, err)
	}
}

// FuzzOpening sees that what an opening message brings is metadata that HTTP could have
// brought, and no more of it than allowed.
func FuzzOpening(f *testing.F) {
	for _, s := range []string{"{}", `{"header":{"a":["b","c"],"D-bin":["AA"]},"timeoutMs":10}`, `{"header":null,"timeoutMs":null}`, `{"header":{"a":null}}`, `[]`, `{"Header":{"a":["b"]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, timeout, err := parseOpening(b)
		if err != nil {
			if _, ok := err.(*transport.Status); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		if !json.Valid(b) || len(fields) > maxOpenFields || timeout != "" && !json.Valid([]byte(timeout)) {
			t.Fatalf("%q: %v, %q", b, fields, timeout)
		}
		for _, field := range fields {
			for _, c := range []byte(field.Name + field.Value) {
				if c < ' ' && c != '\t' || c == 0x7f {
					t.Fatalf("%+v", field)
				}
			}
			if field.Name == "" || bytes.ContainsAny([]byte(field.Name), " \t:") || string(bytes.ToLower([]byte(field.Name))) != field.Name {
				t.Fatalf("%+v", field)
			}
		}
	})
}
