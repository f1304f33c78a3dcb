package hpack

import "slices"

// Most connections send the same few sections again and again, and once their
// fields are all in the tables, a section's block stays the same for as long as the
// table does. The last such blocks are remembered: comparing fields, which mostly
// are the very same strings, costs less than finding each in the tables.
type settled struct {
	blocks [4]settledBlock
	next   int  // to be replaced
	misses uint // since the last section that was remembered
}

type settledBlock struct {
	generation uint64
	fields     []Field
	block      []byte
}

// maxSettled is how many fields a remembered section may have.
const maxSettled = 16

// find returns the block of fields, or nil.
func (s *settled) find(generation uint64, fields []Field) []byte {
	if s == nil || s.vain() {
		return nil
	}
	for i := range s.blocks {
		b := &s.blocks[i]
		if b.generation == generation && slices.Equal(b.fields, fields) {
			s.misses = 0
			return b.block
		}
	}
	return nil
}

// vain reports that sections vary too much to be remembered, but for a try now and
// then.
func (s *settled) vain() bool { return s.misses > 16 && s.misses%64 >= 4 }

// keep remembers a block, which has nothing but indexed fields.
func (s *settled) keep(generation uint64, fields []Field, block []byte) {
	s.misses++
	if s.vain() {
		return
	}
	b := &s.blocks[s.next]
	s.next = (s.next + 1) % len(s.blocks)
	b.generation = generation
	b.fields = append(b.fields[:0], fields...)
	b.block = append(b.block[:0], block...)
}
