// Package channel keeps the connections of one client: it watches the resolver,
// plans with the policy, dials, replaces what is lost or going away, and gives
// each attempt at a call a connection with a stream slot.
//
// All control runs in one sequence (executor.go) that exists only while there is
// something to do; its methods end in OnLoop. Calls never enter it: they read the
// table that it publishes.
package channel

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/backoff"
	"github.com/curlew-rpc/curlew/resolve"
)

// Conn is what a channel needs of a connection.
type Conn interface {
	comparable

	// Reserve takes one of the stream slots that the peer's MAX_CONCURRENT_STREAMS
	// allows; false when there is none, and always once the connection drains or
	// is closed. The connection takes the slot back by itself when the stream ends.
	Reserve() bool

	// Active returns the number of slots taken.
	Active() int

	// Close closes at once: its streams fail. When it returns the connection's
	// goroutines have ended.
	Close()

	// Drain forbids new reservations and closes when the last slot taken is given
	// back, at once if there is none. It does not wait for that, and does nothing
	// more when the connection drains already or is closed.
	Drain()
}

// Events are what a connection tells its owner. The functions do not block and may
// be called from any goroutine, with any lock held, also before Dial has returned.
type Events struct {
	// Capacity says that Reserve, refused before, may succeed now: a slot became
	// free or the peer's limit rose. Once after a refusal is enough.
	Capacity func()

	// Draining says that the connection takes no new streams and lets those it has
	// come to an end: GOAWAY was received or the stream ids are used up.
	Draining func()

	// Silent tells that the peer does not answer, or that it does again.
	Silent func(bool)

	// Closed is the last event: the connection is gone, err says why.
	Closed func(err error)
}

// Config has what a channel is made of. Target, Resolver, Dial, and Policy or Settings,
// are required.
type Config[C Conn] struct {
	Target   resolve.Target
	Resolver resolve.Resolver
	Policy   balance.Policy

	// Dial makes a connection and returns when it can take calls, that is when the
	// peer's SETTINGS have arrived. It returns soon after ctx has ended.
	Dial func(ctx context.Context, ep resolve.Endpoint, addr resolve.Addr, ev Events) (C, error)

	// Settings returns what an update's service config says, which is empty if the
	// resolver brought none. With an error the settings returned are those to go on
	// with; nil has the update refused. A resolver that was left may still be at a
	// call of it when the next one makes another. A nil Settings leaves Policy and
	// MaxConnsPerEndpoint in force.
	Settings func(serviceConfig string) (*Settings, error)

	// Health asks over conn whether a service serves, and reports every change, until
	// ctx ends or the stream breaks. errors.ErrUnsupported says that the endpoint has
	// no health service, ErrNotAsked that nothing was learnt. nil: health is not watched.
	Health func(ctx context.Context, conn C, service string, report func(serving bool)) error

	// Reports asks over conn for load reports, in the same way. nil: it does not.
	Reports func(ctx context.Context, conn C, every time.Duration, report func(*balance.Report)) error

	// Backoff is between attempts to connect, and between look-ups that fail. The
	// zero value means backoff.Default.
	Backoff backoff.Policy

	// ConnectTimeout bounds the attempt at one address. 0 means 20 seconds.
	ConnectTimeout time.Duration

	// MaxConnsPerEndpoint is how many connections an endpoint may get when all it
	// has are full. 0 means 1.
	MaxConnsPerEndpoint int

	// IdleTimeout is how long the channel stays connected without calls.
	// 0 means 30 minutes; negative, for ever.
	IdleTimeout time.Duration

	// Logger gets the comings and goings of connections. nil discards them.
	Logger *slog.Logger
}

const (
	defaultConnectTimeout = 20 * time.Second
	defaultIdleTimeout    = 30 * time.Minute
)

// A Channel is the client's end of a service. All methods are safe for concurrent use.
type Channel[C Conn] struct {
	cfg     Config[C]
	given   *Settings // without a Config.Settings
	table   atomic.Pointer[table[C]]
	waiting atomic.Int64 // calls in the slow path, and calls of Ready
	// resolved: the resolver has named endpoints once.
	resolved atomic.Bool
	exec     executor
	control[C]
}

// New returns a channel. It does no I/O; the first Pick or Connect starts it.
func New[C Conn](cfg Config[C]) *Channel[C] {
	if cfg.Backoff == (backoff.Policy{}) {
		cfg.Backoff = backoff.Default()
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = defaultConnectTimeout
	}
	if cfg.MaxConnsPerEndpoint == 0 {
		cfg.MaxConnsPerEndpoint = 1
	}
	if cfg.IdleTimeout == 0 {
		cfg.IdleTimeout = defaultIdleTimeout
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	ch := &Channel[C]{cfg: cfg}
	ch.given = &Settings{Policy: cfg.Policy, MaxConnsPerEndpoint: cfg.MaxConnsPerEndpoint}
	ch.settings = ch.given
	ch.control.byID = make(map[string]*endpoint[C])
	ch.exec.settle = ch.settleOnLoop
	ch.alarm = func() { ch.exec.post(func() { ch.dirty = true }) }
	ch.table.Store(newTable[C](balance.Idle, balance.Always(balance.Pick{Verdict: balance.Queue})))
	return ch
}

// A table is what calls see of the channel. It never changes, but for next being
// closed when another takes its place.
type table[C Conn] struct {
	picker balance.Picker
	slots  []*endpoint[C] // by the low half of a Ref
	state  balance.State
	err    error         // why calls fail, when state is TransientFailure
	failed *Error        // the same as calls return it, made once
	asked  bool          // it was made knowing that calls wait
	next   chan struct{} // closed when another table is in force
}

func newTable[C Conn](state balance.State, picker balance.Picker) *table[C] {
	return &table[C]{state: state, picker: picker, next: make(chan struct{})}
}

// endpoint returns the endpoint that ref names, nil when it is gone.
func (t *table[C]) endpoint(ref balance.Ref) *endpoint[C] {
	slot := uint64(ref) & slotMask
	if slot >= uint64(len(t.slots)) {
		return nil
	}
	if ep := t.slots[slot]; ep != nil && ep.ref == ref {
		return ep
	}
	return nil
}

// publish puts t in force and wakes who waits for it.
func (ch *Channel[C]) publish(t *table[C]) {
	close(ch.table.Swap(t).next)
}
