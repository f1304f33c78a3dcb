package relay

import (
	"net"
	"sync"
)

// A Link is one connection through a relay.
type Link struct {
	// Up carries bytes from the client to the server, Down the way back.
	Up, Down *Lane

	client, server *net.TCPConn
	once           sync.Once
	cut            chan struct{} // closed by Reset, and at the end
}

func newLink(client, server *net.TCPConn, up, down Conditions) *Link {
	l := &Link{client: client, server: server, cut: make(chan struct{})}
	l.Up = newLane(l, client, server, up)
	l.Down = newLane(l, server, client, down)
	return l
}

// Reset cuts the connection at once: both ends see a reset.
func (l *Link) Reset() {
	l.once.Do(func() {
		close(l.cut)
		abort(l.client)
		abort(l.server)
	})
}

// run forwards until both directions have ended.
func (l *Link) run() {
	var wg sync.WaitGroup
	for _, lane := range []*Lane{l.Up, l.Down} {
		wg.Go(lane.read)
		wg.Go(lane.write)
	}
	wg.Wait()
	l.once.Do(func() { close(l.cut) }) // who waits for more of it waits in vain
	l.client.Close()
	l.server.Close()
}
