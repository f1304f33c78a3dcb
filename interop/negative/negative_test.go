// Package negative has the field's HTTP/2 interoperability cases, in which a server
// does what it may, or should not, and a client has to cope: goaway, rst_after_header,
// rst_during_data, rst_after_data, ping, max_streams, and padding. The same script
// serves Curlew's client and the reference stack's, which shows that it is fair.
package negative

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/internal/testcurlew"
)

// Sizes of the standard large call, in bytes of payload.
const (
	requestSize  = 271828
	responseSize = 314159
)

// A caller makes the standard large call.
type caller func(ctx context.Context) error

// callers connects the clients of both stacks to a server.
var callers = map[string]func(t *testing.T, addr string) caller{
	"curlew": func(t *testing.T, addr string) caller {
		c, err := curlew.NewClient(addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		service := testcurlew.NewTestServiceClient(c)
		return large(func(ctx context.Context, req *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
			return service.UnaryCall(ctx, req)
		})
	},
	"grpc-go": func(t *testing.T, addr string) caller {
		c, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		service := testpb.NewTestServiceClient(c)
		return large(func(ctx context.Context, req *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
			return service.UnaryCall(ctx, req)
		})
	},
}

func large(call func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error)) caller {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, rawpeer.Patience)
		defer cancel()
		resp, err := call(ctx, &testpb.SimpleRequest{
			ResponseSize: responseSize, Payload: &testpb.Payload{Body: make([]byte, requestSize)},
		})
		if err == nil && len(resp.GetPayload().GetBody()) != responseSize {
			return fmt.Errorf("a response of %d bytes", len(resp.GetPayload().GetBody()))
		}
		return err
	}
}

// serve runs a script on each connection, with its number.
func serve(t *testing.T, script func(p *rawpeer.Peer, conn int)) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer nc.Close()
				script(greet(t, nc), i)
			})
		}
	})
	t.Cleanup(wg.Wait)
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// greet makes windows wide, so that the scripts need not mind them.
func greet(t *testing.T, nc net.Conn) *rawpeer.Peer {
	p := rawpeer.Server(t, nc,
		frame.Setting{ID: frame.SettingInitialWindowSize, Value: 1 << 24},
		frame.Setting{ID: frame.SettingMaxConcurrentStreams, Value: 1})
	p.Write(frame.AppendWindowUpdate(nil, 0, 1<<24))
	return p
}

// request waits for a request and returns its stream; 0 if the client hangs up.
func request(p *rawpeer.Peer) uint32 {
	for {
		f, ok := p.Next()
		if !ok {
			return 0
		}
		if f.Type == frame.TypeData && f.Flags.Has(frame.FlagEndStream) {
			return f.StreamID
		}
	}
}

func header(p *rawpeer.Peer, id uint32) {
	p.Headers(id, false, rawpeer.Fields(":status", "200", "content-type", "application/grpc+proto")...)
}

func trailer(p *rawpeer.Peer, id uint32) { p.Headers(id, true, rawpeer.Fields("grpc-status", "0")...) }

var message = func() []byte {
	b, err := proto.Marshal(&testpb.SimpleResponse{Payload: &testpb.Payload{Body: make([]byte, responseSize)}})
	if err != nil {
		panic(err)
	}
	return rawpeer.Message(0, string(b))
}()

func answer(p *rawpeer.Peer, id uint32, padding byte) {
	header(p, id)
	p.Pour(id, false, message, padding)
	trailer(p, id)
}

// eachClient runs a test with the clients of both stacks.
func eachClient(t *testing.T, test func(t *testing.T, connect func(addr string) caller)) {
	for name, connect := range callers {
		t.Run(name, func(t *testing.T) {
			test(t, func(addr string) caller { return connect(t, addr) })
		})
	}
}

// The call after GOAWAY goes over another connection.
func TestGoAway(t *testing.T) {
	eachClient(t, func(t *testing.T, connect func(string) caller) {
		said := make(chan struct{})
		served := make(chan int, 10)
		call := connect(serve(t, func(p *rawpeer.Peer, conn int) {
			id := request(p)
			if id == 0 {
				return
			}
			served <- conn
			answer(p, id, 0)
			if conn == 0 {
				p.SayGoAway(id, frame.CodeNo, "")
				p.Sync()
				close(said)
			}
			p.Drain()
		}))
		if err := call(t.Context()); err != nil {
			t.Fatal("before:", err)
		}
		<-said
		if err := call(t.Context()); err != nil {
			t.Fatal("after:", err)
		}
		if a, b := <-served, <-served; a != 0 || b != 1 {
			t.Errorf("the calls came over the connections %d and %d", a, b)
		}
	})
}

// A response that is cut off by RST_STREAM is no success, whatever its code.
func TestReset(t *testing.T) {
	for name, send := range map[string]func(p *rawpeer.Peer, id uint32){
		"rst_after_header": header,
		"rst_during_data":  func(p *rawpeer.Peer, id uint32) { header(p, id); p.Pour(id, false, message[:len(message)/2], 0) },
		"rst_after_data":   func(p *rawpeer.Peer, id uint32) { header(p, id); p.Pour(id, false, message, 0) },
	} {
		for _, code := range []frame.ErrCode{frame.CodeNo, frame.CodeInternal, frame.CodeCancel} {
			t.Run(fmt.Sprint(name, "/", code), func(t *testing.T) {
				eachClient(t, func(t *testing.T, connect func(string) caller) {
					call := connect(serve(t, func(p *rawpeer.Peer, conn int) {
						first := true
						for id := request(p); id != 0; id = request(p) {
							if !first {
								answer(p, id, 0)
								continue
							}
							first = false
							send(p, id)
							p.Reset(id, code)
						}
					}))
					if err := call(t.Context()); err == nil {
						t.Error("the call succeeded")
					}
					if err := call(t.Context()); err != nil {
						t.Error("the next one failed:", err)
					}
				})
			})
		}
	}
}

// PINGs are answered at any time.
func TestPing(t *testing.T) {
	eachClient(t, func(t *testing.T, connect func(string) caller) {
		answered := make(chan bool, 1)
		call := connect(serve(t, func(p *rawpeer.Peer, _ int) {
			ok := p.Sync()
			id := request(p)
			ok = ok && p.Sync()
			header(p, id)
			ok = ok && p.Sync()
			p.Pour(id, false, message[:1000], 0)
			ok = ok && p.Sync()
			p.Pour(id, false, message[1000:], 0)
			ok = ok && p.Sync()
			trailer(p, id)
			answered <- ok && p.Sync()
			p.Drain()
		}))
		if err := call(t.Context()); err != nil {
			t.Error(err)
		}
		if !<-answered {
			t.Error("a PING was not answered")
		}
	})
}

// Calls above the server's limit, which is one, wait for their turn.
func TestMaxStreams(t *testing.T) {
	eachClient(t, func(t *testing.T, connect func(string) caller) {
		call := connect(serve(t, func(p *rawpeer.Peer, conn int) {
			if conn > 0 {
				t.Error("a second connection")
			}
			open := uint32(0)
			for {
				f, ok := p.Next()
				switch {
				case !ok:
					return
				case f.Type == frame.TypeHeaders && open != 0:
					t.Errorf("stream %d is opened while %d is open", f.StreamID, open)
				case f.Type == frame.TypeHeaders:
					open = f.StreamID
				case f.Type == frame.TypeData && f.Flags.Has(frame.FlagEndStream):
					open = 0 // before the client can know
					answer(p, f.StreamID, 0)
				}
			}
		}))
		if err := call(t.Context()); err != nil {
			t.Fatal("the first call:", err)
		}
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				if err := call(t.Context()); err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			})
		}
		wg.Wait()
	})
}

// Padding is no content, but counts for windows: a client that forgets it hears
// nothing more when they are used up.
func TestDataFramePadding(t *testing.T) {
	for _, padding := range []byte{0, 1, 255} {
		t.Run(fmt.Sprint(padding), func(t *testing.T) {
			eachClient(t, func(t *testing.T, connect func(string) caller) {
				call := connect(serve(t, func(p *rawpeer.Peer, _ int) {
					for id := request(p); id != 0; id = request(p) {
						answer(p, id, padding)
					}
				}))
				for i := range 3 {
					if err := call(t.Context()); err != nil {
						t.Fatalf("call %d: %v", i, err)
					}
				}
			})
		})
	}
}
