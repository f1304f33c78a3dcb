package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/web/internal/site"
)

// An Option changes how a server speaks to the web.
type Option interface {
	apply(*config) error
}

type config struct {
	site site.Config
	mux  *http.ServeMux // nil: there are no handlers

	altSvc string // "": what the server says

	description *description // nil: there is none
}

type option func(*config) error

func (o option) apply(c *config) error { return o(c) }

// CORS says which pages of other sites may call a server
// (https://fetch.spec.whatwg.org/#http-cors-protocol).
type CORS struct {
	// Origins are those of the pages: "https://shop.example", "https://*.example" for
	// all names below one, or "*" for all.
	Origins []string
	// Headers are the request headers that pages may set beside those of the protocols
	// and authorization; "*" is any.
	Headers []string
	// ExposedHeaders are the response headers that pages may read beside those of the
	// protocols.
	ExposedHeaders []string
	// Credentials lets pages call with the cookies that the user has for the server. It
	// cannot be together with the origin "*". Without it cookies that come with a
	// WebSocket are ignored, since browsers send them in any case.
	Credentials bool
	// MaxAge is how long browsers may remember the answer to whether they may call. The
	// default is two hours, which is the most that some take.
	MaxAge time.Duration
}

// WithCORS lets pages of other sites call. Without it browsers let only pages do so that
// come from the server itself.
func WithCORS(c CORS) Option {
	return option(func(cfg *config) error {
		if c.MaxAge < 0 {
			return fmt.Errorf("web: WithCORS: the maximum age %v is negative", c.MaxAge)
		}
		cfg.site.CORS = &site.CORS{
			Origins: c.Origins, Headers: c.Headers, Exposed: c.ExposedHeaders, Credentials: c.Credentials, MaxAge: c.MaxAge,
		}
		return nil
	})
}

// WithHandler has h answer requests beside the services: static files, metrics. The
// pattern is that of [http.ServeMux]. Methods of services and the paths of their REST
// rules come first.
func WithHandler(pattern string, h http.Handler) Option {
	return option(func(cfg *config) (err error) {
		if h == nil {
			return fmt.Errorf("web: WithHandler(%q): the handler is nil", pattern)
		}
		defer func() {
			// ServeMux says by a panic what is wrong with a pattern.
			if p := recover(); p != nil {
				err = fmt.Errorf("web: WithHandler(%q): %v", pattern, p)
			}
		}()
		if cfg.mux == nil {
			cfg.mux = http.NewServeMux()
		}
		cfg.mux.Handle(pattern, h)
		return nil
	})
}

// WithHealth answers GET /healthz and /readyz by the health of the server as a whole, or
// of one service with /readyz?service=shop.v1.Orders: status 200 where it serves,
// otherwise 503, and 404 for a service that is not known. GET /livez is 200 as long as the
// process answers: it is for those who would kill one that does not, and a server that
// shuts down in peace is not to be killed.
func WithHealth(c *health.Checker) Option {
	return option(func(cfg *config) error {
		if c == nil {
			return errors.New("web: WithHealth: the checker is nil")
		}
		alive := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { say(w, http.StatusOK, "alive") })
		ready := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			status, text := c.HTTP(r.URL.Query().Get("service"))
			say(w, status, text)
		})
		return errors.Join(WithHandler("GET /livez", alive).apply(cfg),
			WithHandler("GET /healthz", ready).apply(cfg), WithHandler("GET /readyz", ready).apply(cfg))
	})
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// WithAltSvc announces with every response where else the server answers, for instance
// `h3=":8443"; ma=86400` for HTTP/3 (RFC 7838). Package http3 does it by itself.
func WithAltSvc(value string) Option {
	return option(func(cfg *config) error {
		if value == "" || strings.ContainsAny(value, "\r\n") {
			return fmt.Errorf("web: WithAltSvc(%q): it is no field value", value)
		}
		cfg.altSvc = value
		return nil
	})
}

// WithUnknownIgnored has REST requests ignore query parameters and JSON fields that the
// method does not have. The default is to refuse them, so that nothing is lost
// because of a misspelt name.
func WithUnknownIgnored() Option {
	return option(func(cfg *config) error {
		cfg.site.IgnoreUnknown = true
		return nil
	})
}

// Enable has a server speak gRPC-Web, Connect and REST/JSON beside gRPC, over HTTP/2 and
// HTTP/1.1 on the same listeners, and calls over WebSocket.
func Enable(opts ...Option) curlew.ServerOption {
	return curlew.Extend(func(srv *curlew.Server) error {
		s, err := newSite(srv, opts, true)
		switch {
		case s == nil:
		case srv.Host().SetRest(s):
			srv.Host().SetHTTP1(site.NewHTTP1(s))
		default:
			err = errors.Join(err, errors.New("web: Enable: the server has been given it before"))
		}
		return err
	})
}

// Handler returns a server as a handler for net/http, to be part of another HTTP server:
// all its services by all protocols, gRPC where that server speaks HTTP/2. Calls over
// WebSocket, which net/http forgets, end with the BaseContext of the http.Server. Options that
// are wrong are said by answering with status 500, and in the server's log.
func Handler(srv *curlew.Server, opts ...Option) http.Handler {
	s, err := newSite(srv, opts, false)
	if err != nil {
		return broken{srv, err}
	}
	return s
}

// broken answers for a handler with wrong options.
type broken struct {
	srv *curlew.Server
	err error
}

func (b broken) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.srv.Logger().Error("a handler cannot serve", "err", b.err)
	say(w, http.StatusInternalServerError, "the server is not set up rightly: see its log")
}

// newSite returns the site of a server, its own one or a part of another server.
func newSite(srv *curlew.Server, opts []Option, own bool) (*site.Site, error) {
	var (
		cfg  config
		errs []error
	)
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("web: an option is nil"))
			continue
		}
		errs = append(errs, o.apply(&cfg))
	}
	if cfg.description != nil {
		cfg.description.srv = srv
	}
	switch host := srv.Host(); {
	case own:
		if cfg.altSvc != "" {
			host.SetAltSvc(cfg.altSvc)
		}
		cfg.site.AltSvc = host.AltSvc
	case cfg.altSvc != "":
		cfg.site.AltSvc = func() string { return cfg.altSvc }
	}
	if cfg.mux != nil {
		cfg.site.Handler = cfg.mux
	}
	s, err := site.New(srv, cfg.site)
	return s, errors.Join(append(errs, err)...)
}
