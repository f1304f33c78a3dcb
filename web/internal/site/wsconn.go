package site

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
)

const (
	// closePatience is how long a client has to answer that a call has ended, before the
	// connection is closed. It has all it needs by then.
	closePatience = 2 * time.Second
	// cutPatience is how long clients have to hear that their calls are cut.
	cutPatience = 250 * time.Millisecond
	// keepalive is how long a client may be silent before it is asked whether it is still
	// there, where the server's options do not say.
	keepalive = 30 * time.Second
	// readAhead is how much more than one message may wait for the handler.
	readAhead = 64 << 10
	// messageCost is what a message takes beside its bytes.
	messageCost = 64
)

// A socket is a WebSocket with its one call, for which it is the [transport.Carrier].
// Two goroutines have it: that of the HTTP request runs the handler, and another one
// reads, so that it is seen when the client closes. The latter closes the connection.
type socket struct {
	site *Site
	conn net.Conn
	peer *transport.PeerInfo
	in   inbound
	out  outbound
	done chan struct{} // closed when nobody reads any more
	more chan struct{} // has an element when Peek may find more
	room chan struct{} // has an element when there may be room again
	head []byte        // what Peek returns; of the goroutine that receives

	mu      sync.Mutex
	owner   transport.Owner // nil: the call has not begun
	queue   [][]byte
	waiting int               // what queue takes
	bound   int               // of waiting
	tail    error             // what follows queue: io.EOF or a *transport.Status; nil: not known
	failed  *transport.Status // the call has no more to send or receive
	aborted bool              // its end could not be sent
	deaf    bool              // the client may have to send a large message before it can answer
	closing bool              // it has ended, and the client is to answer that
	cutting bool              // it is to end at once
	by      time.Time         // when reading ends; zero: it has no end
}

var _ transport.Carrier = (*socket)(nil)

func newSocket(s *Site, nc net.Conn, early []byte) *socket {
	c := &socket{
		site: s, conn: nc,
		done: make(chan struct{}), more: make(chan struct{}, 1), room: make(chan struct{}, 1),
		by: time.Now().Add(s.host.HandshakeTimeout),
	}
	c.in.c = c
	c.in.buf = append([]byte{}, early...)
	c.in.asm.Limit = int(s.host.MaxHeaderBytes)
	c.bound = c.in.asm.Limit + readAhead
	c.out.init(nc, s.host.WriteTimeout)
	return c
}

// serve answers the handshake and serves the call.
func (c *socket) serve(ctx context.Context, header http.Header, p *opening) {
	defer c.conn.Close()
	defer context.AfterFunc(ctx, c.cut)()
	_, _ = io.WriteString(c.out.buf, "HTTP/1.1 101 Switching Protocols\r\n")
	_ = header.Write(c.out.buf) // the buffer keeps errors
	_, _ = io.WriteString(c.out.buf, "\r\n")
	if c.out.buf.Flush() != nil {
		return
	}
	r, err := c.open(p)
	if err != nil {
		c.over(err)
		return
	}
	owner := c.begin(r)
	if at := r.req.Deadline(); !at.IsZero() {
		c.out.limit(at.Add(replyPatience))
	}
	c.mu.Lock()
	c.owner, c.by = owner, time.Time{}
	if r.start().Whole {
		c.by = time.Now().Add(c.site.host.ReadTimeout)
	}
	c.bound = r.recv.Max + readAhead
	c.mu.Unlock()
	c.in.asm.Limit = wire.PrefixLen + max(r.recv.Max, len("{}"))
	go c.receive()
	defer c.finish() // also where a handler ends its goroutine
	owner.Serve()
}

// open waits for the opening message.
func (c *socket) open(p *opening) (*framedRoute, error) {
	op, first, err := c.in.next()
	switch {
	case tooBig(err):
		c.deaf = true
		return nil, transport.NewStatus(wire.ResourceExhausted, "the opening message is larger than this server takes")
	case err != nil:
		return nil, err
	}
	return p.call(op, first)
}

func tooBig(err error) bool {
	var we *websocket.Error
	return errors.As(err, &we) && we.Code == websocket.TooBig
}

// receive reads until the end, which it sees to.
func (c *socket) receive() {
	defer close(c.done)
	defer c.conn.Close()
	for {
		op, b, err := c.in.next()
		switch {
		case err == nil:
			err = c.accept(op, b)
		case tooBig(err):
			// What came before counts, so the call is told in its turn.
			c.mu.Lock()
			c.deaf = true
			c.endLocked(transport.NewStatus(wire.ResourceExhausted, "message larger than the limit of "+strconv.Itoa(c.in.asm.Limit-wire.PrefixLen)+" bytes"))
			c.mu.Unlock()
			err = nil
		}
		if err != nil {
			c.over(err)
			return
		}
	}
}

// over ends the call, if it has not ended, by the reason for which nothing is read any
// more. It runs where that is read.
func (c *socket) over(err error) {
	c.mu.Lock()
	ended := c.closing
	c.mu.Unlock()
	if ended {
		return
	}
	var (
		st *transport.Status
		we *websocket.Error
	)
	switch {
	case err == errCut:
		c.terminate(transport.NewStatus(wire.Unavailable, errCut.Error()), cutPatience)
	case err == errLate:
		c.terminate(transport.NewStatus(wire.DeadlineExceeded, "the request did not arrive in time"), closePatience)
	case errors.As(err, &st):
		c.terminate(st, closePatience)
	case errors.As(err, &we):
		c.site.host.Logger.Warn("WebSocket closed: the client broke the protocol", "peer", c.peer.Remote, "err", err)
		by := time.Now().Add(closePatience)
		c.leave(by)
		c.fail(canceled(err))
		if c.out.end(&transport.Outgoing{}, we.Code, we.Message, by) {
			c.closeWrite()
			// What it still sends would have the system drop what it has not read yet.
			_, _ = io.Copy(io.Discard, c.conn)
		}
	case err == errClosed:
		by := time.Now().Add(cutPatience)
		c.leave(by)
		c.fail(canceled(err))
		c.out.end(&transport.Outgoing{}, c.in.code, "", by)
	default:
		c.fail(canceled(err))
	}
}

func canceled(cause error) *transport.Status {
	return &transport.Status{Code: wire.Canceled, Message: "the WebSocket has ended: " + cause.Error(), Cause: cause}
}

// terminate ends the call with a status whatever the handler does, and waits for the
// client's answer.
func (c *socket) terminate(st *transport.Status, patience time.Duration) {
	by := time.Now().Add(patience)
	c.leave(by)
	c.fail(st)
	if !c.out.end(&transport.Outgoing{Data: c.site.endStream(st)}, websocket.Normal, "", by) {
		return
	}
	if c.deaf || c.in.skip > 0 {
		c.closeWrite()
	}
	c.in.dropping = true
	for {
		if _, _, err := c.in.next(); err != nil {
			return
		}
	}
}

// fail ends what the call waits for, and the handler's context.
func (c *socket) fail(st *transport.Status) {
	c.mu.Lock()
	first := c.failed == nil
	if first {
		c.failed = st
	}
	owner := c.owner
	c.mu.Unlock()
	wake(c.more)
	wake(c.room)
	if first && owner != nil {
		owner.Aborted(st)
	}
}

// leave has the connection end by a time, if the client does not end it before. From
// then on it is the reader's to close.
func (c *socket) leave(by time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		c.closing, c.by = true, by
		_ = c.conn.SetReadDeadline(by) // it fails where reading does
		wake(c.room)
	}
}

// closeWrite has the client see the end though its answer to it will not be seen.
func (c *socket) closeWrite() {
	if w, ok := c.conn.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
}

// finish waits for the connection's end when the handler has returned.
func (c *socket) finish() {
	c.mu.Lock()
	broken := c.aborted && !c.closing
	c.mu.Unlock()
	if broken {
		c.conn.Close()
	}
	by := time.Now().Add(closePatience)
	c.leave(by)
	c.out.limit(by)
	<-c.done
}

// cut has the call end at once. It does not wait.
func (c *socket) cut() {
	soon := time.Now().Add(cutPatience)
	c.out.limit(soon)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cutting = true
	at := time.Unix(1, 0)
	if c.closing {
		at = soon
		c.by = soon
	}
	_ = c.conn.SetReadDeadline(at) // it fails where reading does
	wake(c.room)
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
