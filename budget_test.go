package curlew_test

import (
	"context"
	"net"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
)

// A countingConn counts the writes that reach the socket.
type countingConn struct {
	*net.TCPConn
	writes *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.TCPConn.Write(p)
}

// TryWrite writes without blocking, as the engine does to a plain socket.
func (c countingConn) TryWrite(p []byte) (n int, err error) {
	c.writes.Add(1)
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	werr := raw.Write(func(fd uintptr) bool {
		n, err = syscall.Write(int(fd), p)
		return true
	})
	if err == syscall.EAGAIN {
		return 0, nil
	}
	if werr != nil {
		err = werr
	}
	return max(n, 0), err
}

type countingListener struct {
	net.Listener
	writes *atomic.Int64
}

func (l countingListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{nc.(*net.TCPConn), l.writes}, nil
}

// One call in flight: a side writes once a call, header, message and trailers
// together; what goes beyond are the occasional window updates.
func TestWritesPerUnaryCall(t *testing.T) {
	var server, client atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := curlew.NewServer()
	srv.Register(testService())
	go srv.Serve(countingListener{l, &server})
	defer srv.Close()
	c, err := curlew.NewClient("passthrough:///"+l.Addr().String(), curlew.WithDialer(
		func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return countingConn{nc.(*net.TCPConn), &client}, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	call := func() {
		if _, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("x")); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		call()
	}
	server.Store(0)
	client.Store(0)
	const calls = 2000
	for range calls {
		call()
	}
	for side, n := range map[string]int64{"server": server.Load(), "client": client.Load()} {
		t.Logf("%s: %.3f writes a call", side, float64(n)/calls)
		if n > calls*105/100 {
			t.Errorf("%s: %d writes for %d calls", side, n, calls)
		}
	}
}

// Both sides run in this process, so the budgets of server (4) and client (6)
// add up; the messages themselves are four more: request and response, each
// made once and received once with its string.
func TestAllocationsPerUnaryCall(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates by itself; CI runs this test without it too")
	}
	c := dialTest(t, serve(t))
	caller := c.Caller()
	req := wrapperspb.String("x")
	call := func() {
		if _, err := curlew.CallUnary(context.Background(), caller, unary, req); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		call()
	}
	n := testing.AllocsPerRun(2000, call)
	t.Logf("%.2f allocations a call, both sides and messages together", n)
	const user = 6 // 2 received messages and their 2 strings, 1 made by the handler and its string
	if n > user+4+6 {
		t.Errorf("%.2f allocations a call", n)
	}
}

// In the steady state no goroutine is started: handlers are reused.
func TestGoroutinesPerUnaryCall(t *testing.T) {
	c := dialTest(t, serve(t))
	caller := c.Caller()
	call := func() {
		if _, err := curlew.CallUnary(t.Context(), caller, unary, wrapperspb.String("x")); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		call()
	}
	before := createdGoroutines()
	const calls = 1000
	for range calls {
		call()
	}
	if n := createdGoroutines() - before; n > calls/20 {
		t.Errorf("%d goroutines were started for %d calls", n, calls)
	}
}

// createdGoroutines estimates how many goroutines have ever been started, by the
// number that a new one gets.
func createdGoroutines() int {
	id := make(chan int)
	go func() {
		var b [64]byte
		n := 0
		for _, ch := range b[len("goroutine "):runtime.Stack(b[:], false)] {
			if ch < '0' || ch > '9' {
				break
			}
			n = n*10 + int(ch-'0')
		}
		id <- n
	}()
	return <-id
}

func dialTest(t testing.TB, addr string, opts ...curlew.ClientOption) *curlew.Client {
	t.Helper()
	c, err := curlew.NewClient("passthrough:///"+addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
