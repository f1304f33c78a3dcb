package site

import (
	"strconv"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// How long a response that needs nothing of the request waits for its end, and for how
// much of it: some clients look for an answer only when all is sent, and drop one that
// comes with a reset.
const (
	replyPatience = time.Second
	replyContent  = 64 << 10
)

// A reply is a response that is known from the request's header.
type reply struct {
	header []transport.Field
	body   []byte
}

// newReply returns a reply with a status and a body, which HEAD leaves out.
func newReply(m *transport.Message, status int, contentType string, body []byte, more ...transport.Field) *reply {
	r := &reply{body: body}
	r.header = append(r.header, transport.Field{Name: ":status", Value: strconv.Itoa(status)})
	if contentType != "" {
		r.header = append(r.header,
			transport.Field{Name: "content-type", Value: contentType},
			transport.Field{Name: "content-length", Value: strconv.Itoa(len(body))})
	}
	r.header = append(r.header, more...)
	if m.Method == "HEAD" {
		r.body = nil
	}
	return r
}

// refusal is a reply that says in a line of text what is wrong with a request.
func refusal(m *transport.Message, status int, text string, more ...transport.Field) *reply {
	more = append(more, transport.Field{Name: "x-content-type-options", Value: "nosniff"})
	return newReply(m, status, "text/plain; charset=utf-8", []byte(text+"\n"), more...)
}

func (r *reply) begin() (transport.Owner, *base) {
	v := &visit{reply: r}
	return v, &v.base
}

func (r *reply) start() transport.Start { return transport.Start{} }

// A visit is one request that gets a reply.
type visit struct {
	base
	*reply
}

func (v *visit) Serve() {
	done := make(chan struct{})
	timer := time.AfterFunc(replyPatience, func() { close(done) })
	for left := replyContent; left > 0; {
		b, err := v.carrier.Peek(1, done)
		v.carrier.Discard(len(b))
		if left -= len(b); err != nil {
			break
		}
	}
	timer.Stop()
	// An error means that nobody listens any more.
	_ = v.carrier.Send(transport.Outgoing{Header: v.header, Data: v.body, End: true}, nil)
}

func (v *visit) Aborted(error) {}
