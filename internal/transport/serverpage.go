package transport

import (
	"log/slog"
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A Page answers a GET request with an HTTP status and a line of text. query is
// what follows the question mark, as it was sent. It may block.
type Page func(query string) (status int, text string)

// Ask asks the page, which is somebody else's code.
func (p Page) Ask(query string, log *slog.Logger) (status int, text string) {
	defer func() {
		if v := recover(); v != nil {
			log.Error("panic in a page", "panic", v)
			status, text = 500, "the page failed"
		}
	}()
	return p(query)
}

// A plain is the protocol of requests for a page, and what is asked of it.
type plain struct {
	page  Page
	query string
}

// page returns the page that a request is for; nil if there is none.
func (s *Server) page(m *h2.Message) *plain {
	if s.cfg.Pages == nil || m.TooLarge || m.Method != "GET" && m.Method != "HEAD" {
		return nil
	}
	path, query, _ := strings.Cut(m.Path, "?")
	page := s.cfg.Pages(path)
	if page == nil {
		return nil
	}
	return &plain{page, query}
}

// Matches implements [Protocol].
func (*plain) Matches(*h2.Message) bool { return false }

// AcceptOnReader implements [Protocol].
func (p *plain) AcceptOnReader(sc *ServerConn, m *h2.Message) (*h2.Stream, h2.Start) {
	v := &visit{plain: p, conn: sc, head: m.Method == "HEAD"}
	v.Init(v)
	return &v.Stream, h2.Start{}
}

// A visit is one request for a page.
type visit struct {
	h2.Stream
	*plain
	conn *ServerConn
	head bool
}

func (v *visit) Serve() {
	status, text := v.page.Ask(v.query, v.conn.server.cfg.Logger)
	text += "\n"
	header := []Field{
		{Name: ":status", Value: strconv.Itoa(status)},
		{Name: "content-type", Value: "text/plain; charset=utf-8"},
		{Name: "content-length", Value: strconv.Itoa(len(text))},
		{Name: "cache-control", Value: "no-store"},
	}
	out := h2.Outgoing{Header: header, Data: []byte(text), End: true}
	if v.head {
		out.Data = nil
	}
	// An error means that nobody listens any more.
	_ = v.Send(out, nil)
	v.Free()
}

func (v *visit) Aborted(error) { v.Reset(frame.CodeCancel) }
