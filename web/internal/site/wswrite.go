package site

import (
	"bufio"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
)

const (
	// writePiece is how much of what is sent the socket has to take within the timeout.
	writePiece  = 64 << 10
	writeBuffer = 4 << 10
)

// An outbound is what goes out over a WebSocket. Messages are the call's, control frames
// mostly the reader's, which does not wait where it need not: they are left to who writes.
type outbound struct {
	conn    net.Conn
	timeout time.Duration
	turn    chan struct{} // has an element while somebody writes

	// Of who has the turn.
	buf   *bufio.Writer // to the outbound's Write
	ended bool          // nothing more may follow

	mu    sync.Mutex
	until time.Time // no write takes longer; zero: it has only the timeout
	pong  []byte    // the payload of one that is to be sent
	ping  bool      // one is to be sent
	due   bool      // either
}

func (w *outbound) init(nc net.Conn, timeout time.Duration) {
	w.conn, w.timeout = nc, timeout
	w.turn = make(chan struct{}, 1)
	w.buf = bufio.NewWriterSize(w, writeBuffer)
}

// Write writes to the connection, which is closed if it does not take that.
func (w *outbound) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		if err = w.arm(); err == nil {
			m, err = w.conn.Write(b[n:min(len(b), n+writePiece)])
		}
		n += m
	}
	if err != nil {
		w.conn.Close() // the reader sees to the rest
	}
	return n, err
}

func (w *outbound) arm() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := time.Now().Add(w.timeout)
	if !w.until.IsZero() && w.until.Before(by) {
		by = w.until
	}
	return w.conn.SetWriteDeadline(by)
}

// limit has no write take longer than that, those under way among them.
func (w *outbound) limit(by time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.until.IsZero() || by.Before(w.until) {
		w.until = by
		_ = w.conn.SetWriteDeadline(by) // it fails where writes do
	}
}

// extend has a limit that there is leave time until then at least.
func (w *outbound) extend(by time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.until.IsZero() && w.until.Before(by) {
		w.until = by
	}
}

var errEnded = errors.New("the WebSocket is closed")

// send sends messages of the call, and closes if they are its last.
func (w *outbound) send(out *transport.Outgoing) error {
	w.turn <- struct{}{}
	if w.ended {
		return errors.Join(errEnded, w.release())
	}
	if out.Header != nil {
		text, err := headerMessage(out.Header)
		if err != nil {
			return errors.Join(err, w.release())
		}
		w.frame(websocket.Text, text)
	}
	w.envelopes(out)
	if out.End {
		w.closing(websocket.Normal, "")
	}
	return w.release()
}

// envelopes appends a binary message for each envelope. Errors are the buffer's to keep.
func (w *outbound) envelopes(out *transport.Outgoing) {
	envelopes(out, func(n int) { w.header(websocket.Binary, n) }, func(b []byte) { w.buf.Write(b) })
}

// end sends the last messages of a call and closes, by a time, unless that has been done.
// It reports whether the client may hear of it.
func (w *outbound) end(out *transport.Outgoing, code websocket.CloseCode, reason string, by time.Time) bool {
	w.limit(by)
	timer := time.NewTimer(time.Until(by))
	defer timer.Stop()
	select {
	case w.turn <- struct{}{}:
	case <-timer.C:
		return false
	}
	if !w.ended {
		w.envelopes(out)
		w.closing(code, reason)
	}
	return w.release() == nil
}

func (w *outbound) closing(code websocket.CloseCode, reason string) {
	w.frame(websocket.Close, websocket.AppendClose(nil, code, reason))
	w.ended = true
}

func (w *outbound) frame(op websocket.Opcode, payload []byte) {
	w.header(op, len(payload))
	w.buf.Write(payload)
}

func (w *outbound) header(op websocket.Opcode, n int) {
	h := websocket.Header{Final: true, Opcode: op, Length: uint64(n)}
	w.buf.Write(websocket.AppendHeader(w.buf.AvailableBuffer(), h))
}

// sendPong answers a ping, the last of several.
func (w *outbound) sendPong(payload []byte) {
	w.mu.Lock()
	w.pong, w.due = append([]byte{}, payload...), true
	w.mu.Unlock()
	w.control()
}

func (w *outbound) sendPing() {
	w.mu.Lock()
	w.ping, w.due = true, true
	w.mu.Unlock()
	w.control()
}

// control sends the control frames that are due, or leaves that to who writes.
func (w *outbound) control() {
	select {
	case w.turn <- struct{}{}:
		_ = w.release() // a failure closes the connection
	default:
	}
}

// release sends what is buffered and due, and gives the turn away.
func (w *outbound) release() error {
	for {
		w.mu.Lock()
		pong, ping := w.pong, w.ping
		w.pong, w.ping, w.due = nil, false, false
		w.mu.Unlock()
		if pong != nil && !w.ended {
			w.frame(websocket.Pong, pong)
		}
		if ping && !w.ended {
			w.frame(websocket.Ping, nil)
		}
		err := w.buf.Flush()
		<-w.turn
		w.mu.Lock()
		due := w.due
		w.mu.Unlock()
		if err != nil || !due {
			return err
		}
		select {
		case w.turn <- struct{}{}:
		default:
			return nil
		}
	}
}
