package curlewtest

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// A Listener connects servers and clients in one process: the server accepts from
// it, and the clients' sockets are made by its Dial. Its methods may be called
// concurrently.
type Listener struct {
	limit int

	mu     sync.Mutex
	filled sync.Cond // of mu: queue or closed
	queue  []*Conn   // not accepted yet
	closed bool
	dialed int
	open   map[*Conn]struct{} // ends that have not been closed
}

// Listen returns a Listener whose connections hold up to limit bytes in each
// direction, DefaultPipeBytes if limit is 0.
func Listen(limit int) *Listener {
	l := &Listener{limit: limit, open: make(map[*Conn]struct{})}
	l.filled.L = &l.mu
	return l
}

// Dial opens a connection, whatever network and address are. It does not wait for
// Accept. It is what curlew.WithDialer wants.
func (l *Listener) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	client, server := Pipe(l.limit)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: listenerAddr, Err: net.ErrClosed}
	}
	l.dialed++
	client.local, client.remote = addr(fmt.Sprintf("pipe:%d", l.dialed)), listenerAddr
	server.local, server.remote = client.remote, client.local
	for _, end := range []*Conn{client, server} {
		l.open[end] = struct{}{}
		end.closed = func() { l.forget(end) }
	}
	l.queue = append(l.queue, server)
	l.filled.Signal()
	return client, nil
}

func (l *Listener) forget(end *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, end)
}

// openEnds returns the addresses of the ends that have not been closed.
func (l *Listener) openEnds() (ends []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for end := range l.open {
		ends = append(ends, fmt.Sprintf("%v to %v", end.local, end.remote))
	}
	return ends
}

// Accept waits for the next connection. It fails with net.ErrClosed when the
// Listener has been closed.
func (l *Listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) == 0 && !l.closed {
		l.filled.Wait()
	}
	if l.closed {
		return nil, &net.OpError{Op: "accept", Net: "pipe", Addr: listenerAddr, Err: net.ErrClosed}
	}
	nc := l.queue[0]
	l.queue = l.queue[1:]
	return nc, nil
}

// Close stops accepting: Accept and Dial fail, and connections that have not been
// accepted are closed.
func (l *Listener) Close() error {
	l.mu.Lock()
	l.closed = true
	queue := l.queue
	l.queue = nil
	l.filled.Broadcast()
	l.mu.Unlock()
	for _, nc := range queue {
		nc.Close()
	}
	return nil
}

const listenerAddr addr = "pipe:0"

// Addr returns the address of the server's ends.
func (l *Listener) Addr() net.Addr { return listenerAddr }
