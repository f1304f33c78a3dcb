package hpack

import "math/bits"

// An index finds the entries of an encoder's table by name, and by name and value.
// For every slot of the table's ring it has a place for either hash, with the
// newest entry, and every entry has a link to the one before it in its place. A
// chain ends where an entry is not in the table any more, so that nothing needs
// to be done when entries are evicted.
//
// Hashes only say where to look. Should all be equal, or the numbers of entries
// wrap around, it takes longer to find out the same.
type index struct {
	names  []uint32 // number of the newest entry, by hash of the name
	fields []uint32 // likewise, of name and value
	links  []link   // by slot of the table
	missed []uint16 // see missedBefore
}

// A link has the numbers of the entries before in both chains.
type link struct {
	name, field uint32
	found       bool // the entry has been of use since it was entered
}

// An iterator goes along a chain. As entries must become older from step to
// step, that ends.
type iterator struct {
	t      *table
	number uint32
	older  uint32 // than so many
}

func (it *iterator) live() bool {
	age := it.t.added - it.number
	if age >= uint32(it.t.n) || age < it.older {
		return false
	}
	it.older = age + 1
	return true
}

// hash takes eight octets at a time; every value goes through it once a block.
func hash(s string) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93 // any that are odd and have no pattern
	h := uint64(len(s)) ^ k1
	for ; len(s) > 16; s = s[16:] {
		h = mix(load(s)^k0, load(s[8:])^h)
	}
	if len(s) >= 8 {
		return mix(load(s)^k0, load(s[len(s)-8:])^h)
	}
	var last uint64
	for i := range len(s) {
		last = last<<8 | uint64(s[i])
	}
	return mix(last^k0, h)
}

func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// hashField is the hash of a name and value. Of the name its length will do, where
// the value does not tell fields apart.
func hashField(name, value string) uint64 { return hash(value) + uint64(len(name))*(1<<58+1) }

// findField returns the number of the entry with a name and value, whose hash is h.
func (x *index) findField(t *table, name, value string, h uint64) (number uint32, ok bool) {
	if t.n == 0 {
		return 0, false
	}
	it := iterator{t: t, number: x.fields[t.slot(uint32(h))]}
	for ; it.live(); it.number = x.links[t.slot(it.number)].field {
		if e := &t.ring[t.slot(it.number)]; e.value == value && e.name == name {
			return it.number, true
		}
	}
	return 0, false
}

// findName returns the number of the newest entry with a name.
func (x *index) findName(t *table, name string) (number uint32, ok bool) {
	if t.n == 0 {
		return 0, false
	}
	it := iterator{t: t, number: x.names[t.slot(uint32(hash(name)))]}
	for ; it.live(); it.number = x.links[t.slot(it.number)].name {
		if t.ring[t.slot(it.number)].name == name {
			return it.number, true
		}
	}
	return 0, false
}

// add takes in the newest entry of t.
func (x *index) add(t *table) {
	if len(x.links) != len(t.ring) {
		x.grow(t)
	}
	x.enter(t, t.added)
}

func (x *index) enter(t *table, number uint32) {
	slot := t.slot(number)
	e := &t.ring[slot]
	name, field := t.slot(uint32(hash(e.name))), t.slot(uint32(hashField(e.name, e.value)))
	x.links[slot] = link{name: x.names[name], field: x.fields[field]}
	x.names[name], x.fields[field] = number, number
}

// grow makes the index as large as t, and enters what was in it.
func (x *index) grow(t *table) {
	old := x.links
	n := len(t.ring)
	x.names, x.fields, x.links = make([]uint32, n), make([]uint32, n), make([]link, n)
	for number := t.added - uint32(t.n) + 1; number != t.added; number++ {
		x.enter(t, number)
		x.links[t.slot(number)].found = old[int(number)&(len(old)-1)].found
	}
}

// missedBefore reports whether a field with the hash h was asked for a while ago;
// it forgets what many others were asked for after.
func (x *index) missedBefore(h uint64) bool {
	if x.missed == nil {
		x.missed = make([]uint16, 64)
	}
	mark := &x.missed[h>>58]
	before := *mark
	*mark = uint16(h>>32) | 1 // 0 is for none
	return *mark == before
}
