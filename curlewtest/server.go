package curlewtest

import (
	"errors"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
)

// A Server is a server in the test's own process, with a client of it.
type Server struct {
	*curlew.Server
	// Client is connected to the server. NewClient makes others.
	Client *curlew.Client
	// Listener is where the server accepts connections.
	Listener *Listener

	t       testing.TB
	clients []*curlew.Client
	mark    *mark
	served  chan error
}

// An Option changes the server that NewServer starts.
type Option func(*config)

type config struct {
	server []curlew.ServerOption
	client []curlew.ClientOption
	limit  int
}

// WithServer gives options to the server.
func WithServer(opts ...curlew.ServerOption) Option {
	return func(c *config) { c.server = append(c.server, opts...) }
}

// WithClient gives options to the server's Client.
func WithClient(opts ...curlew.ClientOption) Option {
	return func(c *config) { c.client = append(c.client, opts...) }
}

// WithPipeBytes limits what a connection holds in each direction before writing
// waits, to test what happens when a peer is slow. The default is DefaultPipeBytes.
func WithPipeBytes(n int) Option {
	return func(c *config) { c.limit = n }
}

// NewServer starts a server with the services that register registers, and stops
// it when the test is over. Clients reach it without a socket, as the host
// "in-process", for which it needs a certificate if it is given WithTLS.
//
// The test fails if the server cannot serve, and if twenty seconds after the end
// handlers, goroutines that they started, or connections are left.
func NewServer(t testing.TB, register func(*curlew.Server), opts ...Option) *Server {
	t.Helper()
	var cfg config
	for _, o := range opts {
		o(&cfg)
	}
	s := &Server{
		Server:   curlew.NewServer(cfg.server...),
		Listener: Listen(cfg.limit),
		t:        t,
		mark:     newMark(t),
		served:   make(chan error, 1),
	}
	register(s.Server)
	t.Cleanup(s.stop)
	go func() {
		s.mark.put()
		err := s.Serve(s.Listener)
		if !errors.Is(err, curlew.ErrServerClosed) {
			t.Errorf("the server does not serve: %v", err)
		}
		s.served <- err
	}()
	s.Client = s.NewClient(cfg.client...)
	return s
}

// NewClient returns another client of the server, which is closed when the test is
// over. What is wrong with an option fails the test.
func (s *Server) NewClient(opts ...curlew.ClientOption) *curlew.Client {
	s.t.Helper()
	all := append([]curlew.ClientOption{curlew.WithDialer(s.Listener.Dial)}, opts...)
	c, err := curlew.NewClient("passthrough:///in-process:1", all...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.clients = append(s.clients, c)
	return c
}

// stop ends everything and sees that it ends.
func (s *Server) stop() {
	s.t.Helper()
	for _, c := range s.clients {
		c.Close()
	}
	s.Close()
	<-s.served
	var open []string
	if !eventually(func() bool {
		open = s.Listener.openEnds()
		return len(open) == 0
	}) {
		s.t.Errorf("connections are left open: %s", strings.Join(open, ", "))
	}
	s.mark.check(s.t)
}
