package signal

import "testing"

func TestRaiseBeforeAndAfter(t *testing.T) {
	s := Get()
	s.Raise()
	s.Raise()
	if !s.Wait(nil) {
		t.Fatal("not woken")
	}
	done := make(chan struct{})
	close(done)
	if s.Wait(done) {
		t.Fatal("a second raise was kept")
	}
	go s.Raise()
	if !s.Wait(make(chan struct{})) {
		t.Fatal("not woken")
	}
}

func TestFreedSignalsAreQuiet(t *testing.T) {
	done := make(chan struct{})
	close(done)
	for range 100 {
		s := Get()
		s.Raise()
		s.Free()
		if Get().Wait(done) {
			t.Fatal("a lent signal was raised already")
		}
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	n := testing.AllocsPerRun(1000, func() {
		s := Get()
		s.Raise()
		s.Wait(nil)
		s.Free()
	})
	// Storing a channel in the pool boxes nothing: a channel is a pointer.
	if n > 0.1 {
		t.Errorf("%v allocations a wait", n)
	}
}
