package site

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/connect"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/grpcweb"
)

// Config is what a Site is told. It must not change.
type Config struct {
	CORS *CORS // nil: what other sites' pages ask for is refused
	// Handler answers what nothing else does; nil: nothing.
	Handler http.Handler
	// AltSvc, when set, returns what is announced with responses (RFC 7838), "" for
	// nothing.
	AltSvc func() string
	// NoREST leaves out the routes of google.api.http.
	NoREST bool
	// IgnoreUnknown has unknown query parameters of REST requests ignored.
	IgnoreUnknown bool
}

// A Site answers the requests to one server.
type Site struct {
	srv    *curlew.Server
	host   *transport.Host
	cfg    Config
	accept string // the compressors, as a list
	debug  connect.Debug
	clock  clock
	table  atomic.Pointer[table]

	sockets sockets
}

// A table is what has been registered. It is replaced, never changed.
type table struct {
	methods map[string]*method // by path
	rest    *restRoutes
}

// New returns a site for what is and will be registered with srv.
func New(srv *curlew.Server, cfg Config) (*Site, error) {
	s := &Site{srv: srv, host: srv.Host(), cfg: cfg, debug: debugDetail}
	s.accept = transport.AcceptEncoding(s.host.Compressors)
	if err := s.cfg.CORS.prepare(); err != nil {
		return nil, err
	}
	err := s.update()
	s.host.OnRegister(s.update)
	return s, err
}

// update makes the table anew.
func (s *Site) update() error {
	t := &table{methods: map[string]*method{}}
	for svc := range s.srv.Services() {
		for _, m := range svc.Methods {
			if target := s.host.Lookup(m.Method.Path); target != nil {
				t.methods[m.Method.Path] = &method{Method: m.Method, target: target}
			}
		}
	}
	var err error
	if !s.cfg.NoREST {
		t.rest, err = s.restRoutes(t.methods)
	}
	s.table.Store(t)
	return err
}

// find returns the route of a request.
func (s *Site) find(m *transport.Message, version over) route {
	if m.TooLarge {
		return refusal(m, 431, "the request header is larger than this server takes")
	}
	more, preflight := s.cfg.CORS.judge(m)
	if s.cfg.AltSvc != nil && version != http3 {
		if v := s.cfg.AltSvc(); v != "" {
			more = append(more, transport.Field{Name: "alt-svc", Value: v})
		}
	}
	if preflight {
		return newReply(m, 204, "", nil, more...)
	}
	path, query := splitPath(m)
	if r := s.findText(m, path, query, more); r != nil {
		return r
	}
	if m.Authority == "" && version != http1 {
		return refusal(m, 400, "the request has neither :authority nor host", more...)
	}
	ct := field(m, "content-type")
	if subtype, text, ok := grpcweb.ParseContentType(ct); ok {
		return s.findGRPC(m, path, subtype, true, text, more)
	}
	if subtype, ok := wire.ContentSubtype(ct); ok {
		if version == http1 {
			return refusal(m, 505, "gRPC needs HTTP/2: over HTTP/1.1 there are gRPC-Web and Connect", more...)
		}
		return s.findGRPC(m, path, subtype, false, false, more)
	}
	t := s.table.Load()
	method := t.methods[path]
	if method != nil {
		if r := s.findMethod(m, method, ct, query, more); r != nil {
			return r
		}
	}
	if r := t.rest.find(s, m, path, query, ct, more); r != nil {
		return r
	}
	switch {
	case method != nil:
		return s.refuseMethod(m, method, more)
	case s.cfg.Handler != nil:
		return &handlerRoute{s, m, more}
	}
	return refusal(m, 404, "there is nothing here", more...)
}

// findMethod returns the route of a request by Connect, nil if it is none.
func (s *Site) findMethod(m *transport.Message, method *method, ct, query string, more []transport.Field) route {
	switch m.Method {
	case "POST":
		codec, stream, ok := connect.ParseContentType(ct)
		if plainPost(m, ct) {
			codec, stream, ok = "json", false, true
		}
		switch {
		case !ok:
			return nil
		case !stream && method.Kind != curlew.KindUnary && isJSON(codec):
			return nil // REST has streams in JSON
		}
		return s.findConnect(m, method, codec, stream, more)
	case "GET", "HEAD":
		if method.get() && strings.Contains(query, "message=") {
			return s.findGet(m, method, query, more)
		}
	}
	return nil
}

// plainPost reports whether a request is from somebody who did not care to say that
// its content is JSON, as curl -d does. From a browser it may be any page's doing,
// without the user's or our leave, so there it says nothing.
func plainPost(m *transport.Message, ct string) bool {
	if ct != "" && !strings.HasPrefix(ct, "application/x-www-form-urlencoded") {
		return false
	}
	for _, f := range m.Fields {
		switch f.Name {
		case "origin", "referer", "cookie", "sec-fetch-site", "sec-fetch-mode":
			return false
		}
	}
	return true
}

// refuseMethod returns the response to a request for a method that is not one of its calls.
func (s *Site) refuseMethod(m *transport.Message, method *method, more []transport.Field) route {
	if m.Method == "POST" {
		return s.noCodec(m, method, more)
	}
	allow := "POST"
	if method.get() {
		allow = "GET, HEAD, POST"
		if m.Method == "GET" || m.Method == "HEAD" {
			return refusal(m, 400, "the query has no message: see https://connectrpc.com/docs/protocol#unary-get-request", more...)
		}
	}
	return refusal(m, 405, "this method is called by "+allow, append(more, transport.Field{Name: "allow", Value: allow})...)
}
