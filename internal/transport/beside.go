package transport

import (
	"net"

	"github.com/curlew-rpc/curlew/internal/h2"
)

// HTTP3 serves by UDP what a server serves by its listeners.
type HTTP3 interface {
	// Listen begins to listen beside a listener; its error is that of the server's
	// Serve. serve accepts connections until there are no more to come, after Drain or
	// Close; nil if there is nothing to serve beside this listener. enter counts a
	// connection until leave is called; it does not wait, and refuses one too many.
	Listen(l net.Listener) (serve func(enter func() (leave func(), ok bool)), err error)
	// Drain stops to listen, and has clients go elsewhere. It does not wait for them.
	Drain()
	// Close closes all connections, and tells their clients the reason, if there is one.
	Close(reason string)
	// Tally returns what became of the calls since Drain.
	Tally() Tally
}

// Tally says what became of calls.
type Tally = h2.Tally

// Limits are those of connections, and what else they are told.
type Limits = h2.Config

// serveHTTP3 has HTTP3 serve beside l, which is being served.
func (s *Server) serveHTTP3(l net.Listener) error {
	serve, err := s.cfg.HTTP3.Listen(l)
	if err != nil || serve == nil {
		return err
	}
	s.accepting.Add(1)
	go func() {
		defer s.accepting.Done()
		serve(s.enter)
	}()
	// Who drains or closes the server may have come before.
	if s.isClosing() {
		s.cfg.HTTP3.Drain()
	}
	if s.ctx.Err() != nil {
		s.cfg.HTTP3.Close("")
	}
	return nil
}

// enter counts a connection of HTTP3's.
func (s *Server) enter() (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, false
	}
	if s.slots != nil {
		select {
		case s.slots <- struct{}{}:
		default:
			return nil, false
		}
	}
	s.wg.Add(1)
	s.foreign.Add(1)
	return func() {
		s.foreign.Add(-1)
		s.freeSlot()
		s.wg.Done()
	}, true
}
