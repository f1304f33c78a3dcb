package retry

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	th := NewThrottle(10, 0.1)
	for range 4 {
		th.Failed()
	}
	if !th.Allows() {
		t.Error("refused with 6 of 10 tokens")
	}
	th.Failed()
	if th.Allows() {
		t.Error("allowed with 5 of 10 tokens (A6: more than half)")
	}
	th.Succeeded()
	if has, of := th.Tokens(); !th.Allows() || has != 5.1 || of != 10 {
		t.Errorf("%v of %v tokens", has, of)
	}
	for range 1000 {
		th.Failed()
	}
	if has, _ := th.Tokens(); has != 0 {
		t.Errorf("%v tokens, want 0", has)
	}
	for range 1000 {
		th.Succeeded()
	}
	if has, _ := th.Tokens(); has != 10 {
		t.Errorf("%v tokens, want 10", has)
	}
	var none *Throttle
	none.Failed()
	none.Succeeded()
	if !none.Allows() {
		t.Error("no throttle refuses")
	}
}

// Under a storm a budget lets its part through and no more, whatever the rate.
func TestBudget(t *testing.T) {
	for _, c := range []struct {
		name      string
		perSecond int
		least     int // of a minute
		most      int
	}{
		{"many calls", 1000, 5400, 6100},
		{"few calls", 2, 120, 120}, // the floor: all of them
		{"none before", 50, 560, 620},
	} {
		now := time.Unix(0, 0)
		b := NewBudget(0.1, 10, 10*time.Second, now)
		taken := 0
		for range 60 * c.perSecond {
			now = now.Add(time.Second / time.Duration(c.perSecond))
			b.Call()
			if b.Take(now) {
				taken++
			}
		}
		if taken < c.least || taken > c.most {
			t.Errorf("%s: %d retries of %d calls, want %d to %d", c.name, taken, 60*c.perSecond, c.least, c.most)
		}
	}
}

// Calls long ago do not pay for retries now.
func TestBudgetForgets(t *testing.T) {
	now := time.Unix(0, 0)
	b := NewBudget(0.1, 1, 10*time.Second, now)
	for range 100000 {
		b.Call()
	}
	now = now.Add(time.Hour)
	taken := 0
	for b.Take(now) {
		if taken++; taken > 1000 {
			break
		}
	}
	if taken > 30 {
		t.Errorf("%d retries an hour after the calls", taken)
	}
}

func TestLatencies(t *testing.T) {
	var l Latencies
	now := time.Unix(0, 0)
	if _, ok := l.Percentile(0.5, now); ok {
		t.Error("a percentile of nothing")
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		d := 5*time.Millisecond + time.Duration(rnd.IntN(1000))*time.Microsecond
		if rnd.IntN(100) == 0 {
			d = 500 * time.Millisecond
		}
		l.Add(d)
	}
	for _, c := range []struct {
		p           float64
		least, most time.Duration
	}{
		{0.5, 5 * time.Millisecond, 6300 * time.Microsecond},
		{0.98, 5900 * time.Microsecond, 6700 * time.Microsecond},
		{0.999, 480 * time.Millisecond, 550 * time.Millisecond},
	} {
		if d, ok := l.Percentile(c.p, now); !ok || d < c.least || d > c.most {
			t.Errorf("percentile %v is %v, want %v to %v", c.p, d, c.least, c.most)
		}
	}
	// All becomes ten times faster: within some windows that is known.
	for range 12 {
		now = now.Add(window)
		for range 1000 {
			l.Add(500 * time.Microsecond)
		}
		l.Percentile(0.5, now)
	}
	if d, _ := l.Percentile(0.95, now); d > 600*time.Microsecond {
		t.Errorf("percentile 0.95 is still %v", d)
	}
}

func TestSteps(t *testing.T) {
	for d := time.Duration(1); d < 1<<39; d += d/7 + 1 {
		i := stepOf(d)
		if end := endOf(i); end < d || float64(end) > float64(max(d, 8))*1.126 {
			t.Fatalf("%v is in step %d, which ends at %v", d, i, end)
		}
		if i > 0 && endOf(i-1) >= max(d, 8) {
			t.Fatalf("%v is in step %d, and the one before ends at %v", d, i, endOf(i-1))
		}
	}
}
