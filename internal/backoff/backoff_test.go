package backoff

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// always returns a source of randomness that gives x.
func always(x float64) func() float64 { return func() float64 { return x } }

const almostOne = 1 - 1.0/(1<<53)

func TestDefaultDelays(t *testing.T) {
	p := Default()
	tests := []struct {
		attempt           int
		least, mid, below time.Duration
	}{
		// The first retry comes anywhere within the first second.
		{1, 0, 500 * time.Millisecond, time.Second},
		{0, 0, 500 * time.Millisecond, time.Second},
		{-7, 0, 500 * time.Millisecond, time.Second},
		{2, 800 * time.Millisecond, 1150 * time.Millisecond, 1500 * time.Millisecond},
		{3, 1703520 * time.Microsecond, 2433600 * time.Microsecond, 3163680 * time.Microsecond},
		{4, 2657491200, 3796416 * time.Microsecond, 4935340800},
		{12, 84 * time.Second, 120 * time.Second, 156 * time.Second}, // 1.56^11 is 133
		{math.MaxInt, 84 * time.Second, 120 * time.Second, 156 * time.Second},
	}
	for _, test := range tests {
		for rnd, want := range map[float64]time.Duration{0: test.least, 0.5: test.mid, almostOne: test.below} {
			got := p.Delay(test.attempt, always(rnd))
			if (got - want).Abs() > time.Microsecond {
				t.Errorf("Delay(%d) with %v = %v, want %v", test.attempt, rnd, got, want)
			}
		}
	}
}

func TestRetryVariesByJitterFromTheFirst(t *testing.T) {
	p := Policy{Base: 100 * time.Millisecond, Max: time.Second, Multiplier: 2, Jitter: 0.2}
	for attempt, want := range map[int]time.Duration{
		-1: 100 * time.Millisecond, 0: 100 * time.Millisecond, 1: 100 * time.Millisecond, 2: 200 * time.Millisecond,
		4: 800 * time.Millisecond, 5: time.Second, 100000: time.Second,
	} {
		for rnd, factor := range map[float64]float64{0: 0.8, 0.5: 1, 0.75: 1.1, almostOne: 1.2} {
			got := p.Retry(attempt, always(rnd))
			if want := time.Duration(factor * float64(want)); (got - want).Abs() > time.Microsecond {
				t.Errorf("Retry(%d) with %v = %v, want %v", attempt, rnd, got, want)
			}
		}
	}
}

// Clients that lose the same server at the same moment spread over the whole first
// second, not over a part of it.
func TestFirstDelaysSpread(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	const clients, slots = 5000, 10
	var count [slots]int
	for range clients {
		d := Default().Delay(1, rnd.Float64)
		if d < 0 || d >= time.Second {
			t.Fatalf("Delay = %v", d)
		}
		count[d*slots/time.Second]++
	}
	for i, n := range count {
		if n < clients/slots*3/4 || n > clients/slots*5/4 {
			t.Errorf("%d of %d come back in tenth %d of the second", n, clients, i)
		}
	}
}

// No policy makes a negative delay or one that overflows.
func TestOddPolicies(t *testing.T) {
	second := Policy{Base: time.Second, Max: time.Hour, Multiplier: 2, Jitter: 0.2}
	with := func(change func(*Policy)) Policy {
		p := second
		change(&p)
		return p
	}
	tests := map[string]struct {
		p    Policy
		want time.Duration // before retry 3, with a random number that means no jitter
	}{
		"zero":                {Policy{}, 0},
		"no base":             {with(func(p *Policy) { p.Base = 0 }), 0},
		"negative base":       {with(func(p *Policy) { p.Base = -1 }), 0},
		"negative max":        {with(func(p *Policy) { p.Max = -1 }), 0},
		"max below base":      {with(func(p *Policy) { p.Max = time.Millisecond }), time.Millisecond},
		"shrinking":           {with(func(p *Policy) { p.Multiplier = 0.5 }), time.Second},
		"negative multiplier": {with(func(p *Policy) { p.Multiplier = -3 }), time.Second},
		"infinite multiplier": {with(func(p *Policy) { p.Multiplier = math.Inf(1) }), time.Hour},
		"jitter above 1":      {with(func(p *Policy) { p.Jitter = 7 }), 4 * time.Second},
		"negative jitter":     {with(func(p *Policy) { p.Jitter = -7 }), 4 * time.Second},
		"longest":             {Policy{math.MaxInt64, math.MaxInt64, 2, 0.2}, math.MaxInt64},
		"not numbers":         {with(func(p *Policy) { p.Multiplier = math.NaN() }), 0},
		"jitter no number":    {with(func(p *Policy) { p.Jitter = math.NaN() }), 0},
	}
	for name, test := range tests {
		if got := test.p.Delay(3, always(0.5)); got != test.want {
			t.Errorf("%s: Delay(3) = %v, want %v", name, got, test.want)
		}
		for _, attempt := range []int{math.MinInt, 0, 1, 2, 1000, math.MaxInt} {
			for _, rnd := range []float64{0, 0.5, almostOne} {
				if got := min(test.p.Delay(attempt, always(rnd)), test.p.Retry(attempt, always(rnd))); got < 0 {
					t.Errorf("%s: delay before retry %d is %d", name, attempt, got)
				}
			}
		}
	}
}

func BenchmarkDelay(b *testing.B) {
	p, half := Default(), always(0.5)
	b.ReportAllocs()
	for b.Loop() {
		if p.Delay(5, half) == 0 {
			b.Fatal("no delay")
		}
	}
}
