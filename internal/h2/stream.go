package h2

import (
	"io"
	"math"
	"time"

	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/h2/flow"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/signal"
)

// A Stream is one request and its response. It is embedded in what it belongs
// to and lives as long as that; it is never reused.
//
// One goroutine at a time may receive (Header, Await, Peek, Discard, Free), and
// one may send; Reset may come from any.
type Stream struct {
	conn  *Conn
	owner Owner // of a server's stream
	id    uint32

	// Under the connection's mutex.
	st        state
	headed    bool  // we have sent a header section
	started   bool  // the owner runs or has run
	running   bool  // and counts against the limit of the connection
	whole     bool  // nobody is to be woken before the end, or limit bytes
	eof       bool  // END_STREAM received
	stale     bool  // incomplete for one sweep already
	burst     uint8 // sends since the last wait, up to 2
	last      bool  // nothing follows the message that is sent
	sending   bool  // a message is being sent, and may have been in part
	abandoned bool  // nobody will receive what arrives
	final     bool  // the receiver's own: it has seen eof, so the sections will not change
	drained   bool  // and: nothing more is in in
	limit     int
	length    func([]byte) int // of content, see Start; may be nil
	timer     *time.Timer      // of an abandoned stream
	held      int              // bytes of a message that wait for the client
	swept     int              // what was held at the last sweep
	send      flow.Send
	recv      flow.Recv
	err       *StreamError
	in        *bufpool.Buf // received and not taken; nil: nothing
	owed      uint32       // of in, what flow control has not been told of
	rest      int64        // of the announced content-length, or -1
	header    *Message     // response
	trailer   *Message
	recvSig   signal.Signal // the receiver sleeps on it until need is met
	sendSig   signal.Signal // the sender sleeps on it
	need      int           // bytes in in; forHeader; forEnd

	// The receiver's own.
	taken   *bufpool.Buf
	off     int           // of taken, what has been discarded
	recvBed signal.Signal // what it sleeps on, made when it first must
}

const (
	forHeader = -1
	forEnd    = math.MaxInt
)

// An Owner is what a server's stream belongs to.
type Owner interface {
	// Serve answers the request, on a goroutine of its own. A stream that is
	// still open when it returns is reset.
	Serve()
	// Aborted tells that the stream has ended before its time: the peer reset it
	// or the connection is gone. It may come on any goroutine, during or before
	// Serve, at most once, and must not block.
	Aborted(err error)
}

// Init ties a stream to its owner. Accept functions call it.
func (s *Stream) Init(owner Owner) { s.owner = owner }

// Conn returns the stream's connection, nil before it has one.
func (s *Stream) Conn() *Conn { return s.conn }

// ID returns the stream's identifier.
func (s *Stream) ID() uint32 { return s.id }

// Header waits for the response's header section. Its error is ErrDone, a
// *StreamError, or io.ErrUnexpectedEOF when the stream ended without one.
func (s *Stream) Header(done <-chan struct{}) (*Message, error) {
	if s.final {
		return headerOr(s.header, nil)
	}
	s.conn.mu.Lock()
	err := s.awaitLocked(forHeader, done)
	header := s.header
	s.conn.flushUnlock()
	return headerOr(header, err)
}

func headerOr(header *Message, err error) (*Message, error) {
	switch {
	case header != nil:
		return header, nil
	case err != nil:
		return nil, err
	}
	return nil, io.ErrUnexpectedEOF
}

// Expect says how long what is received will be, as Start's Length does. It comes
// before the stream is opened.
func (s *Stream) Expect(length func(content []byte) int) { s.length = length }

// Await waits until the response is complete, or more than limit bytes of its
// content have arrived.
func (s *Stream) Await(limit int, done <-chan struct{}) error {
	c := s.conn
	c.mu.Lock()
	s.whole, s.limit = true, limit
	err := s.awaitLocked(forEnd, done)
	s.whole = false
	c.flushUnlock()
	return err
}

// Sections is Received for the receiver.
func (s *Stream) Sections() (header, trailer *Message) {
	if s.final {
		return s.header, s.trailer
	}
	return s.Received()
}

// Received returns the response's header section if it has arrived, and its
// trailers if they have. One section that is the whole response is both.
func (s *Stream) Received() (header, trailer *Message) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.header, s.trailer
}

// Started reports whether we have sent a header section.
func (s *Stream) Started() bool {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.headed
}

// Peek waits until n bytes of content can be read in one piece and returns all
// that there are; they stay valid until the next Peek, Discard or Free. It
// returns fewer with io.EOF when the content ends, with ErrDone when done is
// closed, with a *StreamError when the stream broke.
func (s *Stream) Peek(n int, done <-chan struct{}) ([]byte, error) {
	if s.taken != nil && len(s.taken.B)-s.off >= n {
		return s.taken.B[s.off:], nil
	}
	if s.drained {
		if s.taken == nil {
			return nil, io.EOF
		}
		return s.taken.B[s.off:], io.EOF
	}
	c := s.conn
	c.mu.Lock()
	s.handBackLocked()
	err := s.awaitLocked(n, done)
	s.taken, s.in = s.in, nil
	s.drained = s.final
	if s.taken != nil {
		s.settleLocked()
		c.consumedLocked(len(s.taken.B))
	}
	c.flushUnlock()
	have := s.taken
	switch {
	case have != nil && len(have.B) >= n:
		return have.B, nil
	case err == nil:
		err = io.EOF
	}
	if have == nil {
		return nil, err
	}
	return have.B, err
}

// Discard consumes n bytes of what Peek returned.
func (s *Stream) Discard(n int) {
	if n == 0 {
		return
	}
	if s.off += n; s.off == len(s.taken.B) {
		s.taken.Free()
		s.taken, s.off = nil, 0
	}
}

// handBackLocked puts what was taken and not discarded before what has arrived
// since, so that the reader appends to one piece.
func (s *Stream) handBackLocked() {
	if s.taken == nil {
		return
	}
	t := s.taken
	s.taken = nil
	if s.off > 0 {
		t.B = t.B[:copy(t.B, t.B[s.off:])]
		s.off = 0
	}
	s.conn.buffered += int64(len(t.B)) // until it is taken again
	if s.in != nil {
		t.Append(s.in.B)
		s.in.Free()
	}
	s.in = t
}

// awaitLocked sleeps until need is met, the content has ended (nil), the stream
// broke, or done. While the receiver sleeps for more bytes than there are,
// flow control need not wait for it to take them.
func (s *Stream) awaitLocked(need int, done <-chan struct{}) error {
	c := s.conn
	if s.metLocked(need) {
		s.final = s.eof
		return s.brokenLocked()
	}
	if s.recvBed == nil {
		s.recvBed = signal.New()
	}
	sig := s.recvBed
	s.burst = 0
	for !s.metLocked(need) {
		s.recvSig, s.need = sig, need
		if s.owed > 0 {
			s.forestallLocked()
		}
		c.flushUnlock()
		raised := sig.Wait(done)
		c.mu.Lock()
		s.recvSig = nil
		if !raised && !s.metLocked(need) {
			c.relaxLocked(s)
			return ErrDone
		}
	}
	c.relaxLocked(s)
	s.final = s.eof
	return s.brokenLocked()
}

// forestallLocked returns the credit that the stream owes, if what it has need not
// be taken before.
func (s *Stream) forestallLocked() {
	if s.awaitedLocked() && s.conn.grantLocked(s) {
		s.settleLocked()
	}
}

func (s *Stream) brokenLocked() error {
	if s.err != nil && !s.eof {
		return s.err
	}
	return nil
}

func (s *Stream) metLocked(need int) bool {
	switch {
	case s.eof || s.err != nil:
		return true
	case need == forHeader:
		return s.header != nil
	case need == forEnd:
		return s.whole && s.inLocked() > s.limit
	}
	return s.inLocked() >= need
}

func (s *Stream) inLocked() int {
	if s.in == nil {
		return 0
	}
	return len(s.in.B)
}

// creditLocked consumes n received bytes of the stream's window and reports
// whether that queued a WINDOW_UPDATE.
func (s *Stream) creditLocked(n uint32) bool {
	if n == 0 || s.eof || s.st == closed {
		return false
	}
	inc := s.recv.Consume(n)
	if inc > 0 {
		// The time to update is the time to grow.
		if c := s.conn; c.grown < int64(c.cfg.ConnBuffer) {
			more := s.recv.Grow(c.window)
			c.grown += int64(more)
			inc += more
		}
		s.conn.appendWindowUpdateLocked(s.id, inc)
	}
	return inc > 0
}

// Free frees what an ended stream has received and nobody has taken. The
// receiver must have come to rest.
func (s *Stream) Free() {
	s.taken.Free()
	s.taken, s.off = nil, 0
	if !s.drained {
		s.Drop()
	}
}

// Drop frees what an ended stream has received and its receiver has not taken. It may
// be called from any goroutine.
func (s *Stream) Drop() {
	c := s.conn
	if c == nil {
		return
	}
	c.mu.Lock()
	s.dropLocked()
	c.flushUnlock()
}

func (s *Stream) dropLocked() {
	if s.in != nil {
		s.conn.consumedLocked(len(s.in.B))
		s.in.Free()
		s.in = nil
	}
}

// Ended reports whether the peer has ended its side.
func (s *Stream) Ended() bool {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.eof
}

// Failure returns why the stream broke, nil if it has not.
func (s *Stream) Failure() error {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.brokenLocked()
}

// Unprocessed reports whether the stream ended in a way that says that the peer
// has not acted on it.
func (s *Stream) Unprocessed() bool {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.err != nil && s.err.Unprocessed
}

// Abandon leaves a client's stream to end by itself: what arrives is dropped,
// and after limit it is reset.
func (s *Stream) Abandon(limit time.Duration) {
	s.taken.Free()
	s.taken, s.off = nil, 0
	c := s.conn
	c.mu.Lock()
	s.abandoned = true
	s.settleLocked()
	s.dropLocked()
	if s.st != closed {
		s.timer = time.AfterFunc(limit, func() { s.Reset(frame.CodeCancel) })
	}
	c.flushUnlock()
}
