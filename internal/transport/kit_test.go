package transport_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A target is a method: what it does with a call, and how it ends it.
type target struct {
	whole bool
	most  time.Duration // that a call may take; 0: any
	serve func(*call) *transport.Status
}

func (g *target) NewCall(deadline time.Time) transport.Call {
	c := newCall(g)
	c.Deadline = deadline
	return c
}

func (g *target) Attach(transport.Exchange, time.Time) transport.Owner { panic("not over HTTP/2") }

func (g *target) Whole() bool     { return g.whole }
func (g *target) MaxReceive() int { return maxReceive }

func (g *target) Timeout(asked time.Duration, given bool) (time.Duration, bool) {
	if g.most > 0 && (!given || asked > g.most) {
		return g.most, true
	}
	return asked, given
}

const maxReceive = 1000

// A call is what the root package's calls are, without its API.
type call struct {
	transport.ServerStream
	target          *target
	Deadline        time.Time
	header, trailer []transport.Field
	aborted         chan struct{}
	done            chan struct{} // ends its waits; nil: nothing does
}

func newCall(g *target) *call { return &call{target: g, aborted: make(chan struct{})} }

func (c *call) Base() *transport.ServerStream { return &c.ServerStream }
func (c *call) Aborted(error)                 { close(c.aborted) }

func (c *call) Serve() {
	st := c.Request.Refusal
	if st == nil {
		st = c.target.serve(c)
	}
	if err := c.Finish(st, c.header, c.trailer, c.done); err != nil {
		c.Reset(frame.CodeCancel)
	}
}

// An otherProtocol is a function that serves connections of another protocol.
type otherProtocol func(nc net.Conn)

func (f otherProtocol) Serve(c *transport.ForeignConn) { f(c) }
func (otherProtocol) Drain()                           {}
func (otherProtocol) Close()                           {}

func asStatus(err error) *transport.Status {
	var st *transport.Status
	switch {
	case err == nil:
		return nil
	case errors.As(err, &st):
		return st
	}
	return transport.NewStatus(wire.Unknown, err.Error())
}

// echo answers the one message of a call with itself.
func echo(c *call) *transport.Status {
	var msg []byte
	if err := c.ReceiveOnly(&msg, nil); err != nil {
		return asStatus(err)
	}
	return asStatus(c.Hold(msg, maxReceive, false))
}

// chat answers each message with itself.
func chat(c *call) *transport.Status {
	for {
		var msg []byte
		if err := c.Receive(&msg, nil); err == io.EOF {
			return nil
		} else if err != nil {
			return asStatus(err)
		}
		if err := c.Send(msg, maxReceive, c.header, nil); err != nil {
			return asStatus(err)
		}
	}
}

// fragile is a codec that messages can make fail.
type fragile struct{ codec.Codec }

func (f fragile) Append(dst []byte, msg any) ([]byte, error) {
	if b, _ := msg.([]byte); string(b) == "cannot be encoded" {
		return dst, errors.New("it breaks")
	}
	return f.Codec.Append(dst, msg)
}

func (f fragile) Unmarshal(src []byte, msg any) error {
	if string(src) == "cannot be decoded" {
		return errors.New("it breaks")
	}
	return f.Codec.Unmarshal(src, msg)
}

// A house is a server under test, and what it is made of.
type house struct {
	config  transport.ServerConfig
	grpc    transport.GRPC
	methods map[string]*target
	server  *transport.Server
	addr    string
}

func newHouse() *house {
	h := &house{methods: map[string]*target{
		"/t.S/Echo": {whole: true, serve: echo},
		"/t.S/Chat": {serve: chat},
	}}
	h.grpc = transport.GRPC{
		Lookup: func(path string) transport.Target {
			if m := h.methods[path]; m != nil {
				return m
			}
			return nil
		},
		Refused:     func() transport.Call { return newCall(nil) },
		Codecs:      []codec.Codec{codec.Raw("proto"), codec.Raw("json"), fragile{codec.Raw("fragile")}},
		Compressors: []compress.Compressor{compress.Gzip()},
	}
	h.config = transport.ServerConfig{
		H2:        h2.Defaults(),
		Protocols: []transport.Protocol{&h.grpc},
		Logger:    slog.New(slog.DiscardHandler),
	}
	h.grpc.MaxHeader = h.config.H2.MaxHeaderBytes
	return h
}

// open serves on a port of this machine until the test ends.
func (h *house) open(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = l.Addr().String()
	h.openOn(t, l)
}

func (h *house) openOn(t testing.TB, l net.Listener) {
	h.server = transport.NewServer(&h.config)
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(l) }()
	t.Cleanup(func() {
		h.server.Close()
		if err := <-done; err != transport.ErrServerClosed {
			t.Errorf("Serve: %v", err)
		}
	})
}

// openHouse opens the house as it is.
func openHouse(t testing.TB) *house {
	t.Helper()
	h := newHouse()
	h.open(t)
	return h
}

// request is the header of a request for path, changed by pairs of names and
// values: a field that is there gets the value, or goes if that is "-"; others
// are put behind.
func request(path string, pairs ...string) []transport.Field {
	fields := rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", path, ":authority", "test",
		"te", "trailers", "content-type", "application/grpc")
	for i := 0; i < len(pairs); i += 2 {
		name, value := pairs[i], pairs[i+1]
		at := slices.IndexFunc(fields, func(f transport.Field) bool { return f.Name == name })
		switch {
		case at < 0 || at > 5:
			fields = append(fields, transport.Field{Name: name, Value: value})
		case value == "-":
			fields = slices.Delete(fields, at, at+1)
		default:
			fields[at].Value = value
		}
	}
	return fields
}

// noLeaks fails the test if goroutines of this module are left when it is over.
// Tests that use it must not be parallel.
func noLeaks(t testing.TB) {
	t.Helper()
	t.Cleanup(func() {
		left := []string{"?"}
		await(t, func() bool { left = ourGoroutines(); return len(left) == 0 }, func() string {
			return "goroutines to end:\n\n" + strings.Join(left, "\n\n")
		})
	})
}

// await polls ok until it is true.
func await(t testing.TB, ok func() bool, what func() string) {
	t.Helper()
	end := time.Now().Add(rawpeer.Patience)
	for pause := 50 * time.Microsecond; !ok(); pause = min(2*pause, 20*time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what())
		}
		time.Sleep(pause)
	}
}

func ourGoroutines() (stacks []string) {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for i, stack := range strings.Split(string(buf), "\n\n") {
		if i > 0 && strings.Contains(stack, "curlew-rpc/curlew/") && !strings.Contains(stack, "testing.(*T).Run(") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
