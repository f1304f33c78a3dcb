package signal

import (
	"testing"
	"testing/synctest"
)

func TestRaiseBeforeAndAfter(t *testing.T) {
	s := New()
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

// Sleeping on a signal counts as being at rest, also in bubble after bubble.
func TestInBubbles(t *testing.T) {
	for range 3 {
		synctest.Test(t, func(t *testing.T) {
			s, woken := New(), false
			go func() { woken = s.Wait(make(chan struct{})) }()
			synctest.Wait()
			s.Raise()
			synctest.Wait()
			if !woken {
				t.Error("not woken")
			}
		})
	}
}
