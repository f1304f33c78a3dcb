package site

import (
	"encoding/binary"
	"io"
	"sync"

	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/connect"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
)

// wsCall is a call over a WebSocket: Connect's stream, in messages.
type wsCall struct{ framed }

// Receive implements [transport.Exchange].
func (x *wsCall) Receive(msg any, done <-chan struct{}) error {
	return asArgument(x.framed.Receive(msg, done))
}

// ReceiveOnly implements [transport.Exchange].
func (x *wsCall) ReceiveOnly(msg any, done <-chan struct{}) error {
	return asArgument(x.framed.ReceiveOnly(msg, done))
}

// begin makes the call of a route.
func (c *socket) begin(r *framedRoute) transport.Owner {
	x := &wsCall{framed{r: r}}
	x.carrier, x.other = c, c.peer
	return r.attach(x)
}

// The flags of an envelope of the client's.
const (
	flagMessage   = 0
	flagHalfClose = 2
)

// accept takes what the client has sent after its opening message. What is not as the
// sub-protocol has it is a *transport.Status.
func (c *socket) accept(op websocket.Opcode, b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing:
		return nil // nothing counts that comes after the end
	case op == websocket.Text:
		return badMessage("a second text message")
	case c.tail != nil:
		return badMessage("a message after the half-close")
	case len(b) < wire.PrefixLen || uint64(binary.BigEndian.Uint32(b[1:])) != uint64(len(b)-wire.PrefixLen):
		return badMessage("a binary message that is not one envelope")
	}
	switch b[0] {
	case flagMessage:
		c.pushLocked(b)
		return nil
	case flagHalfClose:
		if string(b[wire.PrefixLen:]) != "{}" {
			return badMessage("a half-close whose data is not {}")
		}
		c.endLocked(io.EOF)
		return nil
	}
	return badMessage("an envelope with flags that have no meaning")
}

func badMessage(what string) error {
	return transport.NewStatus(wire.InvalidArgument, "the client has sent "+what)
}

// endStream returns the envelope that ends a call of which the handler has no say.
func (s *Site) endStream(st *transport.Status) []byte {
	b, _ := connectDialect{s.debug}.end(nil, st, nil)
	return b
}

// envelopes calls yield for each envelope in what is sent, with its length, and then for
// the pieces of it.
func envelopes(out *transport.Outgoing, begin func(length int), piece func([]byte)) {
	var (
		prefix [connect.PrefixLen]byte
		have   int // of prefix
		left   int // of the envelope
	)
	for i := -1; i < len(out.More); i++ {
		b := out.Data
		if i >= 0 {
			b = out.More[i]
		}
		for len(b) > 0 {
			if left > 0 {
				n := min(left, len(b))
				piece(b[:n])
				b, left = b[n:], left-n
				continue
			}
			n := copy(prefix[have:], b)
			b = b[n:]
			if have += n; have == len(prefix) {
				left = int(binary.BigEndian.Uint32(prefix[1:]))
				begin(len(prefix) + left)
				piece(prefix[:])
				have = 0
			}
		}
	}
}

// sockets are the WebSockets of a site: to the HTTP server they are gone.
type sockets struct {
	mu   sync.Mutex
	all  map[*socket]struct{}
	over bool
}

func (s *sockets) add(c *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[*socket]struct{}{}
	}
	s.all[c] = struct{}{}
	if s.over {
		c.cut()
	}
}

func (s *sockets) remove(c *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, c)
}

// cut ends the calls of all, now and in future. It does not wait for that.
func (s *sockets) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	for c := range s.all {
		c.cut()
	}
}
