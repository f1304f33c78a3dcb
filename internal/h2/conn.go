package h2

import (
	"crypto/tls"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/h2/flow"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/signal"
)

// A Conn is one HTTP/2 connection. Its methods may be called concurrently.
type Conn struct {
	cfg      *Config
	client   bool
	nc       net.Conn // what is read and written: the socket, or TLS over it
	sock     *socket
	tls      *tls.ConnectionState
	acceptor Acceptor // of a server
	observer Observer
	start    time.Time

	// The reading goroutine's own.
	dec      hpack.Decoder
	scratch  []hpack.Field
	blocks   *blockCache // nil: nothing has been decoded yet
	raw      *rawReader  // nil: read through nc
	rbuf     *bufpool.Buf
	roff     int // of rbuf, what has been handled
	readSize int // what is read at once
	block    headerBlock
	data     dataFrame
	prefaced bool // the peer's first octets were right
	emptied  bool // the last read took all that the socket had
	waited   bool // it had to wait, as far as that can be told
	greeted  bool // its first SETTINGS have arrived
	acked    bool // and its acknowledgement of ours
	peerMax  uint32
	aborted  []*Stream // by what was read last; their owners are to be told

	mu      sync.Mutex
	streams map[uint32]*Stream
	running int // handlers that have neither answered nor returned
	pings   pingGuard

	// Sending.
	enc          hpack.Encoder
	wbuf         *bufpool.Buf // frames to write; nil: none
	tail         tailFrame
	writing      bool // somebody writes, and will take what is appended
	yielding     bool // but lets others run first
	starved      int  // so many more reads it counts that one had to be waited for
	batch        int  // messages appended since the last write began, see earlyBatch
	muted        bool // nothing is written: the protocol is not known yet, or all has been said
	send         flow.Send
	sendQueue    []signal.Signal
	peerMaxFrame uint32
	peerWindow   int32  // initial window of streams
	peerStreams  uint32 // MAX_CONCURRENT_STREAMS of the peer
	forced       int    // bytes the peer made us queue since the last write began
	held         int64  // bytes of messages that wait for the peer, of a server
	moved        int    // bytes of messages sent since the last sweep for those

	// Receiving.
	recv       flow.Recv
	window     int32 // receive window that streams grow to
	est        flow.Estimator
	probing    bool
	buffered   int64         // received, not consumed
	grown      int64         // what the streams' windows have grown by, together
	favoured   *Stream       // goes on although too much is buffered
	strained   bool          // streams have been refused credit for that
	late       lateRing      // streams that we ended first
	strays     int32         // frames of such streams, without DATA, that may be on their way
	strayBytes int64         // and DATA
	ended      idRing        // a client's streams that both sides ended, or the client reset
	violated   error         // to be told
	glitches   int32         // what is left of the budget
	refilled   time.Duration // since start, when time filled it last
	answers    int32         // frames that our DATA lets the peer answer with

	// Client streams.
	nextID   uint32
	unsent   uint32 // the first stream of ours of which the socket has taken nothing
	reserved int
	wanted   bool // a reservation was refused: tell when there is room
	ready    chan struct{}

	// The end.
	leaving   string        // why it is to drain as soon as it is not fresh any more
	draining  bool          // no new streams
	goingAway bool          // the final GOAWAY has been sent, for streams up to lastID
	closing   bool          // hang up once everything is written
	gone      bool          // nothing is read or written any more
	lastID    uint32        // highest stream of the peer's that we took
	hungUpAt  time.Duration // since start, when our half was closed
	idleAt    time.Duration // since start, when a server's last stream ended, if that matters
	tally     Tally
	err       *ConnError
	done      chan struct{} // closed when the reading goroutine has ended

	watch     watchdog
	suspicion suspicion
}

// An Acceptor takes a server's streams.
type Acceptor interface {
	// AcceptOnReader returns the stream for a request, embedded in its owner,
	// and how to start it. It must not block.
	AcceptOnReader(m *Message) (*Stream, Start)
}

// A Start says when a stream's owner is to be run.
type Start struct {
	// Whole: when the request has arrived whole, or more than Limit bytes of its
	// content; otherwise at once.
	Whole bool
	Limit int
	// Length returns how long content will be, as its beginning says; 0 if it does
	// not. Content is all, or what is left when a receiver comes for more. It is a
	// hint, and may be nil.
	Length func(content []byte) int
}

// An Observer hears of a connection's fate. Its functions may be nil; they are
// called on any goroutine, and neither block nor use the connection.
type Observer struct {
	Capacity func() // a reservation was refused before, and would not be now
	Draining func() // no new streams are taken
	// Violated: the peer broke the rules in a way that ended one stream. Of
	// several that arrive together only the first is told.
	Violated func(error)
	// Silent: true says that the peer does not answer, false that it does again.
	Silent func(bool)
	Closed func(error) // the connection is gone and its reading goroutine at its end
}

func newConn(nc net.Conn, cfg *Config) *Conn {
	c := &Conn{
		cfg:          cfg,
		nc:           nc,
		start:        time.Now(),
		readSize:     readSize,
		streams:      make(map[uint32]*Stream),
		peerMaxFrame: frame.DefaultMaxSize,
		peerWindow:   65535,
		peerStreams:  1<<32 - 1,
		window:       cfg.StreamWindow,
		done:         make(chan struct{}),
	}
	switch nc := nc.(type) {
	case *shielded:
		c.nc, c.sock = nc.Conn, nc.sock
		state := nc.Conn.ConnectionState()
		c.tls = &state
	default:
		c.sock = newSocket(nc)
		c.nc = c.sock
		if sc, ok := nc.(syscall.Conn); ok {
			if raw, err := sc.SyscallConn(); err == nil {
				c.raw = newRawReader(raw, c.readSpaceOnReader, c.readNothingOnReader)
			}
		}
	}
	c.dec.Init(hpackTableSize)
	c.enc.Init()
	c.send.Init(initialConnWindow)
	c.recv.Init(initialConnWindow)
	c.glitches = cfg.MaxGlitches
	c.est = flow.Estimator{Window: cfg.StreamWindow, Max: cfg.MaxWindow}
	return c
}

const hpackTableSize = 4096

// NewServer returns the server's end of a connection, which Start brings to
// life. Streams are given to acceptor.
func NewServer(nc net.Conn, cfg *Config, acceptor Acceptor, obs Observer) *Conn {
	c := newConn(nc, cfg)
	c.acceptor = acceptor
	c.observer = obs
	return c
}

// NewClient returns the client's end of a connection, which Start brings to life.
func NewClient(nc net.Conn, cfg *Config, obs Observer) *Conn {
	c := newConn(nc, cfg)
	c.client = true
	c.observer = obs
	c.nextID = 1
	c.suspicion.pings = maxSuspicions
	c.ready = make(chan struct{})
	return c
}

// Start greets the peer and starts to read.
func (c *Conn) Start() {
	c.mu.Lock()
	if c.client {
		b := c.roomLocked(len(frame.Preface) + 64)
		b.B = append(b.B, frame.Preface...)
	}
	c.greetLocked()
	c.watch.armLocked(c, &c.watch.handshake, c.cfg.HandshakeTimeout)
	c.bornLocked()
	go c.readLoop()
	// A server that does not know yet whether the peer speaks HTTP/2 waits for
	// its preface.
	c.muted = c.cfg.Foreign != nil && !c.client
	c.flushUnlock()
}

// greetLocked appends our SETTINGS and opens the connection's window.
func (c *Conn) greetLocked() {
	settings := make([]frame.Setting, 0, 4)
	if c.client {
		settings = append(settings, frame.Setting{ID: frame.SettingEnablePush, Value: 0})
	} else {
		settings = append(settings, frame.Setting{ID: frame.SettingMaxConcurrentStreams, Value: c.cfg.MaxStreams})
	}
	settings = append(settings,
		frame.Setting{ID: frame.SettingInitialWindowSize, Value: uint32(c.cfg.StreamWindow)},
		frame.Setting{ID: frame.SettingMaxHeaderListSize, Value: c.cfg.MaxHeaderBytes})
	b := c.roomLocked(64)
	b.B = frame.AppendSettings(b.B, settings...)
	if more := c.recv.Grow(c.cfg.connWindow()); more > 0 {
		c.appendWindowUpdateLocked(0, more)
	}
}

// TLS returns the state of the TLS connection below, or nil.
func (c *Conn) TLS() *tls.ConnectionState { return c.tls }

// RemoteAddr and LocalAddr return the addresses of the socket.
func (c *Conn) RemoteAddr() net.Addr { return c.sock.RemoteAddr() }
func (c *Conn) LocalAddr() net.Addr  { return c.sock.LocalAddr() }

// Done is closed when the connection is gone and its reading goroutine has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns why the connection ended, or nil while it has not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		return nil
	}
	return c.err
}

// Active returns the number of streams that are open or reserved.
func (c *Conn) Active() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.streams) + c.reserved
}

// Close ends the connection at once: streams fail and handlers are cancelled.
func (c *Conn) Close() {
	c.fail(&ConnError{Code: frame.CodeCancel, Reason: "connection closed", Cause: net.ErrClosed})
}

// fail ends the connection without a word to the peer. The first error stays.
func (c *Conn) fail(err *ConnError) {
	c.mu.Lock()
	if c.gone {
		c.mu.Unlock()
		return
	}
	c.gone = true
	c.draining = true
	if c.err == nil {
		c.err = err
	}
	aborted := c.abortStreamsLocked(func(s *Stream) *StreamError {
		return &StreamError{Code: c.err.Code, Conn: c.err, Unprocessed: c.client && s.id >= c.unsent}
	})
	for _, sig := range c.sendQueue {
		sig.Raise()
	}
	c.wbuf.Free()
	c.wbuf = nil
	c.watch.stopLocked()
	c.mu.Unlock()
	c.sock.Close()
	for _, s := range aborted {
		s.owner.Aborted(s.err)
	}
}

// abortStreamsLocked ends the streams for which why gives a reason, and
// returns those whose owners are to be told.
func (c *Conn) abortStreamsLocked(why func(*Stream) *StreamError) (aborted []*Stream) {
	for _, s := range c.streams {
		if err := why(s); err != nil {
			s.abortLocked(err)
			if s.owner != nil {
				aborted = append(aborted, s)
			}
		}
	}
	return aborted
}

// hangUp closes a connection on which everything has been said. Closing a
// socket with unread input makes the kernel reset the connection, and the peer
// might never see our last words; so it is only half closed here, and closed
// by the reading goroutine when the peer has closed its half or lingered on.
func (c *Conn) hangUp() {
	if tc, ok := c.nc.(*tls.Conn); ok {
		tc.CloseWrite() // says so to TLS; an error is one of the socket, which comes again
		if c.sock.blocked() {
			go func() {
				c.sock.drain(c.cfg.WriteTimeout)
				c.halfClose()
			}()
			return
		}
	}
	c.halfClose()
}

func (c *Conn) halfClose() {
	half, ok := c.sock.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		c.Close()
		return
	}
	c.lingerOn()
}

// lingerOn gives the peer some more time to close its half. One that parts in
// peace has it until it has been silent for a while: it may still be reading
// what we have sent, and what it says meanwhile, if it came to a closed socket,
// would have the system drop that.
func (c *Conn) lingerOn() {
	linger := lingerTime
	if c.peaceful() {
		linger *= 5
	}
	c.mu.Lock()
	now := c.sinceStart()
	if c.hungUpAt == 0 {
		c.hungUpAt = now
	}
	linger = min(linger, c.hungUpAt+maxLinger-now)
	c.mu.Unlock()
	c.sock.SetReadDeadline(time.Now().Add(linger))
}

// maxLinger is how long it may go on saying something.
const maxLinger = 2 * time.Minute

// lingerTime is how long a peer is heard that nothing more can be said to.
const lingerTime = time.Second

// peaceful reports whether the connection ends otherwise than by an error of ours.
func (c *Conn) peaceful() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil || c.err.Code == frame.CodeNo || c.err.Remote
}

// removeLocked takes a closed stream off the connection.
func (c *Conn) removeLocked(s *Stream) {
	if c.streams[s.id] != s {
		return
	}
	delete(c.streams, s.id)
	c.grown -= int64(s.recv.Size() - c.cfg.StreamWindow)
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.whole && !s.started {
		c.watch.waiting--
	}
	c.relaxLocked(s)
	c.restLocked()
	c.tellCapacityLocked()
	c.finishLocked()
}

// finishLocked hangs up a drained connection whose last stream has ended.
func (c *Conn) finishLocked() {
	if c.draining && len(c.streams) == 0 && c.running == 0 && c.reserved == 0 && !c.closing && (c.client || c.goingAway) {
		if c.client && !c.goingAway {
			c.goingAway = true
			b := c.roomLocked(64)
			b.B = frame.AppendGoAway(b.B, 0, frame.CodeNo, "")
		}
		c.hangUpLocked()
	}
}
