package curlew_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/resolve"
)

// A faultWorld is some servers, their names, a client, and what was seen of them. All
// that is random about it is drawn before anything runs.
type faultWorld struct {
	t     *testing.T
	rnd   *rand.Rand
	nodes []*faultNode
	names *faultNames
	watch *faultPolicy
	rules faultRules
	calls faultLog
}

func newFaultWorld(t *testing.T, rnd *rand.Rand) *faultWorld {
	w := &faultWorld{t: t, rnd: rnd, names: newFaultNames()}
	streams := 1 + rnd.IntN(40)
	for i := range 1 + rnd.IntN(4) {
		n := &faultNode{w: w, number: i, addr: string(rune('a'+i)) + ":1", streams: streams}
		n.start()
		w.nodes = append(w.nodes, n)
	}
	w.names.push(w.some())
	return w
}

func (w *faultWorld) dial() *curlew.Client {
	w.rules, w.watch = w.options()
	opts := append(w.rules.options,
		curlew.WithResolver(w.names),
		curlew.WithBalancer(w.watch),
		curlew.WithDialer(w.connect),
		curlew.WithConnectTimeout(2*time.Second),
		curlew.WithMaxConnectionsPerEndpoint(1+w.rnd.IntN(3)))
	c, err := curlew.NewClient("static:///unused:1", opts...)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// connect is the client's dialer.
func (w *faultWorld) connect(ctx context.Context, network, address string) (net.Conn, error) {
	for _, n := range w.nodes {
		if n.addr == address {
			return n.connect(ctx, network)
		}
	}
	return nil, syscall.EHOSTUNREACH
}

func (w *faultWorld) close() {
	for _, n := range w.nodes {
		n.kill()
		n.lives.Wait()
	}
}

// A faultNode is a server that comes and goes.
type faultNode struct {
	w       *faultWorld
	number  int
	addr    string
	streams int
	lives   sync.WaitGroup

	mu       sync.Mutex
	srv      *curlew.Server // nil: down
	listener *curlewtest.Listener
	mute     chan struct{} // not nil: the network to it is silent; closed when it is not any more
	conns    []*faultConn
	code     curlew.Code
	delay    time.Duration
}

// start starts the server unless it runs.
func (n *faultNode) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.srv != nil {
		return
	}
	srv, l := curlew.NewServer(curlew.WithMaxStreams(n.streams)), curlewtest.Listen(0)
	srv.Register(n.service())
	n.srv, n.listener = srv, l
	n.lives.Go(func() {
		if err := srv.Serve(l); !errors.Is(err, curlew.ErrServerClosed) {
			n.w.t.Errorf("a server ends with %v", err)
		}
	})
}

// down takes the server out of the world, and returns it: nil if there is none. It is
// the server that closes the listener.
func (n *faultNode) down() *curlew.Server {
	n.mu.Lock()
	defer n.mu.Unlock()
	srv := n.srv
	n.srv, n.listener = nil, nil
	return srv
}

func (n *faultNode) kill() {
	if srv := n.down(); srv != nil {
		srv.Close()
		n.cut()
	}
}

func (n *faultNode) shutdown(grace time.Duration) {
	srv := n.down()
	if srv == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if srv.Shutdown(ctx) != nil {
		srv.Close()
	}
}

// silence has nothing of what is sent arrive, either way, without an error.
func (n *faultNode) silence() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.mute == nil {
		n.mute = make(chan struct{})
	}
	for _, c := range n.conns {
		c.silent.Store(true)
	}
}

// speak ends the silence. Connections that have lost something end.
func (n *faultNode) speak() {
	n.mu.Lock()
	if n.mute != nil {
		close(n.mute)
		n.mute = nil
	}
	var lossy []*faultConn
	for _, c := range n.conns {
		if c.silent.Load() {
			lossy = append(lossy, c)
		}
	}
	n.mu.Unlock()
	for _, c := range lossy {
		c.Close()
	}
}

// cut breaks all connections.
func (n *faultNode) cut() {
	n.mu.Lock()
	conns := n.conns
	n.conns = nil
	n.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

// behave has calls take a time and fail with a code.
func (n *faultNode) behave(code curlew.Code, delay time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.code, n.delay = code, delay
}

func (n *faultNode) behaviour() (curlew.Code, time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.code, n.delay
}

func (n *faultNode) connect(ctx context.Context, network string) (net.Conn, error) {
	n.mu.Lock()
	mute, l := n.mute, n.listener
	n.mu.Unlock()
	if mute != nil {
		select {
		case <-mute:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		n.mu.Lock()
		l = n.listener
		n.mu.Unlock()
	}
	if l == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	nc, err := l.Dial(ctx, network, n.addr)
	if err != nil {
		return nil, err
	}
	c := &faultConn{Conn: nc.(*curlewtest.Conn)}
	n.mu.Lock()
	defer n.mu.Unlock()
	c.silent.Store(n.mute != nil)
	n.conns = append(n.conns, c)
	return c, nil
}

// A faultConn can go silent: then what is sent is gone, and what comes never arrives.
type faultConn struct {
	*curlewtest.Conn
	silent atomic.Bool
}

func (c *faultConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.silent.Load() {
			return n, err
		}
	}
}

func (c *faultConn) Write(p []byte) (int, error) {
	if c.silent.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

func (c *faultConn) TryWrite(p []byte) (int, error) {
	if c.silent.Load() {
		return len(p), nil
	}
	return c.Conn.TryWrite(p)
}

// faultNames is the resolver.
type faultNames struct {
	mu      sync.Mutex
	now     []string
	changed chan struct{} // closed when now is another
	broken  chan struct{} // gets a value for each failure
}

func newFaultNames() *faultNames {
	return &faultNames{changed: make(chan struct{}), broken: make(chan struct{}, 1)}
}

func (f *faultNames) push(addrs []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = addrs
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *faultNames) fail() {
	select {
	case f.broken <- struct{}{}:
	default:
	}
}

// Watch implements resolve.Resolver.
func (f *faultNames) Watch(ctx context.Context, _ resolve.Target, _ <-chan struct{}, push func(resolve.Update) error) error {
	for {
		f.mu.Lock()
		now, changed := f.now, f.changed
		f.mu.Unlock()
		var u resolve.Update
		for _, a := range now {
			u.Endpoints = append(u.Endpoints, resolve.Endpoint{Addrs: []resolve.Addr{{Network: "tcp", Address: a}}})
		}
		if err := push(u); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-f.broken:
			return errors.New("the source of names fails")
		case <-ctx.Done():
			return nil
		}
	}
}
