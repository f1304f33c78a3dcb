package curlew

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// ErrServerClosed is what Serve and ListenAndServe return after Shutdown or Close.
var ErrServerClosed = errors.New("curlew: the server is closed")

// A Server serves registered services on any number of listeners. Its methods
// may be called concurrently.
type Server struct {
	common
	base context.Context

	// methods by path; replaced, never changed, when a service is registered.
	methods  atomic.Pointer[map[string]*serverMethod]
	mu       sync.Mutex
	services []Service
	leaving  []func() // run when Shutdown begins
	err      error    // what is wrong with the options and registrations

	transport *transport.Server
}

type serverConfig struct {
	common
	maxConns int
	base     context.Context
}

type serverOption func(*serverConfig) error

func (o serverOption) applyServer(c *serverConfig) error { return o(c) }

// WithMaxStreams limits the calls that one connection may have open or running
// at once; more are refused in a way that has the client try elsewhere or
// wait. The default is 1000.
func WithMaxStreams(n int) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if n < 1 || n > 1<<20 {
			return fmt.Errorf("curlew: WithMaxStreams(%d): the limit must be from 1 to 1048576", n)
		}
		c.h2.MaxStreams = uint32(n)
		return nil
	})
}

// WithMaxConnections limits open connections; further ones wait to be accepted.
// The default is no limit.
func WithMaxConnections(n int) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if n < 1 {
			return fmt.Errorf("curlew: WithMaxConnections(%d): the limit must be at least 1", n)
		}
		c.maxConns = n
		return nil
	})
}

// WithReadTimeout limits how long the request of a call with a single request
// message may take to arrive, to within a factor of two. The default is 2 minutes.
func WithReadTimeout(d time.Duration) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if d <= 0 {
			return fmt.Errorf("curlew: WithReadTimeout(%v): the timeout must be positive", d)
		}
		c.h2.ReadTimeout = d
		return nil
	})
}

// WithBaseContext gives the contexts of all calls the values of ctx; its
// cancellation has no effect.
func WithBaseContext(ctx context.Context) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if ctx == nil {
			return errors.New("curlew: WithBaseContext: the context is nil")
		}
		c.base = context.WithoutCancel(ctx)
		return nil
	})
}

// NewServer returns a server to register services with.
func NewServer(opts ...ServerOption) *Server {
	cfg := serverConfig{common: defaults(), base: context.Background()}
	var errs []error
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("curlew: NewServer: an option is nil"))
			continue
		}
		errs = append(errs, o.applyServer(&cfg))
	}
	if t := cfg.tls; t != nil && len(t.Certificates) == 0 && t.GetCertificate == nil && t.GetConfigForClient == nil {
		errs = append(errs, errors.New("curlew: WithTLS: a server needs a certificate: set Certificates or GetCertificate, or see LoadCertificate"))
	}
	s := &Server{common: cfg.common, base: cfg.base, err: errors.Join(errs...)}
	s.methods.Store(&map[string]*serverMethod{})
	s.transport = transport.NewServer(&transport.ServerConfig{
		H2:       cfg.h2,
		TLS:      cfg.tls,
		Logger:   cfg.log,
		MaxConns: cfg.maxConns,
		Protocols: []transport.Protocol{&transport.GRPC{
			Lookup:      s.lookup,
			Refused:     func() transport.Call { return newServerCall(s, nil) },
			Codecs:      cfg.codecs,
			Compressors: cfg.compressors,
			MaxHeader:   cfg.h2.MaxHeaderBytes,
		}},
	})
	return s
}

func (s *Server) lookup(path string) transport.Target {
	if m := (*s.methods.Load())[path]; m != nil {
		return m
	}
	return nil
}

// A ServiceOption changes how one service is registered.
type ServiceOption func(*serviceConfig)

type serviceConfig struct {
	interceptors []Interceptor
}

// WithServiceInterceptors surrounds the calls of one service, inside of the
// server's own interceptors.
func WithServiceInterceptors(interceptors ...Interceptor) ServiceOption {
	return func(c *serviceConfig) { c.interceptors = append(c.interceptors, interceptors...) }
}

// Register adds a service; generated code calls it. It may be called while the
// server serves. A service that cannot be registered, because another one has
// its name for instance, makes Serve fail.
func (s *Server) Register(svc Service, opts ...ServiceOption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.registerLocked(svc, opts); err != nil {
		s.err = errors.Join(s.err, fmt.Errorf("curlew: registering service %q: %w", svc.Name, err))
		s.log.Error("a service could not be registered", "service", svc.Name, "err", err)
	}
}

func (s *Server) registerLocked(svc Service, opts []ServiceOption) error {
	if slices.ContainsFunc(s.services, func(other Service) bool { return other.Name == svc.Name }) {
		return errors.New("it is registered already")
	}
	var cfg serviceConfig
	for _, o := range opts {
		o(&cfg)
	}
	interceptors := slices.Concat(s.interceptors, cfg.interceptors)
	methods := maps.Clone(*s.methods.Load())
	for _, m := range svc.Methods {
		switch service, _, ok := wire.SplitPath(m.Method.Path); {
		case !ok || service != svc.Name:
			return fmt.Errorf("the path %q is not one of its methods", m.Method.Path)
		case m.Handler == nil:
			return fmt.Errorf("method %s has no handler", m.Method.Path)
		case methods[m.Method.Path] != nil:
			return fmt.Errorf("method %s is registered twice", m.Method.Path)
		}
		methods[m.Method.Path] = &serverMethod{Method: m.Method, handler: chain(interceptors, m.Handler), srv: s}
	}
	s.methods.Store(&methods)
	s.services = append(s.services, svc)
	return nil
}

// Services yields the registered services in the order of their names.
func (s *Server) Services() iter.Seq[Service] {
	s.mu.Lock()
	services := slices.Clone(s.services)
	s.mu.Unlock()
	slices.SortFunc(services, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	return slices.Values(services)
}

// Serve serves the connections of l until the server is closed, and returns
// ErrServerClosed then. It closes l. It fails at once if an option or a
// registration was wrong.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.log.Info("serving", "address", l.Addr().String(), "tls", s.tls != nil)
	if err = s.transport.Serve(l); errors.Is(err, transport.ErrServerClosed) {
		return ErrServerClosed
	}
	return err
}

// ListenAndServe listens on address, "host:port" or "unix:path", and serves
// until ctx ends; then it shuts down, giving calls ten seconds to finish, and
// returns nil. A socket file that nobody listens on any more is replaced.
func (s *Server) ListenAndServe(ctx context.Context, address string) error {
	l, err := listen(ctx, address)
	if err != nil {
		return fmt.Errorf("curlew: %w", err)
	}
	const grace = 10 * time.Second
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		s.Shutdown(limited)
	})
	err = s.Serve(l)
	if !stop() {
		<-stopped
		if errors.Is(err, ErrServerClosed) {
			return nil
		}
	}
	return err
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	path, unix := strings.CutPrefix(address, "unix:")
	if !unix {
		return lc.Listen(ctx, "tcp", address)
	}
	path = strings.TrimPrefix(path, "//")
	l, err := lc.Listen(ctx, "unix", path)
	if err == nil {
		return l, nil
	}
	// The socket of a process that was killed stays behind. One that answers is
	// not touched.
	if fi, serr := os.Stat(path); serr != nil || fi.Mode()&os.ModeSocket == 0 {
		return nil, err
	}
	if nc, derr := net.Dial("unix", path); derr == nil {
		nc.Close()
		return nil, err
	}
	if rerr := os.Remove(path); rerr != nil {
		return nil, err
	}
	return lc.Listen(ctx, "unix", path)
}

// OnShutdown has f called when Shutdown begins, before anything else, so that
// calls which would go on for ever can be ended. Close does not call it.
func (s *Server) OnShutdown(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = append(s.leaving, f)
}

// Shutdown stops accepting, tells the clients to go elsewhere, and waits until
// the calls that are open have finished. When ctx ends first it returns ctx's
// error and closes what is left.
func (s *Server) Shutdown(ctx context.Context) error {
	s.log.Info("shutting down", "connections", s.transport.Conns())
	s.mu.Lock()
	leaving := s.leaving
	s.leaving = nil
	s.mu.Unlock()
	for _, f := range leaving {
		f()
	}
	err := s.transport.Drain(ctx)
	if err != nil {
		s.log.Warn("calls were cut off by the shutdown", "connections", s.transport.Conns())
	}
	s.transport.Close()
	return err
}

// Close ends everything at once: connections are closed, contexts of handlers
// cancelled. It does not wait for handlers to return.
func (s *Server) Close() error {
	s.transport.Close()
	return nil
}

// Logger returns the server's logger, for services that log as it does.
func (s *Server) Logger() *slog.Logger { return s.log }
