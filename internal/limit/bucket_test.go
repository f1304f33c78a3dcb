package limit

import (
	"testing"
	"time"
)

func TestBucket(t *testing.T) {
	b := NewBucket(10, 3)
	for i, step := range []struct {
		at   time.Duration
		ok   bool
		wait time.Duration
	}{
		{time.Hour, true, 0},
		{time.Hour, true, 0},
		{time.Hour, true, 0},
		{time.Hour, false, 100 * time.Millisecond},
		{time.Hour + 40*time.Millisecond, false, 60 * time.Millisecond},
		{time.Hour + 100*time.Millisecond, true, 0},
		{time.Hour + 100*time.Millisecond, false, 100 * time.Millisecond},
		{time.Hour + 300*time.Millisecond, true, 0},
		{time.Hour + 300*time.Millisecond, true, 0},
		{time.Hour + 300*time.Millisecond, false, 100 * time.Millisecond},
		// What is not taken is kept up to the burst.
		{3 * time.Hour, true, 0},
		{3 * time.Hour, true, 0},
		{3 * time.Hour, true, 0},
		{3 * time.Hour, false, 100 * time.Millisecond},
	} {
		if wait, ok := b.Take(step.at); ok != step.ok || wait != step.wait {
			t.Fatalf("step %d: %v, %v, want %v, %v", i, wait, ok, step.wait, step.ok)
		}
	}
}

// Over time a bucket gives what its rate says, whoever asks how often.
func TestBucketRate(t *testing.T) {
	for _, rate := range []float64{0.5, 7, 333, 100_000} {
		b := NewBucket(rate, 1)
		taken := 0
		step := time.Duration(float64(time.Second) / rate / 97)
		for now := time.Duration(0); now < 1000*97*step; now += step {
			if _, ok := b.Take(now); ok {
				taken++
			}
		}
		if taken < 980 || taken > 1001 {
			t.Errorf("%d tokens in the time of 1000 at %v a second", taken, rate)
		}
	}
}
