package curlew

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/limit"
)

// A Priority says which calls go first where not all can be taken on.
type Priority int

const (
	// LowPriority calls may use half of the limit: background work, prefetching.
	LowPriority Priority = -1
	// NormalPriority calls may use nine tenths of it.
	NormalPriority Priority = 0
	// HighPriority calls may use all of it: people are waiting.
	HighPriority Priority = 1
)

// An AdaptiveConfig changes what AdaptiveLimit does. Zero fields are the defaults.
type AdaptiveConfig struct {
	// Initial, Min and Max are how many calls are handled at once: to begin with, 64;
	// at least, 4; and at most, 1000.
	Initial, Min, Max int
	// Tolerance is how many times as long as on an idle server calls may take. The
	// default is 1.25.
	Tolerance float64
	// Priority returns the priority of a call, by its header or peer for instance. It
	// is called concurrently, before interceptors. Nil: all are equal, and may use the
	// whole limit.
	Priority func(*Call) Priority
}

// AdaptiveLimit finds by itself how many calls a server can handle at once, so that
// one with too much to do goes on doing as much as it can, in good time, instead of
// all of it late. It compares how long the calls of each method take with how long
// they take when the server has little to do: where all of them wait, the limit
// falls; where they do not and the limit is used, it rises. A server that has to
// refuse calls lets in no more than three at once for a moment each minute, to learn
// anew how long they take.
//
// Calls above the limit are refused with Unavailable, those of low priority first;
// they may be retried, at another server or here after about a tenth of a second. A
// call that has less time left than it would take on an idle server is refused with
// DeadlineExceeded, except for one in twenty, in case that is wrong.
//
// Only unary calls are counted and limited: how long a stream takes says nothing.
func AdaptiveLimit(cfg AdaptiveConfig) Limiter {
	set := func(v *int, otherwise int) {
		if *v == 0 {
			*v = otherwise
		}
	}
	set(&cfg.Min, 4)
	set(&cfg.Max, max(1000, cfg.Min))
	set(&cfg.Initial, min(max(64, cfg.Min), cfg.Max))
	if cfg.Tolerance == 0 {
		cfg.Tolerance = 1.25
	}
	if cfg.Min < 1 || cfg.Initial < cfg.Min || cfg.Max < cfg.Initial || !(cfg.Tolerance >= 1) {
		return badLimitf("AdaptiveLimit(%d, %d, %d, %v): there must be 1 <= Min <= Initial <= Max, and a Tolerance of at least 1",
			cfg.Initial, cfg.Min, cfg.Max, cfg.Tolerance)
	}
	l := &adaptiveLimit{priority: cfg.Priority, began: time.Now(), busy: newBusy("the server has more to do than it can")}
	l.gradient = limit.NewGradient(limit.GradientConfig{
		Initial: cfg.Initial, Min: cfg.Min, Max: cfg.Max, Tolerance: cfg.Tolerance, Rand: rand.Float64,
	})
	l.tickets.New = func() any {
		t := &ticket{l: l}
		t.release = t.done
		return t
	}
	return l
}

type adaptiveLimit struct {
	priority func(*Call) Priority
	began    time.Time
	gate     gate
	busy     busy
	hopeless atomic.Int64 // calls that have too little time left
	methods  sync.Map     // of *methodLoad by *Method
	tickets  sync.Pool

	mu       sync.Mutex
	gradient *limit.Gradient // what may not be used concurrently, under mu
}

// A methodLoad is what is known of a method's calls.
type methodLoad struct {
	base limit.Baseline // under the limit's mutex
	took atomic.Int64   // what it says
}

// A ticket is for one call that was let in. Only the server's own code holds it, so
// that it can be used again.
type ticket struct {
	l        *adaptiveLimit
	method   *methodLoad
	inflight int
	release  func(Outcome) // done
}

var errHopeless = Errorf(DeadlineExceeded, "less time is left than the call would take")

// Acquire implements [Limiter].
func (l *adaptiveLimit) Acquire(ctx context.Context, call *Call) (func(Outcome), error) {
	if call.Method().Kind != KindUnary {
		return nil, nil
	}
	m := l.method(call.Method())
	if end, ok := ctx.Deadline(); ok {
		if took := m.took.Load(); took > 0 && int64(time.Until(end)) < took && l.hopeless.Add(1)%20 != 0 {
			return nil, errHopeless
		}
	}
	inflight, ok := l.gate.enter(l.allowed(call))
	if !ok {
		l.gradient.Refuse()
		return nil, l.busy.error()
	}
	t := l.tickets.Get().(*ticket)
	t.method, t.inflight = m, inflight
	return t.release, nil
}

// allowed returns how many calls there may be with this one.
func (l *adaptiveLimit) allowed(call *Call) int {
	n := l.gradient.Limit()
	if l.priority == nil {
		return n
	}
	switch p := l.priority(call); {
	case p < NormalPriority:
		n = n / 2
	case p == NormalPriority:
		n = n * 9 / 10
	}
	return max(n, 1)
}

func (l *adaptiveLimit) method(m *Method) *methodLoad {
	if load, ok := l.methods.Load(m); ok {
		return load.(*methodLoad)
	}
	load, _ := l.methods.LoadOrStore(m, new(methodLoad))
	return load.(*methodLoad)
}

// done is called when the call is over.
func (t *ticket) done(out Outcome) {
	l, m, inflight := t.l, t.method, t.inflight
	l.gate.leave()
	l.tickets.Put(t)
	// A call that failed at once says nothing of how busy the server is.
	if out.Refused || out.Err != nil && CodeOf(out.Err) != DeadlineExceeded {
		return
	}
	if !l.mu.TryLock() { // where many calls end at once, some need not be looked at
		return
	}
	l.gradient.Done(time.Since(l.began), &m.base, out.Took, inflight)
	m.took.Store(int64(m.base.Took()))
	l.mu.Unlock()
}
