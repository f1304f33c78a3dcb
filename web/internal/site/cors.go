package site

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// CORS says which pages of other sites may call, https://fetch.spec.whatwg.org/#http-cors-protocol.
type CORS struct {
	// Origins are "https://shop.example", "https://*.example" for all below a name, or
	// "*" for all.
	Origins []string
	// Headers are the names of request headers that pages may set, beside those of the
	// protocols; "*" is any.
	Headers []string
	// Exposed are the names of response headers that pages may read, beside those of
	// the protocols.
	Exposed []string
	// Credentials lets browsers send cookies and the like. It cannot be together with
	// the origin "*".
	Credentials bool
	// MaxAge is how long browsers may remember what they were told; 0 is two hours.
	MaxAge time.Duration

	any             bool
	exposed, maxAge string
	headers         map[string]bool
}

// Request headers of the protocols, and response headers.
const (
	protocolHeaders = "content-type,accept,authorization,connect-protocol-version,connect-timeout-ms,connect-accept-encoding," +
		"connect-content-encoding,grpc-timeout,grpc-accept-encoding,grpc-encoding,x-grpc-web,x-user-agent,last-event-id"
	protocolExposed = "grpc-status,grpc-message,grpc-status-details-bin,connect-content-encoding,connect-accept-encoding,grpc-encoding,etag"
)

// prepare checks the settings.
func (c *CORS) prepare() error {
	if c == nil {
		return nil
	}
	for _, o := range c.Origins {
		if o == "*" {
			c.any = true
			if c.Credentials {
				return fmt.Errorf("web: CORS: the origin * together with credentials would let every page act for its visitors: name the origins")
			}
			continue
		}
		u, err := url.Parse(o)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != strings.ToLower(u.Scheme)+o[len(u.Scheme):] || strings.Contains(strings.Replace(o, "://*.", "://", 1), "*") {
			return fmt.Errorf("web: CORS: %q is no origin: it is to look like https://shop.example or https://*.example, without a path", o)
		}
	}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); err == nil && (u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80") {
			return fmt.Errorf("web: CORS: no browser sends the origin %q: it leaves out the port that is the scheme's", o)
		}
	}
	if len(c.Origins) == 0 {
		return fmt.Errorf("web: CORS: there are no origins")
	}
	for _, name := range append(c.Headers[:len(c.Headers):len(c.Headers)], c.Exposed...) {
		if _, _, err := wire.ReceivedField(name, ""); err != nil {
			return fmt.Errorf("web: CORS: %q is no name of a header", name)
		}
	}
	c.headers = map[string]bool{}
	for _, h := range append(strings.Split(protocolHeaders, ","), c.Headers...) {
		c.headers[strings.ToLower(h)] = true
	}
	c.exposed = strings.Join(append(strings.Split(protocolExposed, ","), c.Exposed...), ", ")
	age := c.MaxAge
	if age == 0 {
		age = 2 * time.Hour
	}
	c.maxAge = strconv.Itoa(int(age / time.Second))
	return nil
}

// allows reports whether pages of an origin may call.
func (c *CORS) allows(origin string) bool {
	if c == nil {
		return false
	}
	if c.any {
		return true
	}
	for _, o := range c.Origins {
		if wire.EqualFold(o, origin) {
			return true
		}
		scheme, suffix, wild := strings.Cut(o, "://*.")
		if wild && len(origin) > len(scheme)+len("://.")+len(suffix) &&
			wire.EqualFold(origin[:len(scheme)+3], scheme+"://") && wire.EqualFold(origin[len(origin)-len(suffix)-1:], "."+suffix) &&
			!strings.ContainsAny(origin[len(scheme)+3:], "/@") {
			return true
		}
	}
	return false
}

// trusts reports whether pages of an origin may make a request that can change something.
// Where all pages may call, but without what browsers know of the user, that is one which
// browsers ask for leave to make: others they send as a form would be, with all they know
// (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
func (c *CORS) trusts(origin, method, contentType string) bool {
	if !c.allows(origin) {
		return false
	}
	if !c.any || method != "POST" {
		return true
	}
	contentType, _, _ = strings.Cut(contentType, ";")
	switch strings.ToLower(wire.TrimValue(contentType)) {
	case "", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
		return false
	}
	return true
}

// judge returns the fields that the response to a request is to have for a page's sake,
// and whether it asks only whether it may be made.
func (c *CORS) judge(m *transport.Message) (fields []transport.Field, preflight bool) {
	origin := field(m, "origin")
	if origin == "" && (c == nil || !c.any) {
		if c != nil {
			fields = append(fields, transport.Field{Name: "vary", Value: "origin"})
		}
		return fields, false
	}
	// Where the response is the same for all it says so to all, for a cache may keep it
	// (https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches).
	asked := field(m, "access-control-request-method")
	preflight = m.Method == "OPTIONS" && origin != "" && asked != ""
	if c != nil && !c.any {
		fields = append(fields, transport.Field{Name: "vary", Value: "origin"})
	}
	if !c.allows(origin) {
		return fields, preflight
	}
	if c.any {
		origin = "*"
	}
	fields = append(fields, transport.Field{Name: "access-control-allow-origin", Value: origin})
	if c.Credentials {
		fields = append(fields, transport.Field{Name: "access-control-allow-credentials", Value: "true"})
	}
	if !preflight {
		return append(fields, transport.Field{Name: "access-control-expose-headers", Value: c.exposed}), false
	}
	fields = append(fields,
		transport.Field{Name: "vary", Value: "access-control-request-method, access-control-request-headers"},
		transport.Field{Name: "access-control-allow-methods", Value: "GET, HEAD, POST, PUT, PATCH, DELETE"},
		transport.Field{Name: "access-control-max-age", Value: c.maxAge})
	if names := c.permitted(list(m, "access-control-request-headers")); names != "" {
		fields = append(fields, transport.Field{Name: "access-control-allow-headers", Value: names})
	}
	return fields, true
}

// permitted returns those of the asked names that pages may set.
func (c *CORS) permitted(asked string) string {
	var names []string
	for name := range wire.Listed(asked) {
		name = strings.ToLower(name)
		if c.headers[name] || c.headers["*"] {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
