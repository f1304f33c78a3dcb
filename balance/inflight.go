package balance

import "sync/atomic"

// An inflight counts attempts under way, and has another inflight, its parent, count
// them too. The parent may change while attempts begin and end; each is taken from
// the parent that it was added to, so once all have ended every count is 0. The zero
// value is ready and has no parent.
type inflight struct {
	// word is the count above two bits, which say which of parents is the parent. One
	// addition thus changes the count and tells who else is to be told of it.
	word    atomic.Int64
	parents [1 << slotShift]atomic.Pointer[inflight]
}

const (
	slotShift = 2
	slotBits  = 1<<slotShift - 1
)

func (f *inflight) add(n int64) {
	for f != nil {
		slot := f.word.Add(n<<slotShift) & slotBits
		f = f.parents[slot].Load()
	}
}

// count returns the number of attempts under way.
func (f *inflight) count() int { return int(f.word.Load() >> slotShift) }

func (f *inflight) parent() *inflight { return f.parents[f.word.Load()&slotBits].Load() }

// setParent makes to the parent, or takes the parent away when it is nil: what is
// under way moves from the one count to the other. It is not for concurrent use with
// itself. Slots are used in turn, so that an addition that has read the word finds
// its slot as it was.
func (f *inflight) setParent(to *inflight) {
	for {
		word := f.word.Load()
		from := f.parents[word&slotBits].Load()
		if from == to {
			return
		}
		slot := (word + 1) & slotBits
		f.parents[slot].Store(to)
		if f.word.CompareAndSwap(word, word&^slotBits|slot) {
			n := word >> slotShift
			to.add(n)
			from.add(-n)
			return
		}
	}
}

// under reports whether other is the parent, or one of its parents.
func (f *inflight) under(other *inflight) bool {
	for p := f.parent(); p != nil; p = p.parent() {
		if p == other {
			return true
		}
	}
	return false
}
