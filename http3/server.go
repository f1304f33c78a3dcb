package http3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"golang.org/x/time/rate"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/web"
)

// A server is the part of a server that speaks HTTP/3. It implements transport.HTTP3.
type server struct {
	srv    *curlew.Server
	host   *transport.Host
	cfg    config
	limits transport.Limits

	mu       sync.Mutex
	handler  http.Handler // nil before it listens
	sockets  []*socket
	conns    map[*conn]struct{}
	ports    []int
	used     bool // cfg.conn is
	draining bool
	closed   bool
	tally    transport.Tally
}

// A socket is where connections come in.
type socket struct {
	packets  net.PacketConn
	quic     *quic.Transport
	listener *quic.Listener
}

func newServer(srv *curlew.Server, cfg config) *server {
	return &server{srv: srv, host: srv.Host(), cfg: cfg, limits: srv.Host().Limits(), conns: map[*conn]struct{}{}}
}

// Listen implements transport.HTTP3.
func (s *server) Listen(l net.Listener) (serve func(enter func() (func(), bool)), err error) {
	packets, err := s.open(l)
	if packets == nil || err != nil {
		return nil, err
	}
	sock := &socket{packets: packets, quic: &quic.Transport{Conn: packets, VerifySourceAddress: unverified()}}
	sock.listener, err = sock.quic.Listen(http3.ConfigureTLSConfig(s.host.TLS()), s.quicConfig())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("http3: %w", err), packets.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handler == nil {
		s.handler = s.rest()
	}
	s.sockets = append(s.sockets, sock)
	s.announceLocked(packets.LocalAddr())
	s.host.Logger.Info("serving HTTP/3", "address", packets.LocalAddr().String())
	return func(enter func() (func(), bool)) { s.accept(sock, enter) }, nil
}

// open returns the socket to be used beside l, nil for none.
func (s *server) open(l net.Listener) (net.PacketConn, error) {
	if s.cfg.conn != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.used {
			return nil, nil
		}
		s.used = true
		return s.cfg.conn, nil
	}
	tcp, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return nil, nil // a unix socket has no port
	}
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: tcp.IP, Port: tcp.Port, Zone: tcp.Zone})
	if err != nil {
		return nil, fmt.Errorf("http3: the UDP port of the same number as the TCP port cannot be had: %w", err)
	}
	return c, nil
}

// rest returns what answers requests.
func (s *server) rest() http.Handler {
	if h, ok := s.host.Rest().(http.Handler); ok {
		return h
	}
	return web.Handler(s.srv)
}

// announceLocked has responses say where HTTP/3 is.
func (s *server) announceLocked(at net.Addr) {
	udp, ok := at.(*net.UDPAddr)
	if !ok || !s.cfg.announce || slices.Contains(s.ports, udp.Port) {
		return
	}
	if len(s.ports) == 0 && s.host.AltSvc() != "" {
		s.cfg.announce = false // somebody has said it better
		return
	}
	s.ports = append(s.ports, udp.Port)
	var all []string
	for _, port := range s.ports {
		all = append(all, fmt.Sprintf(`h3=":%d"; ma=%d`, port, int(s.cfg.announced.Seconds())))
	}
	s.host.SetAltSvc(strings.Join(all, ", "))
}

// Keepalive of connections with calls that are silent for long, and how long a client may
// be silent before it counts as gone. Those without calls end by maxIdle.
const (
	keepalive   = 10 * time.Second
	silence     = 30 * time.Second
	defaultIdle = 2 * time.Minute
)

// Streams of a client's own that go one way: it needs three.
const maxUniStreams = 16

func (s *server) quicConfig() *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout:       s.limits.HandshakeTimeout / 2, // it is doubled for the whole of it
		MaxIdleTimeout:             silence,
		KeepAlivePeriod:            keepalive,
		MaxIncomingStreams:         int64(s.limits.MaxStreams),
		MaxIncomingUniStreams:      maxUniStreams,
		MaxStreamReceiveWindow:     uint64(s.limits.MaxWindow),
		MaxConnectionReceiveWindow: uint64(s.limits.ConnBuffer),
	}
}

// How many connections may begin in a second whose clients have not shown that their
// address is theirs. More have to show it first, by Retry (RFC 9000 §8.1.2), which costs
// them a round trip, and us nothing.
const maxUnverified = 500

func unverified() func(net.Addr) bool {
	l := rate.NewLimiter(maxUnverified, maxUnverified)
	return func(net.Addr) bool { return !l.Allow() }
}

// accept serves the connections that come in at a socket.
func (s *server) accept(sock *socket, enter func() (func(), bool)) {
	for {
		qc, err := sock.listener.Accept(context.Background())
		if err != nil {
			return // the listener has been closed
		}
		leave, ok := enter()
		if !ok {
			s.host.Logger.Warn("connection refused: there are as many as there may be", "peer", qc.RemoteAddr())
			qc.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeExcessiveLoad), "too many connections")
			continue
		}
		c := newConn(s, qc, leave)
		s.mu.Lock()
		s.conns[c] = struct{}{}
		draining, closed := s.draining, s.closed
		s.mu.Unlock()
		c.start()
		if draining {
			c.drain()
		}
		if closed {
			c.close("")
		}
	}
}

// Drain implements transport.HTTP3.
func (s *server) Drain() {
	s.mu.Lock()
	s.draining = true
	sockets, conns := slices.Clone(s.sockets), s.connsLocked()
	s.mu.Unlock()
	for _, sock := range sockets {
		sock.listener.Close()
	}
	for _, c := range conns {
		c.drain()
	}
}

// Close implements transport.HTTP3.
func (s *server) Close(reason string) {
	s.mu.Lock()
	s.draining, s.closed = true, true
	sockets, conns := s.sockets, s.connsLocked()
	s.sockets = nil
	s.mu.Unlock()
	for _, sock := range sockets {
		sock.listener.Close()
	}
	var all sync.WaitGroup
	for _, c := range conns {
		all.Go(func() { c.close(reason) })
	}
	all.Wait()
	for _, sock := range sockets {
		sock.quic.Close()
		sock.packets.Close()
	}
}

func (s *server) connsLocked() []*conn {
	all := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	return all
}

// Tally implements transport.HTTP3.
func (s *server) Tally() transport.Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.tally
	for c := range s.conns {
		addTally(&sum, c.counted())
	}
	return sum
}

func addTally(sum *transport.Tally, t transport.Tally) {
	sum.Finished += t.Finished
	sum.Refused += t.Refused
	sum.Cut += t.Cut
}

// gone notes that a connection is.
func (s *server) gone(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	addTally(&s.tally, c.counted())
}
