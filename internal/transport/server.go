package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2"
)

// A Protocol serves requests over HTTP/2 that it recognises by their header.
type Protocol interface {
	// Matches reports whether a request is its own.
	Matches(m *h2.Message) bool
	// AcceptOnReader makes the stream for a request; see [h2.Acceptor].
	AcceptOnReader(conn *ServerConn, m *h2.Message) (*h2.Stream, h2.Start)
}

// ServerConfig is what a Server needs to know. It must not change.
type ServerConfig struct {
	H2        h2.Config
	TLS       *tls.Config // nil: cleartext
	Protocols []Protocol  // the table, asked in order
	Logger    *slog.Logger
	// MaxConns bounds open connections; further ones wait in the kernel's queue.
	MaxConns int
	// Pages returns what answers GET requests for a path of which no protocol
	// recognises the content type; nil if nothing does. It may be nil.
	Pages func(path string) Page
	// Rest answers the requests that nothing else does. It may be nil.
	Rest Protocol
	// HTTP1, when set, is given the connections that do not speak HTTP/2.
	HTTP1 HTTP1
	// HTTP3, when set, serves beside the listeners.
	HTTP3 HTTP3
}

// ErrServerClosed is what Serve returns after Drain or Close.
var ErrServerClosed = errors.New("transport: server closed")

// A Server accepts connections and serves what comes over them.
type Server struct {
	cfg     *ServerConfig
	workers h2.Workers
	tls     *tls.Config
	slots   chan struct{} // nil: no limit

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	conns     map[*ServerConn]struct{}
	foreign   atomic.Int64  // connections that HTTP1 and HTTP3 have
	closing   bool          // no more connections than those that wait to be accepted
	leaving   chan struct{} // closed with that
	tally     h2.Tally      // of the connections that are gone
	stop      context.CancelFunc
	ctx       context.Context // ends with Close
	accepting sync.WaitGroup  // of listeners being served
	wg        sync.WaitGroup  // of connections being set up or served
}

// NewServer returns a server that does nothing yet.
func NewServer(cfg *ServerConfig) *Server {
	s := &Server{cfg: cfg, listeners: map[net.Listener]struct{}{}, conns: map[*ServerConn]struct{}{}, leaving: make(chan struct{})}
	s.ctx, s.stop = context.WithCancel(context.Background())
	cfg.H2.Workers = &s.workers
	if cfg.HTTP1 != nil {
		cfg.H2.Foreign = s.serveHTTP1
	}
	cfg.H2.Farewell = farewell
	if cfg.MaxConns > 0 {
		s.slots = make(chan struct{}, cfg.MaxConns)
	}
	if cfg.TLS != nil {
		s.tls = cfg.TLS.Clone()
		s.tls.MinVersion = max(s.tls.MinVersion, tls.VersionTLS12) // RFC 9113 §9.2
		if !slices.Contains(s.tls.NextProtos, "h2") {
			s.tls.NextProtos = append([]string{"h2"}, s.tls.NextProtos...)
		}
		if cfg.HTTP1 != nil && !slices.Contains(s.tls.NextProtos, "http/1.1") {
			s.tls.NextProtos = append(s.tls.NextProtos, "http/1.1")
		}
	}
	return s
}

// Serve accepts connections on l until the server is closed, and returns
// ErrServerClosed then. It closes l.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		l.Close()
		return ErrServerClosed
	}
	s.listeners[l] = struct{}{}
	s.accepting.Add(1)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.listeners, l)
		s.mu.Unlock()
		l.Close()
		s.accepting.Done()
	}()
	if s.cfg.HTTP3 != nil {
		if err := s.serveHTTP3(l); err != nil {
			return err
		}
	}
	var pause time.Duration
	for {
		if !s.takeSlot() {
			return ErrServerClosed
		}
		nc, err := l.Accept()
		if err != nil {
			s.freeSlot()
			if s.isClosing() {
				return ErrServerClosed
			}
			if !temporary(err) {
				return err
			}
			// Out of file descriptors, most likely: it passes (CVE-2023-4785).
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.cfg.Logger.Warn("accepting a connection failed, trying again", "err", err, "pause", pause)
			select {
			case <-time.After(pause):
			case <-s.leaving:
			}
			continue
		}
		pause = 0
		s.start(nc)
	}
}

func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

func (s *Server) takeSlot() bool {
	if s.slots == nil {
		return true
	}
	select {
	case s.slots <- struct{}{}:
		return true
	case <-s.leaving:
		return false
	}
}

func (s *Server) freeSlot() {
	if s.slots != nil {
		<-s.slots
	}
}

// start serves one connection; a TLS handshake has a goroutine of its own.
func (s *Server) start(nc net.Conn) {
	s.mu.Lock()
	if s.ctx.Err() != nil {
		s.mu.Unlock()
		nc.Close()
		s.freeSlot()
		return
	}
	s.wg.Add(1)
	s.mu.Unlock()
	if s.tls == nil {
		s.attach(nc)
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(s.ctx, s.cfg.H2.HandshakeTimeout)
		defer cancel()
		shielded, state, err := h2.Shield(ctx, nc, s.tls, false)
		switch {
		case err != nil:
			s.cfg.Logger.Warn("connection refused", "peer", nc.RemoteAddr(), "err", err)
		case state.NegotiatedProtocol == "h2":
			s.attach(shielded)
			return
		case s.cfg.HTTP1 != nil:
			if nc, err = h2.Unshield(shielded); err == nil {
				s.serveHTTP1(nc, nil)
				return
			}
		default:
			s.cfg.Logger.Warn("connection refused: the client did not ask for HTTP/2 by ALPN", "peer", nc.RemoteAddr(), "alpn", state.NegotiatedProtocol)
			shielded.Close()
		}
		s.freeSlot()
		s.wg.Done()
	}()
}

// attach hands a connection to the engine.
func (s *Server) attach(nc net.Conn) {
	sc := &ServerConn{server: s}
	s.mu.Lock()
	if s.ctx.Err() != nil {
		s.mu.Unlock()
		nc.Close()
		s.freeSlot()
		s.wg.Done()
		return
	}
	s.conns[sc] = struct{}{}
	draining := s.closing
	sc.Conn = h2.NewServer(nc, &s.cfg.H2, sc, h2.Observer{Violated: sc.violated, Closed: sc.closed})
	s.mu.Unlock()
	sc.Start()
	if draining {
		sc.Drain()
	}
}

// Conns returns the number of open connections.
func (s *Server) Conns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns) + int(s.foreign.Load())
}
