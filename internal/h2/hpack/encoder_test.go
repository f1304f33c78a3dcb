package hpack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// How a field is sent, RFC 7541 §6.
const (
	indexed = 'i'
	entered = 'e' // literal with incremental indexing
	literal = 'l' // without indexing
	never   = 'n' // never indexed
)

// kind returns how the field of a block of one is sent.
func kind(block []byte) byte {
	switch first := block[0]; {
	case first&0x80 != 0:
		return indexed
	case first&0x40 != 0:
		return entered
	case first&0x10 != 0:
		return never
	}
	return literal
}

// kinds encodes fields, a block each, and returns how they are sent.
func kinds(t *testing.T, e *Encoder, d *Decoder, fields []Field) string {
	t.Helper()
	var got []byte
	for _, f := range fields {
		block := e.Append(nil, []Field{f})
		got = append(got, kind(block))
		f.NoIndex = false
		wantFields(t, mustDecode(t, d, block), []Field{f})
		wantSameTables(t, e, d)
	}
	return string(got)
}

// What goes into the table.
func TestEncodeKinds(t *testing.T) {
	values := func(name string, values ...string) (fields []Field) {
		for _, v := range values {
			fields = append(fields, Field{Name: name, Value: v})
		}
		return fields
	}
	with := func(fields []Field, set func(*Field)) []Field {
		for i := range fields {
			set(&fields[i])
		}
		return fields
	}
	noIndex := func(f *Field) { f.NoIndex = true }
	sensitive := func(f *Field) { f.Sensitive = true }
	long := strings.Repeat("x", 1000)
	tests := []struct {
		name   string
		fields []Field
		want   string
	}{
		{"static", asFields(":method", "POST", ":scheme", "https", ":status", "200", ":path", "/"), "iiii"},
		{"repeated", values("te", "trailers", "trailers", "trailers"), "eii"},
		{"a few values, which repeat", values(":path", "/a", "/b", "/a", "/b", "/c", "/a", "/b", "/c", "/c", "/d"), "elieliieie"},
		{"always new", values("traceparent", "1", "2", "3", "4", "5"), "ellll"},
		{"new twice", values("traceparent", "1", "2", "3", "2", "2"), "ellei"},
		{"NoIndex, a new name", with(values("grpc-timeout", "1S", "2S", "3S", "1S"), noIndex), "elli"},
		{"NoIndex, a known name", with(values("content-length", "1", "2", "2"), noIndex), "lll"},
		{"NoIndex, a long value", with(values("grpc-message", long, "short", long), noIndex), "lel"},
		{"Sensitive", with(values("authorization", "a", "a"), sensitive), "nn"},
		{"Sensitive, a new name", with(values("x-key", "a", "a"), sensitive), "nn"},
		{"Sensitive, a field of the static table", with(values(":method", "GET"), sensitive), "n"},
		{"half of the table", values("x", strings.Repeat("x", 2048-33), "y"), "el"},
		{"more than half", values("x", strings.Repeat("x", 2048-32), "y"), "le"},
		{"empty", values("x", "", ""), "ei"},
		{"an empty name", values("", "x", "x"), "ei"},
	}
	for _, test := range tests {
		if got := kinds(t, NewEncoder(), NewDecoder(DefaultTableSize), test.fields); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// A sensitive field is sent as such even if the same was sent before.
func TestEncodeSensitiveAfterOrdinary(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	f := Field{Name: "x", Value: "y"}
	secret := f
	secret.Sensitive = true
	if got := kinds(t, e, d, []Field{f, secret, f}); got != "eni" {
		t.Error(got)
	}
}

// Values that are always new do not push out those that repeat.
func TestEncodeKeepsWhatRepeats(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	for i := range 1000 {
		fields := asFields("te", "trailers", "traceparent", fmt.Sprintf("00-%032x-01", i), "user-agent", "curlew", "x-id", fmt.Sprint(i))
		block := e.Append(nil, fields)
		wantFields(t, mustDecode(t, d, block), fields)
		if i > 0 && (kind(block) != indexed || e.table.n != 4) {
			t.Fatalf("call %d: %x with %d entries", i, block, e.table.n)
		}
	}
}

// Many methods called by turns all come into the table.
func TestEncodeLearns(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	var last []byte
	for range 20 {
		last = last[:0]
		for i := range 30 {
			last = e.Append(last, asFields(":path", fmt.Sprintf("/shop.v1.UserService/Method%d", i)))
		}
		mustDecode(t, d, last)
		wantSameTables(t, e, d)
	}
	if len(last) != 30 {
		t.Errorf("30 paths take %d octets", len(last))
	}
}

func TestEncodeEvicts(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	for i := range 5000 {
		fields := asFields(fmt.Sprintf("name-%d", i%700), "value", fmt.Sprintf("name-%d", i%50), "other", "te", "trailers")
		wantFields(t, mustDecode(t, d, e.Append(nil, fields)), fields)
		wantSameTables(t, e, d)
	}
	if len(e.table.ring) != 128 || len(e.index.links) != 128 {
		t.Errorf("a ring of %d", len(e.table.ring))
	}
}

// RFC 7541 §4.2: what the peer allows is followed and told.
func TestEncodeSizeUpdates(t *testing.T) {
	tests := []struct {
		name   string
		sizes  []uint32
		prefix string
		max    uint32
	}{
		{"more than we use", []uint32{65536}, "", 4096},
		{"what we have", []uint32{4096}, "", 4096},
		{"less", []uint32{100}, "3f45", 100},
		{"none", []uint32{0}, "20", 0},
		{"less, more", []uint32{100, 4096}, "203fe11f", 4096},
		{"less, far more", []uint32{100, 65536}, "203fe11f", 4096},
		{"less, a bit more", []uint32{100, 200}, "203fa901", 200},
		{"less, more, less", []uint32{200, 4096, 100}, "3f45", 100},
		{"less, more, a bit less", []uint32{100, 4096, 200}, "203fa901", 200},
		{"none, all", []uint32{0, 4096}, "203fe11f", 4096},
	}
	for _, test := range tests {
		e, d := NewEncoder(), NewDecoder(DefaultTableSize)
		mustDecode(t, d, e.Append(nil, asFields("a", "b")))
		for _, n := range test.sizes {
			before := e.Generation()
			e.SetPeerTableSize(n)
			d.SetMaxTableSize(n)
			if test.prefix != "" && e.Generation() == before {
				t.Errorf("%s: the same generation", test.name)
			}
		}
		before := e.Generation()
		block := e.Append(nil, asFields(":method", "GET"))
		if want := append(unhex(test.prefix), 0x82); !slices.Equal(block, want) {
			t.Errorf("%s: %x, want %x", test.name, block, want)
		}
		if (e.Generation() != before) != (test.prefix != "") {
			t.Errorf("%s: the block that tells it can be sent again", test.name)
		}
		mustDecode(t, d, block)
		wantSameTables(t, e, d)
		if e.table.max != test.max {
			t.Errorf("%s: a table of %d", test.name, e.table.max)
		}
		if got := e.Append(nil, asFields(":method", "GET")); len(got) != 1 {
			t.Errorf("%s: told twice: %x", test.name, got)
		}
	}
}

// From a peer without a table no entry is expected.
func TestEncodeWithoutTable(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	e.SetPeerTableSize(0)
	mustDecode(t, d, e.Append(nil, nil))
	if got := kinds(t, e, d, asFields(":method", "GET", "x", "y", "x", "y", "", "")); got != "illl" {
		t.Error(got)
	}
	if e.table.ring != nil || e.index.links != nil {
		t.Error("memory for a table that is not used")
	}
}

// Equal generations mean that a block can be sent again.
func TestEncodeGeneration(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	fields := asFields(":method", "POST", "te", "trailers")
	for i, changes := range []bool{true, false, false} {
		before := e.Generation()
		mustDecode(t, d, e.Append(nil, fields))
		if (e.Generation() != before) != changes {
			t.Errorf("block %d changes the generation: %v", i, !changes)
		}
	}
}

func TestFieldSize(t *testing.T) {
	if got := (Field{Name: "custom-key", Value: "custom-header"}).Size(); got != 55 {
		t.Error(got) // RFC 7541 C.2.1
	}
}
