// Package rawpeer is one end of an HTTP/2 connection for tests: it sends what it
// is told, right or wrong, and shows every frame that comes back. Of the
// protocol it does by itself only what any peer must: it answers SETTINGS and
// PING, and keeps the header tables in step.
package rawpeer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// Patience is how long a Peer waits for what must come before its test fails.
const Patience = 20 * time.Second

// A Peer is one end of a connection. One goroutine may use it.
type Peer struct {
	nc      net.Conn
	r       *bufio.Reader
	enc     *hpack.Encoder
	dec     *hpack.Decoder
	fail    func(format string, args ...any)
	streams map[uint32]*Stream
	acks    int  // of PING, received
	closed  bool // the other end has closed the connection

	initial int            // window of streams
	sent    map[uint32]int // of windows, those of streams and, as 0, of the connection
	credit  map[uint32]int // given by WINDOW_UPDATE

	// Settings are those of the other end's first SETTINGS frame.
	Settings []frame.Setting
	// GoAway is the last GOAWAY frame received, nil if there was none.
	GoAway *GoAway
}

// A GoAway is a GOAWAY frame.
type GoAway struct {
	LastID uint32
	Code   frame.ErrCode
	Debug  string
}

// A Stream is what has been received on one stream.
type Stream struct {
	// Order lists the frames but WINDOW_UPDATE: H for a header section, D for
	// DATA, $ behind the one that ended the stream, R for RST_STREAM.
	Order    string
	Sections [][]hpack.Field // header sections
	Data     []byte
	Ended    bool
	Reset    bool
	Code     frame.ErrCode // of the RST_STREAM
}

// Dial connects to a server, which has sent its SETTINGS when Dial returns. Use
// it on the test's goroutine.
func Dial(t testing.TB, address string, settings ...frame.Setting) *Peer {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return Client(t, nc, settings...)
}

// Client is Dial on a connection that is there.
func Client(t testing.TB, nc net.Conn, settings ...frame.Setting) *Peer {
	t.Helper()
	p := newPeer(nc, func(format string, args ...any) { t.Helper(); t.Fatalf(format, args...) })
	p.Write(frame.AppendSettings([]byte(frame.Preface), settings...))
	p.greet()
	return p
}

// Server is the server's end of nc: it has read the client's preface and
// SETTINGS when it returns, and has sent its own. It is used on goroutines
// other than the test's; a failure there ends the goroutine and the connection.
func Server(t testing.TB, nc net.Conn, settings ...frame.Setting) *Peer {
	p := newPeer(nc, func(format string, args ...any) {
		t.Errorf("the scripted server: "+format, args...)
		nc.Close()
		runtime.Goexit()
	})
	p.Write(frame.AppendSettings(nil, settings...))
	preface := make([]byte, len(frame.Preface))
	if _, err := io.ReadFull(p.r, preface); err != nil || string(preface) != frame.Preface {
		p.fail("preface %q, %v", preface, err)
	}
	p.greet()
	return p
}

func newPeer(nc net.Conn, fail func(string, ...any)) *Peer {
	return &Peer{
		nc: nc, r: bufio.NewReader(nc), fail: fail, streams: map[uint32]*Stream{},
		initial: 65535, sent: map[uint32]int{}, credit: map[uint32]int{},
		enc: hpack.NewEncoder(), dec: hpack.NewDecoder(hpack.DefaultTableSize),
	}
}

// greet reads the other end's SETTINGS.
func (p *Peer) greet() {
	f, ok := p.read()
	if !ok || f.Type != frame.TypeSettings || f.Flags.Has(frame.FlagAck) {
		p.fail("the first frame is %v, want SETTINGS", f.Type)
	}
	p.Settings = p.apply(f)
}

// Close closes the connection.
func (p *Peer) Close() { p.nc.Close() }

// Write sends bytes as they are. That the other end has hung up is seen when
// reading, not here.
func (p *Peer) Write(b []byte) {
	p.nc.SetWriteDeadline(time.Now().Add(Patience))
	if _, err := p.nc.Write(b); errors.Is(err, os.ErrDeadlineExceeded) {
		p.fail("writing: %v", err)
	}
}

// Block encodes fields as the connection's next header block, for a caller who
// frames it himself.
func (p *Peer) Block(fields ...hpack.Field) []byte { return p.enc.Append(nil, fields) }

// Headers sends a header section.
func (p *Peer) Headers(id uint32, end bool, fields ...hpack.Field) {
	p.Write(frame.AppendHeaders(nil, id, end, frame.DefaultMaxSize, p.Block(fields...)))
}

// Data sends bytes as DATA frames of at most 16 KiB, which must be within the
// other end's windows.
func (p *Peer) Data(id uint32, end bool, b []byte) {
	for len(b) > frame.DefaultMaxSize {
		p.Write(frame.AppendData(nil, id, false, b[:frame.DefaultMaxSize]))
		b = b[frame.DefaultMaxSize:]
	}
	p.Write(frame.AppendData(nil, id, end, b))
}

// Pour sends bytes as DATA frames as fast as the other end's windows let it, each
// with so many bytes of padding, and reads meanwhile. It reports false if the
// connection ended.
func (p *Peer) Pour(id uint32, end bool, b []byte, padding byte) bool {
	for {
		room := min(frame.DefaultMaxSize, p.window(0), p.window(id)) - 1 - int(padding)
		n := min(len(b), room)
		if room < 0 || n == 0 && len(b) > 0 {
			if _, _, ok := p.one(); !ok {
				return false
			}
			continue
		}
		h := frame.Header{Length: uint32(1 + n + int(padding)), Type: frame.TypeData, Flags: frame.FlagPadded, StreamID: id}
		if end && n == len(b) {
			h.Flags |= frame.FlagEndStream
		}
		f := append(frame.AppendHeader(nil, h), padding)
		p.Write(append(append(f, b[:n]...), make([]byte, padding)...))
		p.sent[0] += int(h.Length)
		p.sent[id] += int(h.Length)
		if b = b[n:]; len(b) == 0 {
			return true
		}
	}
}

// window returns how much may be sent on a stream; 0 stands for the connection.
func (p *Peer) window(id uint32) int {
	initial := 65535
	if id != 0 {
		initial = p.initial
	}
	return initial + p.credit[id] - p.sent[id]
}

// apply takes over the initial window of a SETTINGS frame.
func (p *Peer) apply(f Frame) (settings []frame.Setting) {
	for i := range len(f.Payload) / 6 {
		set := frame.SettingAt(f.Payload, i)
		if settings = append(settings, set); set.ID == frame.SettingInitialWindowSize {
			p.initial = int(set.Value)
		}
	}
	p.Write(frame.AppendSettingsAck(nil))
	return settings
}

// Reset sends RST_STREAM.
func (p *Peer) Reset(id uint32, code frame.ErrCode) { p.Write(frame.AppendRSTStream(nil, id, code)) }

// SayGoAway sends GOAWAY.
func (p *Peer) SayGoAway(last uint32, code frame.ErrCode, debug string) {
	p.Write(frame.AppendGoAway(nil, last, code, debug))
}

// A Frame is a frame received. Payload is without padding.
type Frame struct {
	frame.Header
	Payload []byte
	Fields  []hpack.Field // of HEADERS, with what CONTINUATION adds
}

// read reads one frame; ok is false at the end of the connection.
func (p *Peer) read() (f Frame, ok bool) {
	p.nc.SetReadDeadline(time.Now().Add(Patience))
	var head [frame.HeaderLen]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.fail("waited in vain for a frame")
		}
		p.closed = true
		p.nc.Close() // nobody need wait for this half
		return f, false
	}
	f.Header = frame.ParseHeader(head[:])
	if err := f.Check(frame.DefaultMaxSize); err != nil {
		p.fail("%v", err)
	}
	f.Payload = make([]byte, f.Length)
	if _, err := io.ReadFull(p.r, f.Payload); err != nil {
		p.fail("a frame that is cut off: %v", err)
	}
	if f.Type == frame.TypeHeaders {
		p.section(&f)
	}
	return f, true
}

// section completes and decodes the header block that f begins.
func (p *Peer) section(f *Frame) {
	block, _, err := frame.ParseHeaders(f.Header, f.Payload)
	if err != nil {
		p.fail("%v", err)
	}
	for last := *f; !last.Flags.Has(frame.FlagEndHeaders); {
		var ok bool
		if last, ok = p.read(); !ok || last.Type != frame.TypeContinuation {
			p.fail("a header block is not completed")
		}
		block = append(block, last.Payload...)
	}
	f.Fields, _, err = p.dec.Decode(nil, block, hpack.Limits{MaxBytes: 1 << 24, MaxFields: 1 << 16})
	if err != nil {
		p.fail("%v", err)
	}
}

// Next returns the next frame but SETTINGS, PING and WINDOW_UPDATE; ok is false
// when the other end has closed the connection.
func (p *Peer) Next() (f Frame, ok bool) {
	for {
		f, shown, ok := p.one()
		if shown || !ok {
			return f, ok
		}
	}
}

// one handles one frame; shown is false of those that Next leaves out.
func (p *Peer) one() (f Frame, shown, ok bool) {
	if f, ok = p.read(); !ok {
		return f, false, false
	}
	switch f.Type {
	case frame.TypeSettings:
		if !f.Flags.Has(frame.FlagAck) {
			p.apply(f)
		}
	case frame.TypePing:
		if f.Flags.Has(frame.FlagAck) {
			p.acks++
			return f, true, true
		}
		p.Write(frame.AppendPing(nil, true, [8]byte(f.Payload)))
	case frame.TypeWindowUpdate:
		p.credit[f.StreamID] += int(frame.ParseWindowUpdate(f.Payload))
	default:
		p.note(&f)
		return f, true, true
	}
	return f, false, true
}

// note keeps what a frame says.
func (p *Peer) note(f *Frame) {
	s := p.stream(f.StreamID)
	switch f.Type {
	case frame.TypeGoAway:
		last, code, debug := frame.ParseGoAway(f.Payload)
		p.GoAway = &GoAway{last, code, string(debug)}
		return
	case frame.TypeHeaders:
		s.Order += "H"
		s.Sections = append(s.Sections, f.Fields)
	case frame.TypeData:
		data, err := frame.ParseData(f.Header, f.Payload)
		if err != nil {
			p.fail("%v", err)
		}
		s.Order += "D"
		s.Data = append(s.Data, data...)
	case frame.TypeRSTStream:
		s.Order += "R"
		s.Reset, s.Code = true, frame.ParseRSTStream(f.Payload)
		return
	default:
		s.Order += fmt.Sprintf("(%v)", f.Type)
	}
	if f.Flags.Has(frame.FlagEndStream) {
		s.Order += "$"
		s.Ended = true
	}
}

func (p *Peer) stream(id uint32) *Stream {
	s := p.streams[id]
	if s == nil {
		s = new(Stream)
		p.streams[id] = s
	}
	return s
}

// Until reads until ok is true of what has come on a stream, or the
// connection ends.
func (p *Peer) Until(id uint32, ok func(*Stream) bool) *Stream {
	s := p.stream(id)
	for !p.closed && !ok(s) {
		p.Next()
	}
	return s
}

// Stream reads until the other end has ended or reset a stream, or closed the
// connection, and returns what has come on it.
func (p *Peer) Stream(id uint32) *Stream {
	return p.Until(id, func(s *Stream) bool { return s.Ended || s.Reset })
}

// Sync returns when the other end has handled all that was sent to it so far, and
// what it sent meanwhile has been read. It reports false if the connection ended.
func (p *Peer) Sync() bool {
	p.Write(frame.AppendPing(nil, false, [8]byte{'s', 'y', 'n', 'c'}))
	for want := p.acks + 1; p.acks < want && !p.closed; {
		p.Next()
	}
	return !p.closed
}

// Drain reads until the other end closes the connection.
func (p *Peer) Drain() {
	for !p.closed {
		p.Next()
	}
}
