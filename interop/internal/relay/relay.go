// Package relay is a TCP relay that stands between a client and a server and
// disturbs what passes through it as a test says: it delays, throttles, splits,
// stalls, drops and cuts.
package relay

import (
	"net"
	"slices"
	"sync"
	"time"
)

// Conditions are what bytes meet on their way in one direction. The zero value
// is a good network.
type Conditions struct {
	// Delay is how much later each byte arrives. No more than about 256 KiB are
	// under way at once.
	Delay time.Duration
	// Rate limits the bytes of a second; 0 is no limit.
	Rate int
	// Segment is the most bytes of one write; 0 is no limit.
	Segment int
	// Stall stops forwarding, so that the sender's socket fills in the end.
	Stall bool
	// Drop takes what comes and forgets it, as a network that has been parted
	// does. The connection is of no use afterwards.
	Drop bool
}

// A Relay forwards the connections that it accepts to a target.
type Relay struct {
	listener net.Listener

	mu       sync.Mutex
	target   string
	up, down Conditions  // of connections to come
	each     func(*Link) // nil: nothing
	links    []*Link
	closed   bool
	wg       sync.WaitGroup
}

// New starts a relay to target, "host:port". Close it.
func New(target string) (*Relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Relay{listener: l, target: target}
	r.wg.Go(r.accept)
	return r, nil
}

// Addr returns where the relay listens.
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// Redirect has the connections to come go to another target.
func (r *Relay) Redirect(target string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.target = target
}

// Set changes the conditions of all connections, those to come and those there
// are: up is from the client to the server, down is the way back.
func (r *Relay) Set(up, down Conditions) {
	r.mu.Lock()
	r.up, r.down = up, down
	links := slices.Clone(r.links)
	r.mu.Unlock()
	for _, l := range links {
		l.Up.Set(up)
		l.Down.Set(down)
	}
}

// Each has f called with each connection to come, before it forwards anything.
func (r *Relay) Each(f func(*Link)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.each = f
}

// Links returns the connections that are open.
func (r *Relay) Links() []*Link {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.links)
}

// Reset cuts all connections; see [Link.Reset].
func (r *Relay) Reset() {
	for _, l := range r.Links() {
		l.Reset()
	}
}

// Close stops accepting, cuts all connections and waits until they are gone.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.listener.Close()
	r.Reset()
	r.wg.Wait()
}

func (r *Relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.wg.Go(func() { r.forward(client.(*net.TCPConn)) })
	}
}

// forward carries one connection to its end.
func (r *Relay) forward(client *net.TCPConn) {
	r.mu.Lock()
	target := r.target
	r.mu.Unlock()
	nc, err := net.Dial("tcp", target)
	if err != nil {
		abort(client) // as near to a refusal as an accepted connection comes
		return
	}
	server := nc.(*net.TCPConn)
	r.mu.Lock()
	l := newLink(client, server, r.up, r.down)
	each := r.each
	r.links = append(r.links, l)
	closed := r.closed
	r.mu.Unlock()
	if closed {
		l.Reset()
	}
	if each != nil {
		each(l)
	}
	l.run()
	r.mu.Lock()
	r.links = slices.DeleteFunc(r.links, func(other *Link) bool { return other == l })
	r.mu.Unlock()
}

// abort closes a socket with a reset.
func abort(c *net.TCPConn) {
	c.SetLinger(0)
	c.Close()
}
