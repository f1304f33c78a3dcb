package h2

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// What a peer may send is tried out after its greeting. Whatever that is, the
// connection must neither panic nor hang, must say nothing but HTTP/2, and be
// gone with all its goroutines when the peer is.

func FuzzServer(f *testing.F) {
	addScripts(f, "server")
	f.Fuzz(func(t *testing.T, mode byte, input []byte) {
		synctest.Test(t, func(t *testing.T) { fuzzServer(t, mode, input) })
	})
}

func FuzzClient(f *testing.F) {
	addScripts(f, "client")
	f.Fuzz(func(t *testing.T, mode byte, input []byte) {
		synctest.Test(t, func(t *testing.T) { fuzzClient(t, mode, input) })
	})
}

// addScripts takes what the peers of the golden scripts send for seeds.
func addScripts(f *testing.F, role string) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	mode := byte(0)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, scenario := range strings.Split(string(text), "\n== ") {
			_, lines, _ := strings.Cut(scenario, "\n")
			if !strings.HasPrefix(lines, role+" greeted") {
				continue
			}
			var input []byte
			framer := newFramer()
			for line := range strings.Lines(lines) {
				line, ok := strings.CutPrefix(strings.TrimSpace(line), "> ")
				if ok && line != "EOF" && line != "CLOSE" {
					input = append(input, framer.bytes(f, line)...)
				}
			}
			if len(input) < 4096 {
				f.Add(mode&127, input)
				mode++
			}
		}
	}
}

// program reads input as frames in good form, of three octets each, which comes
// to more than octets as they are.
func program(input []byte, header string) (out []byte) {
	for ; len(input) >= 3; input = input[3:] {
		id, arg := uint32(input[1]%12), input[2]
		flags, payload := frame.FlagEndHeaders, ""
		typ := frame.Type(input[0] % 11)
		switch typ {
		case frame.TypeData:
			flags, payload = frame.Flags(arg&1), strings.Repeat("x", int(arg)*4)
		case frame.TypeHeaders:
			flags, payload = flags|frame.Flags(arg&1), header
			if arg&2 != 0 {
				payload = "\x00\x01a\x01b" // trailers
			}
			if arg&4 != 0 {
				flags &^= frame.FlagEndHeaders
			}
			if arg&8 != 0 {
				payload += "\x0f\x0d\x01" + string(rune('0'+arg>>5)) // content-length
			}
		case frame.TypeContinuation:
			flags = frame.Flags(arg & 4)
		case frame.TypePriority:
			payload = "\x00\x00\x00\x0b" + string([]byte{arg})
		case frame.TypeRSTStream:
			payload = string([]byte{0, 0, 0, arg % 16})
		case frame.TypeSettings:
			id, flags, payload = 0, 0, string([]byte{0, arg % 8, 0, 0, arg / 64, arg})
		case frame.TypePing:
			id, flags = 0, frame.Flags(arg&1)
			payload = string([][]byte{probePing[:], drainPing[:], keepalivePing[:], make([]byte, 8)}[arg/2%4])
		case frame.TypeGoAway:
			id, payload = 0, string([]byte{0, 0, 0, arg / 16, 0, 0, 0, arg % 2})
		case frame.TypeWindowUpdate:
			payload = string([]byte{arg & 0x40, 0, arg % 4, arg})
		}
		out = frame.AppendHeader(out, frame.Header{Length: uint32(len(payload)), Type: typ, Flags: flags, StreamID: id})
		out = append(out, payload...)
	}
	return out
}

// fuzzConfig has small limits, so that they are reached.
func fuzzConfig(mode byte) Config {
	cfg := Defaults()
	cfg.MaxStreams = 5
	cfg.StreamWindow, cfg.MaxWindow = 1000, 5000
	cfg.ConnBuffer = 2000
	cfg.SendBuffer = 500
	cfg.MaxHeaderBytes, cfg.MaxHeaderFields = 1000, 20
	cfg.MaxGlitches = 50
	cfg.KeepaliveTime = time.Duration(mode&1) * time.Minute
	cfg.ReadTimeout = time.Minute
	return cfg
}

func fuzzServer(t *testing.T, mode byte, input []byte) {
	var workers Workers
	cfg := fuzzConfig(mode)
	cfg.Workers = &workers
	nc, peer := newPipe(1 << 12)
	c := NewServer(nc, &cfg, acceptorFunc(func(m *Message) (*Stream, Start) {
		h := &handler{request: m, serve: fuzzHandler(mode), aborted: make(chan struct{})}
		h.Init(h)
		if mode&2 != 0 {
			return &h.Stream, Start{Whole: true, Limit: 1500}
		}
		return &h.Stream, Start{}
	}), Observer{})
	c.Start()
	if mode&128 != 0 {
		input = program(input, "\x82\x86\x84\x41\x01h")
	}
	greeting := frame.AppendSettings([]byte(frame.Preface))
	fuzzPeer(t, peer, append(frame.AppendSettingsAck(greeting), input...), 0)
	if mode&32 != 0 {
		c.Drain()
	}
	peer.Close()
	<-c.Done()
	workers.Close(true)
	checkGone(t, c)
}

// fuzzHandler returns a handler of one of a few kinds.
func fuzzHandler(mode byte) func(*handler) {
	return func(h *handler) {
		switch {
		case mode&4 != 0 && h.ID()%4 == 1: // leaves at once
		case mode&8 != 0: // answers whole
			p, _ := h.Peek(2000, h.aborted)
			h.Send(Outgoing{Header: okHeader, Data: p, Trailer: okTrailer}, h.aborted)
		case mode&16 != 0: // answers without listening
			h.Send(Outgoing{Header: okHeader, Data: make([]byte, 3000), End: true}, h.aborted)
		default:
			echo(h)
		}
	}
}

// fuzzPeer writes input and reads what comes back until nothing more happens.
// skip octets of that are no frames.
func fuzzPeer(t *testing.T, peer *pipeEnd, input []byte, skip int) {
	var output []byte
	read := make(chan struct{})
	go func() {
		output, _ = io.ReadAll(peer)
		close(read)
	}()
	go peer.Write(input)
	synctest.Wait()
	time.Sleep(20 * time.Minute) // all timers, and more than once
	peer.in.end(io.ErrClosedPipe)
	<-read
	if len(output) >= skip {
		checkOutput(t, output[skip:])
	}
}

// checkOutput checks that what a connection has said is HTTP/2. The last frame
// may be cut off.
func checkOutput(t *testing.T, b []byte) {
	dec := hpack.NewDecoder(hpackTableSize)
	var block []byte
	blockOf := uint32(0)
	for len(b) >= frame.HeaderLen {
		h := frame.ParseHeader(b)
		if err := h.Check(frame.DefaultMaxSize); err != nil {
			t.Fatalf("%+v: %v", h, err)
		}
		if h.Type > frame.TypeContinuation || h.Type == frame.TypePushPromise || h.Type == frame.TypePriority {
			t.Fatalf("said %+v", h)
		}
		if len(b) < frame.HeaderLen+int(h.Length) {
			return
		}
		p := b[frame.HeaderLen:][:h.Length]
		b = b[frame.HeaderLen+len(p):]
		if (h.Type == frame.TypeContinuation) != (blockOf != 0) || blockOf != 0 && h.StreamID != blockOf {
			t.Fatalf("%+v within, or not within, a header block", h)
		}
		switch h.Type {
		case frame.TypeHeaders, frame.TypeContinuation:
			blockOf = h.StreamID
			if block = append(block, p...); h.Flags.Has(frame.FlagEndHeaders) {
				if _, _, err := dec.Decode(nil, block, hpack.Limits{MaxBytes: 1 << 20, MaxFields: 100}); err != nil {
					t.Fatal(err)
				}
				blockOf, block = 0, nil
			}
		case frame.TypeWindowUpdate:
			if frame.ParseWindowUpdate(p) == 0 {
				t.Fatal("WINDOW_UPDATE of zero")
			}
		}
	}
}

// checkGone checks what must hold of a connection that is gone.
func checkGone(t *testing.T, c *Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		t.Error("gone for no reason")
	}
	if len(c.streams) != 0 || c.running != 0 || c.wbuf != nil {
		t.Errorf("gone with %d streams and %d handlers, unwritten %v", len(c.streams), c.running, c.wbuf)
	}
}

func fuzzClient(t *testing.T, mode byte, input []byte) {
	cfg := fuzzConfig(mode)
	nc, peer := newPipe(1 << 12)
	c := NewClient(nc, &cfg, Observer{})
	c.Start()
	done := make(chan struct{})
	var ended []chan struct{}
	for i, use := range []func(*call){
		func(k *call) { k.Header(done); readAll(&k.Stream) },
		func(k *call) { k.Await(1500, done); k.Received() },
		func(k *call) { k.Send(Outgoing{Data: make([]byte, 5000), End: true}, done) },
		func(k *call) { k.Abandon(time.Minute) },
		func(k *call) { k.Peek(800, done); k.Reset(frame.CodeCancel) },
	} {
		if mode>>(i+1)&1 != 0 && i != 0 {
			continue
		}
		k, over := new(call), make(chan struct{})
		ended = append(ended, over)
		if !c.Reserve() {
			t.Fatal("no room")
		}
		if err := c.Open(&k.Stream, Outgoing{Header: requestTo("/"), End: i == 1 || i == 3}, done); err != nil {
			t.Fatal(err)
		}
		go func() {
			use(k)
			close(over)
		}()
	}
	if mode&128 != 0 {
		input = program(input, "\x88")
	}
	fuzzPeer(t, peer, append(frame.AppendSettings(nil), input...), len(frame.Preface))
	if mode&64 != 0 {
		c.Drain()
	}
	peer.Close()
	<-c.Done()
	for _, over := range ended {
		<-over
	}
	checkGone(t, c)
}
