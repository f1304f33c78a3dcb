package balance

import (
	"runtime"
	"sync"
	"testing"
)

func TestInflightMovesToANewParent(t *testing.T) {
	var load, a, b, top inflight
	load.add(3)
	load.setParent(&a)
	a.setParent(&top)
	load.add(2)
	if load.count() != 5 || a.count() != 5 || top.count() != 5 {
		t.Errorf("counts %d, %d, %d, want 5 each", load.count(), a.count(), top.count())
	}
	load.setParent(&b)
	load.add(-1)
	if a.count() != 0 || b.count() != 4 || top.count() != 0 {
		t.Errorf("counts %d, %d, %d, want 0, 4, 0", a.count(), b.count(), top.count())
	}
	if load.under(&a) || !load.under(&b) || load.under(&load) || !a.under(&top) {
		t.Error("under is wrong")
	}
	load.setParent(nil)
	load.add(-4)
	if load.count() != 0 || b.count() != 0 {
		t.Errorf("counts %d, %d, want 0", load.count(), b.count())
	}
}

// Whatever happens at the same time, counts are exact in a quiet moment.
func TestInflightIsExact(t *testing.T) {
	loads := make([]Load, 3)
	totals := make([]inflight, 3)
	for round := range 200 {
		var workers sync.WaitGroup
		for i := range 4 {
			workers.Go(func() {
				for n := range 500 {
					l := &loads[(n+i)%len(loads)]
					l.Begin()
					l.End(Outcome{})
				}
				loads[i%len(loads)].Begin()
			})
		}
		for n := range slotBits {
			for i := range loads {
				loads[i].inflight.setParent(&totals[(round+n+i)%len(totals)])
				runtime.Gosched()
			}
		}
		workers.Wait()
		for i := range loads {
			loads[i].inflight.setParent(&totals[i])
		}
		for i := range totals {
			want := (round + 1) * []int{2, 1, 1}[i]
			if totals[i].count() != want || loads[i].Inflight() != want {
				t.Fatalf("%d and %d in flight, want %d", totals[i].count(), loads[i].Inflight(), want)
			}
		}
	}
}
