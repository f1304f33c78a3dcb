// Package badserver puts clients opposite a malicious server. Whatever it says,
// every call ends with the right code within its deadline, memory stays bounded,
// and the client recovers as soon as a good server is there.
package badserver

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/internal/testserve"
)

const (
	// patience is how long a loaded machine may take for what takes a moment; it
	// is the deadline of calls that end before it.
	patience = 30 * time.Second
	// moment is the deadline of calls that do not end otherwise.
	moment = 200 * time.Millisecond
	// ample is more memory than one bad connection may cost.
	ample = 64 << 20
)

// A service is what the good server serves.
type service struct {
	echov1.UnimplementedEchoService
}

func (service) Unary(_ context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	return &echov1.EchoResponse{Text: req.GetText()}, nil
}

// goodServer starts a server and returns where it listens.
func goodServer(t *testing.T) string {
	t.Helper()
	srv := curlew.NewServer()
	echov1.RegisterEchoService(srv, service{})
	return testserve.Start(t, srv)
}

// badServer serves every connection by a script until the returned function is
// called, which also cuts what is open.
func badServer(t *testing.T, script func(nc net.Conn)) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, nc)
			mu.Unlock()
			wg.Go(func() {
				defer nc.Close()
				script(nc)
			})
		}
	})
	stop = sync.OnceFunc(func() {
		l.Close()
		mu.Lock()
		for _, nc := range open {
			nc.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

// An attack is what the server does to a connection, and what a call over it then
// ends with.
type attack struct {
	name   string
	want   curlew.Code
	script func(nc net.Conn)
	within time.Duration // the call's deadline; patience if zero
}

// perform makes attacks.
func perform(t *testing.T, attacks []attack) {
	curlewtest.NoLeaks(t)
	good := goodServer(t)
	for _, at := range attacks {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			at.perform(t, good)
		})
	}
}

func (at *attack) perform(t *testing.T, good string) {
	bad, stop := badServer(t, at.script)
	var address atomic.Value
	address.Store(bad)
	c, err := curlew.NewClient("passthrough:///echo.test:443", curlew.WithDialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address.Load().(string))
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	within := at.within
	if within == 0 {
		within = patience
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	client := echov1.NewEchoServiceClient(c)
	res, err := client.Unary(ctx, &echov1.EchoRequest{Text: "hello"})
	if curlew.CodeOf(err) != at.want || at.want == curlew.OK && res.GetText() != "fine" {
		t.Errorf("the call ends with %v, %v; want %v", res, err, at.want)
	}
	// Afterwards, a good server at the same address.
	address.Store(good)
	stop()
	for end := time.Now().Add(patience); ; {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		res, err := client.With(curlew.WaitForReady()).Unary(ctx, &echov1.EchoRequest{Text: "again"})
		cancel()
		if err == nil && res.GetText() == "again" {
			return
		}
		// A call may still choose the connection that is about to end.
		if time.Now().After(end) || !errors.Is(err, curlew.Unavailable) && !errors.Is(err, curlew.Internal) {
			t.Fatalf("afterwards: %v, %v", res, err)
		}
	}
}

// A step is a part of a response.
type step func(p *rawpeer.Peer, id uint32)

// answers is a script that gives every complete request the same response. Bytes
// it would not say are written by others, so failures of the peer end it alone.
func answers(steps ...step) func(net.Conn) {
	return func(nc net.Conn) {
		greeted(func(p *rawpeer.Peer) {
			for {
				f, ok := p.Next()
				if !ok {
					return
				}
				if (f.Type == frame.TypeHeaders || f.Type == frame.TypeData) && f.Flags.Has(frame.FlagEndStream) {
					for _, s := range steps {
						s(p, f.StreamID)
					}
				}
			}
		})(nc)
	}
}

// greeted is a script that begins when SETTINGS have been exchanged.
func greeted(script func(p *rawpeer.Peer), settings ...frame.Setting) func(net.Conn) {
	return func(nc net.Conn) { script(rawpeer.Server(quiet{}, nc, settings...)) }
}

// quiet is where a scripted server's complaints go: that the client hangs up in
// the midst of things is not its failure.
type quiet struct{ testing.TB }

func (quiet) Errorf(string, ...any) {}

func section(end bool, pairs ...string) step {
	return func(p *rawpeer.Peer, id uint32) { p.Headers(id, end, rawpeer.Fields(pairs...)...) }
}

// header is an ordinary response header with more fields.
func header(pairs ...string) step {
	return section(false, append([]string{":status", "200", "content-type", "application/grpc+proto"}, pairs...)...)
}

func trailers(pairs ...string) step { return section(true, pairs...) }

func data(b []byte) step { return func(p *rawpeer.Peer, id uint32) { p.Data(id, false, b) } }

// raw is a frame on the request's stream.
func raw(typ frame.Type, flags frame.Flags, payload string) step {
	return func(p *rawpeer.Peer, id uint32) { p.Write(rawFrame(typ, flags, id, payload)) }
}

func rawFrame(typ frame.Type, flags frame.Flags, id uint32, payload string) []byte {
	h := frame.Header{Length: uint32(len(payload)), Type: typ, Flags: flags, StreamID: id}
	return append(frame.AppendHeader(nil, h), payload...)
}

// times repeats a step until it is done or the client hangs up.
func times(n int, s step) step {
	return func(p *rawpeer.Peer, id uint32) {
		for i := range n {
			s(p, id)
			if i%64 == 63 && !p.Sync() {
				return
			}
		}
	}
}

// fine is the message of a good response.
func fine() []byte { return rawpeer.Message(0, encoded("fine")) }

func encoded(text string) string {
	b, err := proto.Marshal(&echov1.EchoResponse{Text: text})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// held returns how many bytes live on the heap.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

var long = strings.Repeat("x", 16000)

func silent(nc net.Conn) { io.Copy(io.Discard, nc) }
