package hpack

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Blocks that are remembered mean what they meant, whatever comes between: other
// sections, new fields, and changes of the table's size.
func TestSettledSectionsAmongOthers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	enc := NewEncoder()
	dec := NewDecoder(DefaultTableSize)
	remembered := 0
	for i := range 20000 {
		fields := []Field{{Name: ":status", Value: "200"}, {Name: "x", Value: fmt.Sprint(rng.IntN(6))}}
		switch n := rng.IntN(100); {
		case n == 0:
			enc.SetPeerTableSize([]uint32{0, 100, 4096}[rng.IntN(3)])
		case n < 5:
			fields = append(fields, Field{Name: "new", Value: fmt.Sprint(i)})
		case n < 10:
			fields = append(fields, Field{Name: "x", Value: "0", Sensitive: true})
		}
		if enc.settled.find(enc.table.generation, fields) != nil && !enc.pending {
			remembered++
		}
		block := enc.Append(nil, fields)
		got, _, err := dec.Decode(nil, block, Limits{MaxBytes: 1 << 20, MaxFields: 100})
		if err != nil || !slices.Equal(got, fields) {
			t.Fatalf("section %d, %v, comes as %v, %v", i, fields, got, err)
		}
	}
	if remembered < 1000 {
		t.Errorf("%d of 20000 sections were remembered: the test sees nothing", remembered)
	}
}

// Sections that never come again are not worth remembering.
func TestVaryingSectionsAreNotRemembered(t *testing.T) {
	s := new(settled)
	kept := 0
	for i := range 1000 {
		fields := []Field{{Name: "x", Value: fmt.Sprint(i)}}
		if s.find(0, fields) != nil {
			t.Fatal("found what was not kept")
		}
		before := s.next
		s.keep(0, fields, []byte{0x80})
		if s.next != before {
			kept++
		}
	}
	if kept > 100 {
		t.Errorf("%d of 1000 kept", kept)
	}
	again := []Field{{Name: "x", Value: "again"}}
	for range 200 {
		if s.find(0, again) == nil {
			s.keep(0, again, []byte{0x81})
		}
	}
	if b := s.find(0, again); len(b) != 1 || b[0] != 0x81 {
		t.Errorf("a section that comes again and again is not remembered: %x", b)
	}
}
