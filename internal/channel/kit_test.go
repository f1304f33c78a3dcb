package channel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// A fakeConn is a connection without a socket. It reports its events with its lock
// held, as the contract allows.
type fakeConn struct {
	addr string
	ev   Events

	mu       sync.Mutex
	limit    int
	active   int
	wanted   bool // a reservation was refused: Capacity is owed
	draining bool
	closed   bool
	most     int // active at once
}

func (c *fakeConn) Reserve() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.draining || c.active >= c.limit {
		c.wanted = true
		return false
	}
	c.active++
	c.most = max(c.most, c.active)
	return true
}

func (c *fakeConn) Active() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.active
}

func (c *fakeConn) Close() { c.end(errors.New("closed here")) }

func (c *fakeConn) Drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	c.endIfDoneLocked()
}

// end is the connection's end for whatever reason.
func (c *fakeConn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endLocked(err)
}

func (c *fakeConn) endLocked(err error) {
	if !c.closed {
		c.closed = true
		c.active = 0
		c.ev.Closed(err)
	}
}

func (c *fakeConn) endIfDoneLocked() {
	if c.draining && c.active == 0 {
		c.endLocked(nil)
	}
}

// finish ends a stream.
func (c *fakeConn) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.active--
	c.endIfDoneLocked()
	c.tellLocked()
}

// tellLocked reports capacity as seldom as the contract allows.
func (c *fakeConn) tellLocked() {
	if c.wanted && !c.closed && !c.draining && c.active < c.limit {
		c.wanted = false
		c.ev.Capacity()
	}
}

// raise changes the peer's MAX_CONCURRENT_STREAMS.
func (c *fakeConn) raise(limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = limit
	c.tellLocked()
}

// goAway is the peer's GOAWAY.
func (c *fakeConn) goAway() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed && !c.draining {
		c.draining = true
		c.ev.Draining()
		c.endIfDoneLocked()
	}
}

func (c *fakeConn) state() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return "closed"
	case c.draining:
		return "draining"
	}
	return "open"
}

// A network is where the connections go. Addresses answer at once unless the test
// says otherwise.
type network struct {
	mu     sync.Mutex
	start  time.Time
	limit  int                      // streams a connection
	refuse map[string]error         // addresses that fail
	delay  map[string]time.Duration // and those that take their time; negative never answers
	greet  func(*fakeConn)          // runs before Dial returns
	dials  []dialed
	conns  []*fakeConn
}

type dialed struct {
	addr string
	at   time.Duration
}

func newNetwork() *network {
	return &network{start: time.Now(), limit: 100, refuse: make(map[string]error), delay: make(map[string]time.Duration)}
}

func (n *network) dial(ctx context.Context, _ resolve.Endpoint, addr resolve.Addr, ev Events) (*fakeConn, error) {
	n.mu.Lock()
	n.dials = append(n.dials, dialed{addr.Address, time.Since(n.start)})
	delay := n.delay[addr.Address]
	n.mu.Unlock()
	if delay != 0 {
		answer := time.NewTimer(delay)
		if delay < 0 {
			answer.Stop()
		}
		defer answer.Stop()
		select {
		case <-answer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.refuse[addr.Address]; err != nil {
		return nil, err
	}
	c := &fakeConn{addr: addr.Address, ev: ev, limit: n.limit}
	n.conns = append(n.conns, c)
	if n.greet != nil {
		n.greet(c)
	}
	return c, nil
}

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// set makes addresses fail with err, or answer again.
func (n *network) set(err error, addrs ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range addrs {
		n.refuse[a] = err
	}
}

func (n *network) slow(d time.Duration, addrs ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range addrs {
		n.delay[a] = d
	}
}

// dialsTo returns when an address was dialed.
func (n *network) dialsTo(addr string) []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	var at []time.Duration
	for _, d := range n.dials {
		if d.addr == addr {
			at = append(at, d.at)
		}
	}
	return at
}

// conn returns the nth connection that was made.
func (n *network) conn(i int) *fakeConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conns[i]
}

func (n *network) made() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.conns)
}

// open returns the addresses of connections that are open, in the order of making.
func (n *network) open() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var addrs []string
	for _, c := range n.conns {
		if c.state() == "open" {
			addrs = append(addrs, c.addr)
		}
	}
	return addrs
}

// names is a resolver that pushes what the test says.
type names struct {
	mu      sync.Mutex
	list    []resolve.Endpoint
	err     error
	changed chan struct{}
	watches int
	hints   int
	refused error // what push returned last
}

func newNames(ids ...string) *names {
	return &names{list: endpoints(ids...), changed: make(chan struct{}, 1)}
}

// endpoints makes one endpoint of each address, or of several with + between.
func endpoints(ids ...string) []resolve.Endpoint {
	list := make([]resolve.Endpoint, len(ids))
	for i, id := range ids {
		list[i] = endpointOf(id, id)
	}
	return list
}

func endpointOf(id string, addrs ...string) resolve.Endpoint {
	ep := resolve.Endpoint{ID: id}
	for _, a := range addrs {
		ep.Addrs = append(ep.Addrs, resolve.Addr{Network: "tcp", Address: a})
	}
	return ep
}

func (r *names) set(err error, list ...resolve.Endpoint) {
	r.mu.Lock()
	r.list, r.err = list, err
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

func (r *names) Watch(ctx context.Context, _ resolve.Target, hint <-chan struct{}, push func(resolve.Update) error) error {
	r.mu.Lock()
	r.watches++
	r.mu.Unlock()
	for {
		r.mu.Lock()
		list, err := r.list, r.err
		r.mu.Unlock()
		if err != nil {
			return err
		}
		if list != nil {
			err := push(resolve.Update{Endpoints: list})
			r.mu.Lock()
			r.refused = err
			r.mu.Unlock()
		}
		for waiting := true; waiting; {
			select {
			case <-r.changed:
				waiting = false
			case <-hint:
				r.mu.Lock()
				r.hints++
				r.mu.Unlock()
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// count reads one of the counters.
func (r *names) count(p *int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *p
}

// config is a channel over the fakes, with pick_first.
func config(n *network, r resolve.Resolver) Config[*fakeConn] {
	return Config[*fakeConn]{
		Target:   resolve.Target{Scheme: "test", Endpoint: "svc"},
		Resolver: r,
		Policy:   balance.PickFirst(),
		Dial:     n.dial,
	}
}

// roundRobin changes the policy.
func roundRobin(c Config[*fakeConn]) Config[*fakeConn] {
	c.Policy = balance.RoundRobin()
	return c
}

// call picks, for the shortest of calls.
func call(ch *Channel[*fakeConn]) (addr string, err error) {
	p, err := ch.Pick(context.Background(), &balance.Call{Method: "/s/m"})
	if err != nil {
		return "", err
	}
	defer p.Done(balance.Outcome{})
	p.Conn.finish()
	return p.Conn.addr, nil
}

// mustCall expects the call to go to one of the addresses.
func mustCall(t *testing.T, ch *Channel[*fakeConn], addrs ...string) {
	t.Helper()
	got, err := call(ch)
	for _, a := range addrs {
		if err == nil && got == a {
			return
		}
	}
	t.Fatalf("the call went to %q, %v; want one of %q", got, err, addrs)
}

// kindOf returns the kind of an *Error.
func kindOf(t *testing.T, err error) Kind {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T) is no *Error", err, err)
	}
	return e.Kind
}

// mustState compares the channel's state.
func mustState(t *testing.T, ch *Channel[*fakeConn], want balance.State) {
	t.Helper()
	if got := ch.State(); got != want {
		t.Fatalf("the state is %v, want %v", got, want)
	}
}

// states describes the endpoints: "a:1 READY 1".
func states(ch *Channel[*fakeConn]) []string {
	var out []string
	for _, i := range ch.Endpoints() {
		out = append(out, fmt.Sprintf("%s %v %d", i.ID, i.State, i.Conns))
	}
	return out
}

// background runs Pick in a goroutine.
type background struct {
	done   chan struct{}
	picked Picked[*fakeConn]
	err    error
	at     time.Time
}

func pickIn(ctx context.Context, ch *Channel[*fakeConn], c *balance.Call) *background {
	b := &background{done: make(chan struct{})}
	go func() {
		defer close(b.done)
		b.picked, b.err = ch.Pick(ctx, c)
		b.at = time.Now()
	}()
	return b
}

func (b *background) waiting() bool {
	select {
	case <-b.done:
		return false
	default:
		return true
	}
}

// bubble runs a test in fake time. It fails if a goroutine is left over.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}
