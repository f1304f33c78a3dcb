package curlew

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net"
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
	pages    map[string]transport.Page
	err      error // what is wrong with the options and registrations

	limits   []Limiter
	timeouts timeouts // of unary methods
	refusals refusals
	drain    drain
	systemd  bool
	ready    sync.Once // systemd has been told

	host       *transport.Host
	registered []func() error // see [transport.Host]
	transport  *transport.Server
}

type serverConfig struct {
	common
	maxConns int
	base     context.Context
	limits   []Limiter
	timeouts timeouts
	lameDuck time.Duration
	systemd  bool
	extend   []func(*Server) error
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
	cfg.h2.PingInterval = defaultPingInterval
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
	s := &Server{
		common:   cfg.common,
		base:     cfg.base,
		pages:    map[string]transport.Page{},
		err:      errors.Join(errs...),
		limits:   cfg.limits,
		timeouts: cfg.timeouts,
		systemd:  cfg.systemd,
	}
	s.drain.init(cfg.lameDuck)
	s.methods.Store(&map[string]*serverMethod{})
	tc := &transport.ServerConfig{
		H2:       cfg.h2,
		TLS:      cfg.tls,
		Logger:   cfg.log,
		MaxConns: cfg.maxConns,
		Pages:    s.page,
	}
	s.host = s.newHost(tc)
	tc.Protocols = []transport.Protocol{&transport.GRPC{
		Lookup:      s.lookup,
		Refused:     func() transport.Call { return newGRPCCall(s, nil, time.Time{}) },
		Codecs:      cfg.codecs,
		Compressors: cfg.compressors,
		MaxHeader:   cfg.h2.MaxHeaderBytes,
		AltSvc:      s.host.AltSvc,
	}}
	for _, extend := range cfg.extend {
		s.err = errors.Join(s.err, extend(s))
	}
	s.transport = transport.NewServer(tc)
	return s
}

func (s *Server) lookup(path string) transport.Target {
	if m := (*s.methods.Load())[path]; m != nil {
		return m
	}
	return nil
}

// Register adds a service; generated code calls it. It may be called while the
// server serves. A service that cannot be registered, because another one has
// its name for instance, makes Serve fail.
func (s *Server) Register(svc Service, opts ...ServiceOption) {
	s.mu.Lock()
	err := s.registerLocked(svc, opts)
	registered := s.registered
	s.mu.Unlock()
	for _, f := range registered {
		if err == nil {
			err = f()
		}
	}
	if err != nil {
		s.fail(fmt.Errorf("curlew: registering service %q: %w", svc.Name, err))
		s.log.Error("a service could not be registered", "service", svc.Name, "err", err)
	}
}

// fail notes why the server cannot serve.
func (s *Server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = errors.Join(s.err, err)
}

// broken returns why the server cannot serve, nil if it can.
func (s *Server) broken() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Server) registerLocked(svc Service, opts []ServiceOption) error {
	if slices.ContainsFunc(s.services, func(other Service) bool { return other.Name == svc.Name }) {
		return errors.New("it is registered already")
	}
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
		sm, err := s.newMethod(svc, m, opts)
		if err != nil {
			return err
		}
		methods[m.Method.Path] = sm
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
	err := s.broken()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.log.Info("serving", "address", l.Addr().String(), "tls", s.tls != nil)
	s.ready.Do(func() { s.tellSystemd("READY=1") })
	if err = s.transport.Serve(l); errors.Is(err, transport.ErrServerClosed) {
		return ErrServerClosed
	}
	return err
}

// Close ends everything at once: connections are closed, contexts of handlers
// cancelled. It does not wait for handlers to return.
func (s *Server) Close() error {
	s.drain.cut()
	s.transport.Close()
	return nil
}

// Logger returns the server's logger, for services that log as it does.
func (s *Server) Logger() *slog.Logger { return s.log }
