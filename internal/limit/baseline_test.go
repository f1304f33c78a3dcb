package limit

import (
	"testing"
	"time"
)

func TestBaseline(t *testing.T) {
	const ms = time.Millisecond
	var b Baseline
	learn := func(n int, took time.Duration, inflight int) {
		for range n {
			b.learn(took, inflight)
		}
	}
	is := func(want time.Duration) {
		t.Helper()
		if b.Took() != want {
			t.Fatalf("%v, want %v", b.Took(), want)
		}
	}
	learn(firstGroup-1, 40*ms, 100)
	is(0)
	learn(1, 40*ms, 100)
	is(40 * ms) // better than nothing
	learn(lowGroup, 20*ms, lowConcurrency)
	is(20 * ms)
	learn(lowGroup, 30*ms, lowConcurrency)
	is(25 * ms)
	learn(10*anyGroup, 500*ms, lowConcurrency+1)
	is(25 * ms) // that is what the others cost
	learn(10*anyGroup, 20*ms, lowConcurrency+1)
	is(25 * ms) // chance
	learn(2*anyGroup, 5*ms, lowConcurrency+1)
	is(20 * ms)
}
