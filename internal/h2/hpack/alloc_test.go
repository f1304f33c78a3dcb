package hpack

import (
	"strings"
	"testing"
)

// What happens in every call does not allocate, and a literal costs one allocation
// for its name and value together.
func TestAllocations(t *testing.T) {
	var (
		e, plain = NewEncoder(), NewEncoder()
		d        = NewDecoder(DefaultTableSize)
		dst      []byte
		fields   []Field
		withTime = append(asFields("grpc-timeout", "1S"), request...)
		large    = Field{Name: "authorization", Value: strings.Repeat("token", 200), Sensitive: true}
	)
	withTime[0].NoIndex = true
	mustDecode(t, d, e.Append(nil, withTime))
	mustDecode(t, d, e.Append(nil, request))
	plain.SetPeerTableSize(0)
	plain.Append(nil, nil)
	decode := func(block []byte, lim Limits) func() {
		return func() {
			var err error
			if fields, _, err = d.Decode(fields[:0], block, lim); err != nil {
				t.Fatal(err)
			}
		}
	}
	repeated := e.Append(nil, request)
	unwanted := strings.Repeat(string(plain.Append(nil, asFields("some-name", "some value"))), 100)
	tests := map[string]struct {
		want float64
		f    func()
	}{
		"a repeated block":         {0, func() { dst = e.Append(dst[:0], request) }},
		"a new timeout":            {0, func() { withTime[0].Value = "1234m"; dst = e.Append(dst[:0], withTime) }},
		"all indexed":              {0, decode(repeated, noLimits)},
		"a literal value":          {1, decode(plain.Append(nil, asFields(":path", "/shop.v1.UserService/GetUser")), noLimits)},
		"a literal name and value": {1, decode(plain.Append(nil, asFields("x-some-name", "some value")), noLimits)},
		"an empty value":           {0, decode(plain.Append(nil, asFields("cookie", "")), noLimits)},
		"an entered literal":       {1, decode(unhex("40026162026364"), noLimits)},
		"a long token":             {1, decode(plain.Append(nil, []Field{large}), noLimits)},
		"beyond the limits":        {0, decode([]byte(unwanted), Limits{})},
	}
	for name, test := range tests {
		test.f()
		if got := testing.AllocsPerRun(100, test.f); got != test.want {
			t.Errorf("%s: %v allocations, want %v", name, got, test.want)
		}
	}
}

// An entry that does not fit into the table, of a field that is not wanted, is not built.
func TestAllocationsOfLargeEntries(t *testing.T) {
	d := NewDecoder(64)
	block := append(unhex("4001617f01"), strings.Repeat("x", 128)...)
	f := func() {
		if _, truncated, err := d.Decode(nil, block, Limits{}); err != nil || !truncated {
			t.Fatal(truncated, err)
		}
	}
	if got := testing.AllocsPerRun(100, f); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
