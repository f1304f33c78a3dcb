package hpack

// A table is a dynamic table (§2.3.2): a ring of entries, the newest with index 1.
// It has no memory until the first entry comes.
type table struct {
	ring       []Field
	first      int // where the oldest is
	n          int
	size, max  uint32
	generation uint64 // changes with every change
}

// at returns entry i, from 1 for the newest to n for the oldest.
func (t *table) at(i int) *Field {
	return &t.ring[(t.first+t.n-i)&(len(t.ring)-1)]
}

// add enters f, evicting what must give way. What is larger than the whole table
// empties it (§4.4).
func (t *table) add(f Field) {
	t.generation++
	size := f.Size()
	t.evict(size)
	if size > t.max {
		return
	}
	if t.n == len(t.ring) {
		t.grow()
	}
	t.ring[(t.first+t.n)&(len(t.ring)-1)] = f
	t.n++
	t.size += size
}

func (t *table) grow() {
	ring := make([]Field, max(8, 2*len(t.ring)))
	for i := range t.n {
		ring[i] = t.ring[(t.first+i)&(len(t.ring)-1)]
	}
	t.ring, t.first = ring, 0
}

// evict makes room for size octets, oldest first.
func (t *table) evict(size uint32) {
	for t.n > 0 && uint64(t.size)+uint64(size) > uint64(t.max) {
		old := &t.ring[t.first]
		t.size -= old.Size()
		*old = Field{}
		t.first = (t.first + 1) & (len(t.ring) - 1)
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
