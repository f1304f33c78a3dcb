package site

import "github.com/curlew-rpc/curlew/internal/transport"

// A textRoute is the route of requests for a page of the server's own, which is a line of
// text. Our engine answers them before it asks for routes.
type textRoute struct {
	site  *Site
	m     *transport.Message
	page  transport.Page
	query string
	more  []transport.Field
}

// findText returns the route of a request for a page, nil if there is none.
func (s *Site) findText(m *transport.Message, path, query string, more []transport.Field) route {
	if m.Method != "GET" && m.Method != "HEAD" {
		return nil
	}
	page := s.host.Page(path)
	if page == nil {
		return nil
	}
	return &textRoute{s, m, page, query, more}
}

func (r *textRoute) begin() (transport.Owner, *base) {
	v := &textVisit{r: r}
	return v, &v.base
}

func (r *textRoute) start() transport.Start { return transport.Start{} }

// A textVisit is one request for such a page.
type textVisit struct {
	base
	r *textRoute
}

func (v *textVisit) Serve() {
	status, text := v.r.page.Ask(v.r.query, v.r.site.host.Logger.With("path", v.r.m.Path))
	more := append(v.r.more[:len(v.r.more):len(v.r.more)], transport.Field{Name: "cache-control", Value: "no-store"})
	answer := newReply(v.r.m, status, "text/plain; charset=utf-8", []byte(text+"\n"), more...)
	// An error means that nobody listens any more.
	_ = v.carrier.Send(transport.Outgoing{Header: answer.header, Data: answer.body, End: true}, nil)
}

func (v *textVisit) Aborted(error) {}
