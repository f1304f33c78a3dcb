package curlew

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// A serverMethod is a registered method of a server.
type serverMethod struct {
	*Method
	handler  Handler // with interceptors around
	srv      *Server
	limits   []Limiter
	timeouts timeouts
}

// NewCall implements [transport.Target].
func (m *serverMethod) NewCall(deadline time.Time) transport.Call {
	return newGRPCCall(m.srv, m, deadline)
}

// Attach implements [transport.Target].
func (m *serverMethod) Attach(x transport.Exchange, deadline time.Time) transport.Owner {
	c := &serverCall{x: x}
	c.init(m.srv, m, deadline)
	return c
}

// Whole implements [transport.Target].
func (m *serverMethod) Whole() bool { return !m.Kind.ManyRequests() }

// MaxReceive implements [transport.Target].
func (m *serverMethod) MaxReceive() int { return m.srv.maxReceive }

// Timeout implements [transport.Target].
func (m *serverMethod) Timeout(asked time.Duration, given bool) (time.Duration, bool) {
	return m.timeouts.of(asked, given)
}

func (m *serverMethod) String() string { return fmt.Sprintf("%s (%v)", m.Path, m.Kind) }

// A ServiceOption changes how one service is registered.
type ServiceOption func(*serviceConfig)

// serviceConfig is what options say of one method of a service.
type serviceConfig struct {
	method  string   // its name, without the service's
	methods []string // all of them

	interceptors []Interceptor
	limits       []Limiter
	exempt       bool // from the server's limits
	timeouts     *timeouts
	errs         []error
}

// WithServiceInterceptors surrounds the calls of one service, inside of the
// server's own interceptors.
func WithServiceInterceptors(interceptors ...Interceptor) ServiceOption {
	return func(c *serviceConfig) { c.interceptors = append(c.interceptors, interceptors...) }
}

// ForMethods has an option hold for some methods of the service only, which are
// named as in the .proto file: "GetUser". A method that there is not makes Serve fail.
func ForMethods(opt ServiceOption, methods ...string) ServiceOption {
	return func(c *serviceConfig) {
		for _, name := range methods {
			if !slices.Contains(c.methods, name) {
				c.errs = append(c.errs, fmt.Errorf("ForMethods: it has no method %q", name))
			}
		}
		if slices.Contains(methods, c.method) {
			opt(c)
		}
	}
}

// newMethod returns a method as the server's options and those of its service
// have it.
func (s *Server) newMethod(svc Service, m MethodHandler, opts []ServiceOption) (*serverMethod, error) {
	var cfg serviceConfig
	for _, other := range svc.Methods {
		cfg.methods = append(cfg.methods, shortName(other.Method))
	}
	cfg.method = shortName(m.Method)
	for _, o := range opts {
		o(&cfg)
	}
	if err := errors.Join(cfg.errs...); err != nil {
		return nil, err
	}
	sm := &serverMethod{
		Method:  m.Method,
		handler: chain(slices.Concat(s.interceptors, cfg.interceptors), m.Handler),
		srv:     s,
		limits:  cfg.limits,
	}
	if !cfg.exempt {
		sm.limits = slices.Concat(s.limits, cfg.limits)
	}
	switch {
	case cfg.timeouts != nil:
		sm.timeouts = *cfg.timeouts
	case m.Method.Kind == KindUnary:
		sm.timeouts = s.timeouts
	}
	return sm, nil
}

func shortName(m *Method) string { return m.Path[strings.LastIndexByte(m.Path, '/')+1:] }
