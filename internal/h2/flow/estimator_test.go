package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// The window becomes large enough for the path, soon, and not much larger.
func TestEstimatorFillsPaths(t *testing.T) {
	type line struct {
		name      string
		bandwidth float64
		rtt       time.Duration
		window    int32
	}
	lines := []line{
		{"a city away", 100e6, 10 * ms, 128 << 10},
		{"a country", 125e6, 50 * ms, 128 << 10},
		{"half the world", 10e6, 200 * ms, 128 << 10},
		{"slow and far", 1.25e6, 100 * ms, 128 << 10},
		{"slow and near", 10e6, 1 * ms, 128 << 10},
		{"a data centre", 1.25e9, 100 * time.Microsecond, 128 << 10},
		{"a large one", 1.25e9, 1 * ms, 128 << 10},
		{"one machine", 5e9, 50 * time.Microsecond, 128 << 10},
		{"more than the greatest window", 1.25e9, 100 * ms, 128 << 10},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		rtt := time.Duration(math.Pow(10, 5+3*r.Float64())) // 100 us to 100 ms
		lines = append(lines, line{"at random", math.Pow(10, 6+3*r.Float64()), rtt, 65535 + r.Int32N(200<<10)})
	}
	for _, l := range lines {
		const most = 16 << 20
		p := newPath(l.bandwidth, l.rtt, l.window, most)
		p.run(max(40*l.rtt, 50*ms))
		product := l.bandwidth * max(l.rtt, minDelay).Seconds()
		least := 0.97 * min(1, most/2/product)
		if got := p.throughput(max(50*l.rtt, seconds(400*maxFrame/l.bandwidth))); got < least {
			t.Errorf("%+v: %.2f of the bandwidth with a window of %d, want %.2f", l, got, p.window, least)
		}
		if bound := max(4*float64(l.window), 5.2*product); float64(p.window) > bound {
			t.Errorf("%+v: a window of %d, want at most %.0f", l, p.window, bound)
		}
		if p.pings > 8 {
			t.Errorf("%+v: %d PINGs", l, p.pings)
		}
	}
}

// The example of the documentation.
func TestEstimatorExample(t *testing.T) {
	p := newPath(100e6, 10*ms, 128<<10, 16<<20)
	var got []string
	for p.now < time.Second {
		window, est := p.window, p.est
		p.step()
		if measured := p.now - est.mark; est.since > 0 && measured > 0 && p.est.since == 0 {
			share := float64(est.since) / float64(window) * float64(p.est.delay) / float64(measured)
			got = append(got, fmt.Sprintf("%d %d %.1f %.2f", window>>10, est.since>>10, measured.Seconds()*1e3, share))
		}
	}
	for _, want := range []string{"128 80 10.0 0.62", "256 320 12.6 0.99", "512 640 23.9 0.52", "1024 1280 20.0 0.63", "2048 2560 26.2 0.48", "4096 2032 21.0 0.24"} {
		if !slices.Contains(got, want) {
			t.Errorf("not measured: %s", want)
		}
	}
	if last := got[len(got)-1]; last != "4096 2032 21.0 0.24" || p.window != 4<<20 {
		t.Errorf("it ends with %s and a window of %d", last, p.window)
	}
	if t.Failed() {
		t.Logf("%q", got)
	}
}

// A path that is shorter than the window asks for no larger one.
func TestEstimatorLeavesEnoughAlone(t *testing.T) {
	p := newPath(1e6, 2*ms, 1<<20, 16<<20)
	p.est.delay = 2 * ms // as known from quieter times
	p.run(10 * time.Second)
	if p.window != 1<<20 {
		t.Errorf("a window of %d", p.window)
	}
}

// A slow application does not get an ever larger window.
func TestEstimatorSlowApplication(t *testing.T) {
	p := newPath(100e6, 10*ms, 128<<10, 16<<20)
	p.taste = 1e6
	p.run(60 * time.Second)
	if p.window > 1<<20 {
		t.Errorf("a window of %d", p.window)
	}
	if got := float64(p.received) / 60; got < 0.99e6 {
		t.Errorf("the application gets %.0f bytes a second", got)
	}
}

// When the window is large enough, no PING is sent any more.
func TestEstimatorComesToRest(t *testing.T) {
	p := newPath(100e6, 10*ms, 128<<10, 16<<20)
	p.run(time.Second)
	before := p.pings
	p.run(10 * time.Second)
	if before > 8 || p.pings != before {
		t.Errorf("%d PINGs in the first second, %d in ten more", before, p.pings-before)
	}
	// Nor is one for small messages, but the first, when half a window has come.
	e := Estimator{Max: 16 << 20, Window: 128 << 10}
	for i := range 1000 {
		now := time.Duration(i) * time.Second
		if e.Receive(10<<10, now) {
			if i != 6 {
				t.Fatalf("a PING for message %d", i)
			}
			if window, grew := e.Ack(now+20*ms, 128<<10); grew || window != 128<<10 {
				t.Fatalf("a window of %d", window)
			}
		}
	}
}

// A PING in vain is not followed by another at once.
func TestEstimatorInVain(t *testing.T) {
	e := Estimator{Max: 16 << 20}
	e.Receive(1000, 0)
	e.Ack(10*ms, 64<<10) // 10 ms, and little in it
	var pings []time.Duration
	for now := 30 * ms; now < time.Second; now += ms {
		if !e.Receive(8<<10, now) { // half a window in 4 ms
			continue
		}
		pings = append(pings, now)
		if _, grew := e.Ack(now+500*ms, 64<<10); grew {
			t.Fatal("the window grows though nothing came until the answer")
		}
		now += 500 * ms
	}
	if len(pings) != 2 {
		t.Fatalf("PINGs at %v", pings)
	}
	if gap := pings[1] - pings[0] - 500*ms; gap < probeGap {
		t.Errorf("%v from an answer to the next PING", gap)
	}
}

func TestEstimatorAtMax(t *testing.T) {
	e := Estimator{Max: 256 << 10}
	if !e.Receive(16<<10, 0) {
		t.Fatal("no PING")
	}
	if e.Receive(1<<20, ms) {
		t.Error("a second PING before the answer")
	}
	if window, grew := e.Ack(10*ms, 128<<10); window != 256<<10 || !grew {
		t.Errorf("a window of %d (%v)", window, grew)
	}
	for i := range 100 {
		if e.Receive(1<<20, time.Second*time.Duration(i)) {
			t.Fatal("a PING when the window cannot grow")
		}
	}
}

// The last bit up to Max is taken, however small.
func TestEstimatorReachesMax(t *testing.T) {
	e := Estimator{Max: 1000}
	e.Receive(10000, 0)
	if window, grew := e.Ack(10*ms, 990); window != 1000 || !grew {
		t.Errorf("a window of %d (%v)", window, grew)
	}
}

// An answer that was not asked for, and windows that are larger without our doing.
func TestEstimatorOddities(t *testing.T) {
	e := Estimator{Max: 1 << 20}
	if window, grew := e.Ack(ms, 65535); window != 65535 || grew {
		t.Errorf("an answer without a question: %d (%v)", window, grew)
	}
	e.Receive(100, ms)
	if window, grew := e.Ack(2*ms, 2<<20); window != 2<<20 || grew {
		t.Errorf("a window above Max: %d (%v)", window, grew)
	}
	if e.Receive(1<<30, time.Hour) {
		t.Error("a PING for a window above Max")
	}
	e = Estimator{}
	if e.Receive(1<<20, time.Hour) {
		t.Error("a PING without Max")
	}
	// An answer in no time, to very much.
	e = Estimator{Max: 1<<31 - 1}
	e.Receive(1<<40, 0)
	if window, grew := e.Ack(0, 1<<30); window != 1<<31-1 || !grew {
		t.Errorf("a window of %d (%v)", window, grew)
	}
}

func BenchmarkEstimator(b *testing.B) {
	e := Estimator{Max: 16 << 20}
	now := time.Duration(0)
	for b.Loop() {
		now += 10 * time.Microsecond
		if e.Receive(16<<10, now) {
			e.Ack(now+100*time.Microsecond, 128<<10)
		}
	}
}
