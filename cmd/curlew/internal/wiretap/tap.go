// Package wiretap shows what crosses a client's connections: it decodes the frames
// of HTTP/2, and the messages of gRPC in them, as they pass.
package wiretap

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"google.golang.org/protobuf/proto"
)

// An Event is a frame, or the client's preface, at the time when the last of its
// bytes passed.
type Event struct {
	At         time.Time
	FromClient bool
	// Preface is true for the bytes that a client's connection opens with, which are
	// no frame.
	Preface  bool
	Frame    frame.Header
	Fields   []hpack.Field // of HEADERS and CONTINUATION, in the frame that ends them
	Messages []Message     // of DATA, those that end in it
	Note     string        // what a frame of another type says
}

// EndStream reports whether the event is the last that its sender has for the stream.
func (e *Event) EndStream() bool {
	return (e.Frame.Type == frame.TypeData || e.Frame.Type == frame.TypeHeaders) && !e.Preface &&
		e.Frame.Flags.Has(frame.FlagEndStream)
}

// A Message is a message of a call.
type Message struct {
	// Size is what it takes on the wire, without the prefix.
	Size       int
	Compressed bool
	// Msg is nil if the message is compressed, or its type not known, or the bytes
	// are not of that type.
	Msg proto.Message
}

// Types returns a new message of the type that a method's client or server sends,
// or nil if it does not know the method.
type Types func(path string, fromClient bool) proto.Message

// A Tap records the events of all connections that are made through it. Its methods
// may be called concurrently.
type Tap struct {
	types  Types
	dialer net.Dialer

	mu     sync.Mutex
	events []Event
	open   int           // streams that have not ended, and SETTINGS without their ACK
	calm   chan struct{} // closed when open gets 0, if somebody waits
}

// New returns a tap.
func New(types Types) *Tap { return &Tap{types: types} }

// Dial connects, and taps the connection. It fits curlew.WithDialer.
func (t *Tap) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := t.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return t.Tap(nc), nil
}

// Tap taps a client's connection. What lies below TLS is not understood.
func (t *Tap) Tap(nc net.Conn) net.Conn {
	s := &shared{tap: t, streams: make(map[uint32]*stream)}
	return &conn{
		Conn:   nc,
		shared: s,
		up:     half{shared: s, client: true, preface: true, hpack: hpack.NewDecoder(hpack.DefaultTableSize)},
		down:   half{shared: s, hpack: hpack.NewDecoder(hpack.DefaultTableSize)},
	}
}

// Take returns the events since it was last called.
func (t *Tap) Take() []Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	events := t.events
	t.events = nil
	return events
}

// Settle returns when no stream is open and all settings are acknowledged, or with
// ctx's error.
func (t *Tap) Settle(ctx context.Context) error {
	t.mu.Lock()
	if t.open == 0 {
		t.mu.Unlock()
		return nil
	}
	if t.calm == nil {
		t.calm = make(chan struct{})
	}
	calm := t.calm
	t.mu.Unlock()
	select {
	case <-calm:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endedLocked counts what has ended.
func (t *Tap) endedLocked(n int) {
	t.open -= n
	if t.open == 0 && t.calm != nil {
		close(t.calm)
		t.calm = nil
	}
}

// A conn is a connection that is tapped. It offers no more than net.Conn, so that
// everything passes through Read and Write.
type conn struct {
	net.Conn
	*shared
	up, down half
}

// shared is what both directions of a connection know, under the tap's mutex.
type shared struct {
	tap     *Tap
	streams map[uint32]*stream
	unacked int // SETTINGS of either side
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.down.pass(p[:n])
	if err != nil {
		c.lost()
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	// Before the bytes are on their way, so that the answer comes later.
	c.up.pass(p)
	return c.Conn.Write(p)
}

func (c *conn) Close() error {
	c.lost()
	return c.Conn.Close()
}

// lost ends what is open.
func (c *conn) lost() {
	c.tap.mu.Lock()
	defer c.tap.mu.Unlock()
	c.tap.endedLocked(len(c.streams) + c.unacked)
	clear(c.streams)
	c.unacked = 0
}

// A half is what passes in one direction. All of it is under the tap's mutex.
type half struct {
	*shared
	client  bool   // passes what the client sends
	preface bool   // the preface has not passed
	deaf    bool   // what passed was no HTTP/2
	buf     []byte // the beginning of a frame
	hpack   *hpack.Decoder
	block   []byte // the beginning of a field block
}

// A stream is what must be known of one to read its frames.
type stream struct {
	path     string
	up, down []byte // the beginning of a message
	sides    int    // that have not ended it
}

// pass decodes the frames that end in p.
func (h *half) pass(p []byte) {
	now := time.Now()
	h.tap.mu.Lock()
	defer h.tap.mu.Unlock()
	if h.deaf {
		return
	}
	h.buf = append(h.buf, p...)
	b := h.buf
	if h.preface && len(b) >= len(frame.Preface) {
		h.preface = false
		h.tap.events = append(h.tap.events, Event{At: now, FromClient: h.client, Preface: true,
			Frame: frame.Header{Length: uint32(len(frame.Preface))}})
		b = b[len(frame.Preface):]
	}
	for !h.preface && !h.deaf && len(b) >= frame.HeaderLen {
		fh := frame.ParseHeader(b)
		end := frame.HeaderLen + int(fh.Length)
		if len(b) < end {
			break
		}
		e := Event{At: now, FromClient: h.client, Frame: fh}
		h.decode(&e, b[frame.HeaderLen:end])
		h.tap.events = append(h.tap.events, e)
		b = b[end:]
	}
	h.buf = slices.Delete(h.buf, 0, len(h.buf)-len(b))
}
