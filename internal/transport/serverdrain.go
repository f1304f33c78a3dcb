package transport

import (
	"context"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
)

// acceptTime is how long a server that drains still accepts: the kernel has
// connections in its queue that it would reset with the listener's end.
const acceptTime = 20 * time.Millisecond

// Drain tells clients to go elsewhere, stops accepting, and lets the calls that
// are open finish. It returns when the last connection is gone, or with ctx's
// error, upon which Cut and Close end the rest. Connections that come meanwhile
// are served as those are that were there.
func (s *Server) Drain(ctx context.Context) error {
	for _, sc := range s.stopAccepting(acceptTime) {
		sc.Drain()
	}
	if s.cfg.HTTP1 != nil {
		s.cfg.HTTP1.Drain()
	}
	if s.cfg.HTTP3 != nil {
		s.cfg.HTTP3.Drain()
	}
	select {
	case <-s.ended():
		s.Close()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ended returns a channel that is closed when a server that has stopped accepting
// has no connections any more.
func (s *Server) ended() <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		s.accepting.Wait()
		s.wg.Wait()
		close(ended)
	}()
	return ended
}

// stopAccepting has listeners end, in a while where they can, and returns the
// connections that are open.
func (s *Server) stopAccepting(in time.Duration) []*ServerConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.closing = true
		close(s.leaving)
	}
	for l := range s.listeners {
		timed, ok := l.(interface{ SetDeadline(time.Time) error })
		if in <= 0 || !ok || timed.SetDeadline(time.Now().Add(in)) != nil {
			l.Close()
		}
	}
	conns := make([]*ServerConn, 0, len(s.conns))
	for sc := range s.conns {
		conns = append(conns, sc)
	}
	return conns
}

// Cut ends the calls that are open, telling their clients why, and waits for
// so long until they have heard. Handlers' contexts are cancelled.
func (s *Server) Cut(reason string, wait time.Duration) {
	for _, sc := range s.stopAccepting(0) {
		sc.Cut(reason)
	}
	if s.cfg.HTTP1 != nil {
		s.cfg.HTTP1.Close()
	}
	if s.cfg.HTTP3 != nil {
		s.cfg.HTTP3.Close(reason)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.ended():
	case <-timer.C:
	}
}

// Close ends everything at once: calls fail, handlers' contexts are cancelled.
// It does not wait for handlers.
func (s *Server) Close() {
	s.stop()
	for _, sc := range s.stopAccepting(0) {
		sc.Close()
	}
	if s.cfg.HTTP1 != nil {
		s.cfg.HTTP1.Close()
	}
	if s.cfg.HTTP3 != nil {
		s.cfg.HTTP3.Close("")
	}
	s.accepting.Wait()
	s.wg.Wait()
	s.workers.Close(false)
}

// Tally returns what became of all calls since their connections began to drain.
func (s *Server) Tally() h2.Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.tally
	for sc := range s.conns {
		add(&sum, sc.Tally())
	}
	if s.cfg.HTTP3 != nil {
		add(&sum, s.cfg.HTTP3.Tally())
	}
	return sum
}

func add(sum *h2.Tally, t h2.Tally) {
	sum.Finished += t.Finished
	sum.Refused += t.Refused
	sum.Cut += t.Cut
}

// farewell is an [h2.Farewell]: the call is Unavailable.
func farewell(o h2.Owner, headed bool, reason string) []Field {
	call, ok := o.(interface {
		Farewell(headed bool, reason string) []Field
	})
	switch {
	case ok:
		return call.Farewell(headed, reason)
	case headed:
		return nil
	}
	return unavailable
}

// unavailable is the response to what is no call.
var unavailable = []Field{{Name: ":status", Value: "503"}, {Name: "content-length", Value: "0"}}

// isClosing reports whether no more connections are to be waited for.
func (s *Server) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}
