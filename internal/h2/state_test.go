package h2

import "testing"

// TestStates goes through RFC 9113 §5.1, figure 2, as far as it is of streams
// that exist.
func TestStates(t *testing.T) {
	for _, c := range []struct {
		st                  state
		endLocal, endRemote state
		maySend, mayReceive bool
	}{
		{open, halfClosedLocal, halfClosedRemote, true, true},
		{halfClosedLocal, halfClosedLocal, closed, false, true},
		{halfClosedRemote, closed, halfClosedRemote, true, false},
		{closed, closed, closed, false, false},
	} {
		if got := c.st.endLocal(); got != c.endLocal {
			t.Errorf("%d after our end: %d, not %d", c.st, got, c.endLocal)
		}
		if got := c.st.endRemote(); got != c.endRemote {
			t.Errorf("%d after the peer's end: %d, not %d", c.st, got, c.endRemote)
		}
		if got := c.st.maySend(); got != c.maySend {
			t.Errorf("%d: may send: %v", c.st, got)
		}
		if got := c.st.mayReceive(); got != c.mayReceive {
			t.Errorf("%d: may receive: %v", c.st, got)
		}
	}
}

func TestIDRingRemembersTheLast(t *testing.T) {
	var r idRing
	for i := range uint32(3 * ringSize) {
		r.add(2*i + 1)
		for j := range uint32(3*ringSize + 1) {
			want := j <= i && i-j < ringSize
			if got := r.has(2*j + 1); got != want {
				t.Fatalf("after %d: has %d: %v", i, j, got)
			}
		}
		if r.has(2 * i) {
			t.Fatal("has what was never added")
		}
	}
}

func TestLateRingRemembersTheLast(t *testing.T) {
	var r lateRing
	for i := range uint32(2 * lateSize) {
		r.add(lateStream{2*i + 1, int64(i)})
		r.add(lateStream{2*i + 1, int64(i) + 1}) // of one stream, what was said last
		for j := i - min(i, lateSize+1); j <= i+1; j++ {
			l := r.find(2*j + 1)
			if want := j <= i && i-j < lateSize; (l != nil) != want || want && l.rest != int64(j)+1 {
				t.Fatalf("after %d: for %d there is %v", i, j, l)
			}
		}
	}
}
