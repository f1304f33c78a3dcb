package hpack

// An entry of a table.
type entry struct{ name, value string }

// entrySize is the size of an entry, §4.1.
func entrySize(name, value int) uint64 { return uint64(name) + uint64(value) + entryOverhead }

// A table is a dynamic table (§2.3.2), a ring. Entries are numbered in the order
// in which they were added: the last has the number added, and the slot of each
// is its number modulo the length of the ring. A table has no memory until the
// first entry comes.
type table struct {
	ring       []entry // its length is a power of two
	added      uint32  // how many were ever added; may wrap around
	n          int     // how many there are
	size, max  uint32
	generation uint64 // changes with every change
}

func (t *table) slot(number uint32) int { return int(number) & (len(t.ring) - 1) }

// at returns entry i, from 1 for the newest to n for the oldest.
func (t *table) at(i int) *entry { return &t.ring[t.slot(t.added-uint32(i-1))] }

// makeRoom evicts what must give way to an entry of size octets, and reports
// whether that fits then: one larger than the table only empties it (§4.4).
func (t *table) makeRoom(size uint64) bool {
	t.generation++
	t.evict(size)
	return size <= uint64(t.max)
}

// put enters an entry for which there is room.
func (t *table) put(e entry) {
	if t.n == len(t.ring) {
		t.grow()
	}
	t.added++
	t.n++
	t.ring[t.slot(t.added)] = e
	t.size += uint32(entrySize(len(e.name), len(e.value)))
}

func (t *table) grow() {
	old := *t
	t.ring = make([]entry, max(8, 2*len(old.ring)))
	for i := range uint32(t.n) {
		number := t.added - i
		t.ring[t.slot(number)] = old.ring[old.slot(number)]
	}
}

// evict makes room for size octets, oldest first.
func (t *table) evict(size uint64) {
	for t.n > 0 && uint64(t.size)+size > uint64(t.max) {
		old := t.at(t.n)
		t.size -= uint32(entrySize(len(old.name), len(old.value)))
		*old = entry{}
		t.n--
	}
}

// resize changes the table's size, §4.3.
func (t *table) resize(size uint32) {
	if size != t.max {
		t.generation++
	}
	t.max = size
	t.evict(0)
}
