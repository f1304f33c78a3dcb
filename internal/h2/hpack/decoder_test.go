package hpack

import (
	"slices"
	"strings"
	"testing"
	"unsafe"
)

func TestDecodeErrors(t *testing.T) {
	for block, want := range map[string]string{
		"80":             "an index of no entry",
		"be":             "an index of no entry",
		"ffffffffff07":   "an integer too large",
		"ff80ffffff07":   "an index of no entry",
		"c0":             "an index of no entry",
		"ff":             "an integer without end",
		"7e0161":         "a name with an index of no entry",
		"0f2f0161":       "a name with an index of no entry",
		"7fffffffffff":   "an integer too large",
		"40":             "a literal without its string",
		"400161":         "a literal without its string",
		"44":             "a literal without its string",
		"400261":         "a string longer than the block",
		"40016102":       "a string longer than the block",
		"0081ff0161":     "a string with invalid Huffman code",
		"10016181ff":     "a string with invalid Huffman code",
		"8220":           "a table size update behind a field",
		"20822082":       "a table size update behind a field",
		"202020":         "more than two table size updates",
		"3fe21f":         "a table size update above the limit",
		"203fe21f":       "a table size update above the limit",
		"3fffffffffffff": "an integer too large",
		"3f":             "an integer without end",
	} {
		wantError(t, NewDecoder(DefaultTableSize), unhex(block), want)
	}
	if got := (&Error{"an index of no entry"}).Error(); got != "header block: an index of no entry" {
		t.Error(got)
	}
}

// A block may be empty, or have nothing but size updates.
func TestDecodeNothing(t *testing.T) {
	d := NewDecoder(DefaultTableSize)
	for _, block := range []string{"", "20", "203fe11f"} {
		wantFields(t, mustDecode(t, d, unhex(block)), nil)
	}
	if d.table.max != DefaultTableSize {
		t.Errorf("a table of %d", d.table.max)
	}
}

// RFC 7541 §4.2: what a block must begin with when the limit has changed.
func TestDecodeSizeUpdates(t *testing.T) {
	const due, above = "no table size update after the limit was lowered", "a table size update above the limit"
	tests := []struct {
		name   string
		limits []uint32
		block  string
		reason string // "": good
		max    uint32 // of the table afterwards
	}{
		{"raised, unused", []uint32{8192}, "82", "", 4096},
		{"raised, used", []uint32{8192}, "3fe13f82", "", 8192},
		{"raised, used in part", []uint32{8192}, "3f8127", "", 5024},
		{"lowered, ignored", []uint32{100}, "82", due, 0},
		{"lowered, empty block", []uint32{100}, "", due, 0},
		{"lowered", []uint32{100}, "3f4582", "", 100},
		{"lowered, further than needed", []uint32{100}, "2082", "", 0},
		{"lowered, not enough", []uint32{100}, "3f4682", above, 0},
		{"lowered and raised, ignored", []uint32{100, 4096}, "82", due, 0},
		{"lowered and raised", []uint32{100, 4096}, "3f453fe11f82", "", 4096},
		{"lowered and raised, only the last", []uint32{100, 4096}, "3fe11f82", above, 0},
		{"lowered and raised, only the least", []uint32{100, 4096}, "3f4582", "", 100},
		{"lowered and raised in part", []uint32{100, 200}, "3f453fa901", "", 200},
		{"lowered and raised, too much", []uint32{100, 200}, "3f453faa01", above, 0},
		{"the same", []uint32{4096}, "82", "", 4096},
	}
	for _, test := range tests {
		d := NewDecoder(DefaultTableSize)
		for _, n := range test.limits {
			before := d.Generation()
			d.SetMaxTableSize(n)
			if d.Generation() == before {
				t.Errorf("%s: the same generation", test.name)
			}
		}
		if test.reason != "" {
			wantError(t, d, unhex(test.block), test.reason)
			continue
		}
		mustDecode(t, d, unhex(test.block))
		if d.table.max != test.max {
			t.Errorf("%s: a table of %d, want %d", test.name, d.table.max, test.max)
		}
		mustDecode(t, d, unhex("82")) // what was due is done
	}
}

// A limit below what the peer uses anyway asks nothing of it.
func TestDecodeUnusedLimit(t *testing.T) {
	d := NewDecoder(DefaultTableSize)
	mustDecode(t, d, unhex("3f4582")) // 100
	d.SetMaxTableSize(200)
	mustDecode(t, d, unhex("82"))
	if d.table.max != 100 {
		t.Errorf("a table of %d", d.table.max)
	}
	wantError(t, d, unhex("3faa0182"), "a table size update above the limit")
}

// RFC 7541 §4.4.
func TestDecodeEntryLargerThanTable(t *testing.T) {
	d := NewDecoder(64)
	want := asFields("a", "b")
	wantFields(t, mustDecode(t, d, unhex("4001610162")), want)
	wantFields(t, entries(t, &d.table), want)

	large := asFields("a", strings.Repeat("x", 32)) // 65 octets
	block := append(unhex("7e20"), large[0].Value...)
	wantFields(t, mustDecode(t, d, block), large) // its name is an entry that it evicts
	wantFields(t, entries(t, &d.table), nil)

	fits := asFields("a", strings.Repeat("x", 31))
	wantFields(t, mustDecode(t, d, append(unhex("4001611f"), fits[0].Value...)), fits)
	wantFields(t, entries(t, &d.table), fits)
}

func TestDecodeSensitive(t *testing.T) {
	d := NewDecoder(DefaultTableSize)
	got := mustDecode(t, d, unhex("1001610162 0001610162 1f080162 4001610162 be"))
	ab := Field{Name: "a", Value: "b"}
	secret := ab
	secret.Sensitive = true
	wantFields(t, got, []Field{secret, ab, {Name: "authorization", Value: "b", Sensitive: true}, ab, ab})
}

// Fields go behind those that are in dst already, which do not count.
func TestDecodeAppends(t *testing.T) {
	d := NewDecoder(DefaultTableSize)
	dst := asFields("x", "y")
	got, truncated, err := d.Decode(dst, unhex("8286"), Limits{MaxBytes: 100, MaxFields: 2})
	if err != nil || truncated {
		t.Fatal(truncated, err)
	}
	wantFields(t, got, asFields("x", "y", ":method", "GET", ":scheme", "http"))
}

func TestDecodeLimits(t *testing.T) {
	// Sizes are 42, 43, 34, 34, and 36 octets.
	const block = "82 86 4001610162 0001610163 be 4003616161 03626262"
	all := asFields(":method", "GET", ":scheme", "http", "a", "b", "a", "c", "a", "b", "aaa", "bbb")
	table := asFields("aaa", "bbb", "a", "b")
	tests := []struct {
		name  string
		lim   Limits
		count int
	}{
		{"as many fields as there are", Limits{1000, 6}, 6},
		{"one fewer", Limits{1000, 5}, 5},
		{"one field", Limits{1000, 1}, 1},
		{"no fields", Limits{1000, 0}, 0},
		{"as many bytes as there are", Limits{42 + 43 + 34 + 34 + 34 + 38, 10}, 6},
		{"one fewer byte", Limits{42 + 43 + 34 + 34 + 34 + 37, 10}, 5},
		{"the second does not fit, the third would", Limits{42 + 42, 10}, 1},
		{"no bytes", Limits{0, 10}, 0},
	}
	for _, test := range tests {
		d := NewDecoder(DefaultTableSize)
		got, truncated, err := d.Decode(nil, unhex(block), test.lim)
		if err != nil || truncated != (test.count < len(all)) {
			t.Errorf("%s: truncated %v, error %v", test.name, truncated, err)
		}
		wantFields(t, got, all[:test.count:test.count])
		if !slices.Equal(entries(t, &d.table), table) {
			t.Errorf("%s: the table is out of step: %v", test.name, entries(t, &d.table))
		}
		// What is wrong behind the limit is wrong all the same.
		wantError(t, d, unhex(block+"80"), "an index of no entry")
	}
	if _, truncated, err := NewDecoder(0).Decode(nil, nil, Limits{}); truncated || err != nil {
		t.Error("an empty block is beyond limits of nothing", err)
	}
}

// CVE-2016-6581: a small block that stands for a hundred times its size.
func TestDecodeBomb(t *testing.T) {
	e := NewEncoder()
	large := asFields("x", strings.Repeat("y", 2000))
	block := e.Append(nil, large)
	if e.table.n != 1 {
		t.Fatal("not entered")
	}
	block = append(block, slices.Repeat([]byte{0xbe}, 10000)...)
	d := NewDecoder(DefaultTableSize)
	fields, truncated, err := d.Decode(nil, block, Limits{MaxBytes: 16 << 10, MaxFields: 200})
	if err != nil || !truncated || len(fields) != 8 {
		t.Errorf("%d fields, truncated %v, error %v", len(fields), truncated, err)
	}
}

// An entry that takes its name from another one must not keep that one's memory.
func TestDecodeNamesAreCopied(t *testing.T) {
	d := NewDecoder(DefaultTableSize)
	first := mustDecode(t, d, append(unhex("4001617f d10e"), strings.Repeat("x", 2000)...))[0]
	second := mustDecode(t, d, unhex("7e0162"))[0]
	if first.Name != "a" || len(first.Value) != 2000 || second.Name != "a" || second.Value != "b" {
		t.Fatal(first, second)
	}
	if unsafe.StringData(first.Name) == unsafe.StringData(second.Name) {
		t.Error("the name is shared between entries")
	}
	if n := d.table.at(1).name; unsafe.StringData(n) != unsafe.StringData(second.Name) {
		t.Error("a field and its entry do not share the name")
	}
	// A field that is in no table may share it.
	if third := mustDecode(t, d, unhex("0f2f0163"))[0]; unsafe.StringData(third.Name) != unsafe.StringData(second.Name) {
		t.Error("the name is copied for a field that is not entered")
	}
}

func TestDecodeGeneration(t *testing.T) {
	d := NewDecoder(DefaultTableSize)
	for _, test := range []struct {
		block   string
		changes bool
	}{
		{"82", false},
		{"4001610162", true},
		{"be82", false},
		{"0001610162", false},
		{"1001610162", false},
		{"4001610162", true},
		{"3fe11f", false}, // the size that it has
		{"3fe01f", true},
		{"20", true},
		{"82", false},
	} {
		before := d.Generation()
		mustDecode(t, d, unhex(test.block))
		if got := d.Generation() != before; got != test.changes {
			t.Errorf("%s changes the generation: %v, want %v", test.block, got, test.changes)
		}
	}
}

// A decoder has no memory until there is an entry, and then no more than entries need.
func TestDecodeMemory(t *testing.T) {
	d := NewDecoder(DefaultTableSize)
	e := NewEncoder()
	e.SetPeerTableSize(0)
	mustDecode(t, d, e.Append(nil, rfcRequests[2]))
	if d.table.ring != nil || d.scratch != nil {
		t.Error("a ring or scratch without need")
	}
	for range 10000 { // the smallest entries there are
		mustDecode(t, d, unhex("3fe11f 400000 400000"))
	}
	if d.table.n != DefaultTableSize/32 || len(d.table.ring) != 128 {
		t.Errorf("%d entries in a ring of %d", d.table.n, len(d.table.ring))
	}
	token := Field{Name: "authorization", Value: strings.Repeat("0123456789abcdef", 60), Sensitive: true}
	token.Value = token.Value[:900]
	for range 3 {
		wantFields(t, mustDecode(t, d, e.Append(nil, []Field{token})), []Field{token})
	}
	if cap(d.scratch) != largeText || len(d.scratch) != 0 {
		t.Errorf("scratch of %d/%d", len(d.scratch), cap(d.scratch))
	}
	token.Value = strings.Repeat(token.Value, 10)
	wantFields(t, mustDecode(t, d, e.Append(nil, []Field{token})), []Field{token})
	if cap(d.scratch) != largeText {
		t.Errorf("%d octets are kept", cap(d.scratch))
	}
}
