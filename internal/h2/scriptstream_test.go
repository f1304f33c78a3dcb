package h2

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// streamCommand does what a script has done to one stream. What may wait is
// done on a goroutine, and its outcome is an event.
func (r *scriptRun) streamCommand(ws []string) {
	r.mu.Lock()
	s := r.streams[ws[1]]
	if s == nil && (ws[0] == "open" || ws[0] == "use") {
		s = r.newStream(ws[1])
		r.streams[s.name] = s
	}
	r.mu.Unlock()
	if s == nil {
		r.t.Fatalf("there is no stream %s", ws[1])
	}
	arg := strings.Join(ws[2:], " ")
	switch ws[0] {
	case "open":
		if r.conn.Reserve() {
			out := r.outgoing(ws[2:])
			s.ops.Go(func() { s.outcome("open", r.conn.Open(&s.Stream, out, s.done)) })
			return
		}
		r.event("%s open: no reservation", s.name)
	case "use":
		out := r.outgoing(ws[2:])
		s.ops.Go(func() { s.outcome("use", r.conn.Open(&s.Stream, out, s.done)) })
	case "send":
		out := r.outgoing(ws[2:])
		s.ops.Go(func() { s.outcome("send", s.Send(out, s.done)) })
	case "header":
		s.ops.Go(s.awaitHeader)
	case "await":
		n := number(r.t, arg)
		s.ops.Go(func() { s.outcome("await", s.Await(n, s.done)) })
	case "peek":
		n := number(r.t, arg)
		s.ops.Go(func() {
			p, err := s.Peek(n, s.done)
			r.event("%s peek: %s, %s", s.name, describeData(p), outcome(err))
		})
	case "discard":
		s.Discard(number(r.t, arg))
	case "reset":
		s.Reset(errCode(r.t, arg))
	case "abandon":
		d, err := time.ParseDuration(arg)
		if err != nil {
			r.t.Fatal(err)
		}
		s.Abandon(d)
	case "free":
		s.Free()
	case "show":
		s.show()
	case "giveup":
		close(s.done)
	case "return":
		close(s.returns)
	default:
		r.t.Fatalf("%s is nothing to be done", ws[0])
	}
}

func (s *scriptStream) awaitHeader() {
	m, err := s.Header(s.done)
	if err != nil {
		s.outcome("header", err)
		return
	}
	s.r.event("%s header:%s", s.name, showMessage(m))
}

// show tells what is known of a stream without waiting.
func (s *scriptStream) show() {
	var b strings.Builder
	header, trailer := s.Received()
	if header != nil {
		b.WriteString(", header" + showMessage(header))
	}
	if trailer != nil {
		b.WriteString(", trailer" + showMessage(trailer))
	}
	for name, is := range map[string]bool{"ended": s.Ended(), "started": s.Started(), "unprocessed": s.Unprocessed()} {
		if is {
			s.r.event("%s is %s", s.name, name)
		}
	}
	s.r.event("%s%s", s.name, b.String())
}

func (s *scriptStream) outcome(what string, err error) {
	s.r.event("%s %s: %s", s.name, what, outcome(err))
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	text := err.Error()
	var se *StreamError
	if errors.As(err, &se) && se.Remote {
		text += " (remote)"
	}
	if errors.As(err, &se) && se.Unprocessed {
		text += " (unprocessed)"
	}
	return text
}

// outgoing parses what is to be sent. A client's header without pseudo-header
// fields is not completed: the engine sends what it is given.
func (r *scriptRun) outgoing(ws []string) (out Outgoing) {
	at := slices.Index(ws, "trailer")
	if at >= 0 {
		out.Trailer = fieldsOf(r.t, ws[at+1:])
		ws = ws[:at]
	}
	var header []string
	for _, w := range ws {
		data, isData := strings.CutPrefix(w, "data=")
		switch {
		case w == "end":
			out.End = true
		case isData && data[0] == '"':
			out.Data = []byte(unquote(r.t, data))
		case isData:
			out.Data = make([]byte, number(r.t, data))
		default:
			header = append(header, w)
		}
	}
	if len(header) > 0 {
		out.Header = fieldsOf(r.t, header)
	}
	if out.Trailer == nil && at >= 0 {
		out.Trailer = []hpack.Field{}
	}
	return out
}

// foreign takes a connection of another protocol over and answers it.
func (r *scriptRun) foreign(nc net.Conn, read []byte) {
	r.event("foreign: %q", read)
	go func() {
		more, _ := io.ReadAll(nc)
		r.event("foreign: %q", more)
		io.WriteString(nc, "hello")
		nc.Close()
	}()
}
