package site

import (
	"errors"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/connect"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/rest"
	"github.com/curlew-rpc/curlew/web/internal/transcode"
)

// restRoutes are the routes of REST: those of google.api.http's rules, and one at its own
// path for each stream.
type restRoutes struct {
	router rest.Router[*restMethod]
}

// A restMethod is one rule of a method.
type restMethod struct {
	*method
	binding *transcode.Binding
}

// restRoutes returns the routes of what is registered. With an error it returns those
// that are in order.
func (s *Site) restRoutes(methods map[string]*method) (*restRoutes, error) {
	routes := new(restRoutes)
	var errs []error
	for svc := range s.srv.Services() {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(svc.Name))
		sd, ok := found.(protoreflect.ServiceDescriptor)
		if err != nil || !ok {
			continue // made by hand
		}
		for _, m := range svc.Methods {
			md := sd.Methods().ByName(protoreflect.Name(m.Method.Path[strings.LastIndexByte(m.Method.Path, '/')+1:]))
			if md != nil && methods[m.Method.Path] != nil {
				errs = append(errs, routes.add(s, methods[m.Method.Path], md))
			}
		}
	}
	return routes, errors.Join(errs...)
}

// add adds the routes of one method.
func (t *restRoutes) add(s *Site, m *method, md protoreflect.MethodDescriptor) error {
	rules, err := transcode.RulesOf(md)
	if err != nil {
		return err
	}
	if m.Kind != curlew.KindUnary { // Connect has unary calls there
		rules = append(rules, rest.Rule{Method: "POST", Template: m.Path, Body: "*"})
	}
	options := transcode.Options{IgnoreUnknown: s.cfg.IgnoreUnknown}
	for _, rule := range rules {
		b, err := transcode.Compile(md, rule, options)
		if err == nil {
			err = t.router.Add(string(md.FullName()), b.Verb(), b.Template(), &restMethod{m, b})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// find returns the route of a request, nil if its path is none of REST's.
func (t *restRoutes) find(s *Site, m *transport.Message, path, query, ct string, more []transport.Field) route {
	if t == nil {
		return nil
	}
	match := t.router.Find(m.Method, path, nil)
	switch match.Result {
	case rest.WrongVerb:
		if s.table.Load().methods[path] != nil {
			return nil // what can be done with the method is said better there
		}
		allow := strings.Join(match.Allow, ", ")
		return refusal(m, 405, "the methods of this path are "+allow, append(more, transport.Field{Name: "allow", Value: allow})...)
	case rest.BadPath:
		return refusal(m, 400, "the path is malformed", more...)
	case rest.NotFound:
		return nil
	}
	if foreign(m) && !s.cfg.CORS.trusts(field(m, "origin"), m.Method, ct) {
		return refusal(m, 403, "a page of another site may not do this", more...)
	}
	r := &restRoute{binding: match.Value.binding, vars: match.Vars, query: query, more: more, head: m.Method == "HEAD"}
	r.get = r.head || m.Method == "GET"
	r.site, r.method = s, match.Value.method
	if !r.read(m, ct) {
		return refusal(m, 415, "the content is to be application/json", append(more, transport.Field{Name: "accept-post", Value: "application/json"})...)
	}
	return r
}

// foreign reports whether a request that may change something comes from a page of
// another site, which browsers let out without asking if it is made to look like that of
// a form.
func foreign(m *transport.Message) bool {
	switch m.Method {
	case "GET", "HEAD", "OPTIONS":
		return false
	}
	switch field(m, "sec-fetch-site") {
	case "same-origin", "none":
		return false
	case "":
		origin := field(m, "origin")
		_, host, _ := strings.Cut(origin, "://")
		return origin != "" && !wire.EqualFold(host, m.Authority)
	}
	return true
}

// read reads a request's header. It reports false for content that is not JSON where
// that is needed.
func (r *restRoute) read(m *transport.Message, ct string) bool {
	s := r.site
	r.req.Path, r.req.Authority = r.method.Path, m.Authority
	r.req.Codec = s.host.Codecs[0]
	r.contentType = ct
	if codec, stream, ok := connect.ParseContentType(ct); !r.binding.RawRequest() && ct != "" &&
		!(ok && !stream && isJSON(codec)) && !plainPost(m, ct) {
		return false
	}
	var err error
	r.req.Header, err = transport.VisibleFields(m.Fields, connect.Visible)
	r.refuse(asArgument(err))
	r.refuse(r.readTimeout(m))
	if encoding := field(m, "content-encoding"); encoding != "" && encoding != wire.Identity {
		if r.recv.Comp = s.host.Compressor(encoding); r.recv.Comp == nil {
			r.more = append(r.more, transport.Field{Name: "accept-encoding", Value: s.accept})
			r.refuse(s.noCompressor(encoding))
		}
	}
	r.req.Accept = list(m, "accept-encoding")
	r.prefer = s.host.Compressor(connect.ChooseEncoding(r.req.Accept, s.known))
	r.events = strings.Contains(list(m, "accept"), "text/event-stream")
	r.limits()
	return true
}

// isJSON reports whether a content type, without its application/, is one of JSON, or of
// values of JSON.
func isJSON(subtype string) bool {
	return subtype == "json" || subtype == "x-ndjson" || strings.HasSuffix(subtype, "+json")
}

func (r *restRoute) readTimeout(m *transport.Message) (err error) {
	if value := field(m, "grpc-timeout"); value != "" {
		r.req.Timeout, err = wire.ParseTimeout(value)
	} else if value := field(m, "connect-timeout-ms"); value != "" {
		r.req.Timeout, err = connect.ParseTimeout(value)
	} else {
		return nil
	}
	r.req.HasTimeout = true
	return err
}
