package peer

import (
	"math"
	"testing"
)

func TestBuckets(t *testing.T) {
	last := -1
	for _, nanos := range []uint64{0, 1, exact - 1, exact, exact + 1, 1000, 12345, 1e6, 1e9, 1e12, math.MaxInt64, math.MaxUint64} {
		i := bucket(nanos)
		if i < last || i >= buckets {
			t.Errorf("bucket(%d) = %d, want %d to %d", nanos, i, last, buckets-1)
		}
		last = i
		if off := math.Abs(middle(i)-float64(nanos)) / math.Max(float64(nanos), 1); off > 0.004 {
			t.Errorf("the middle of bucket(%d) is %g, off by %.2f %%", nanos, middle(i), off*100)
		}
	}
}

func TestPercentile(t *testing.T) {
	m := new(Meter)
	if got := m.percentile(0.5); got != 0 {
		t.Errorf("percentile without round trips = %g, want 0", got)
	}
	for nanos := uint64(1000); nanos <= 1_000_000; nanos += 1000 {
		m.roundTrips[bucket(nanos)].Add(1)
	}
	for share, want := range map[float64]float64{0.5: 500, 0.99: 990, 0.999: 999} {
		if got := m.percentile(share); math.Abs(got-want) > 0.01*want {
			t.Errorf("percentile(%g) = %g µs, want %g", share, got, want)
		}
	}
}
