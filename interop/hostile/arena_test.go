// Package hostile attacks a server over raw connections and holds it to bounds: what
// an attack may cost in memory and processor time, that clients who mean well lose no
// call meanwhile, and that everything is given back afterwards.
package hostile

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/internal/testcurlew"
	"github.com/curlew-rpc/curlew/interop/testservice"
)

// asServer is the first argument of the test binary when it is the server.
const asServer = "as-server"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asServer {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, "server:", err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	// Servers are processes of their own, and most of the time is waiting.
	if err := flag.Set("test.parallel", "10"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// serve runs a server with the defaults that users have. For each line on standard
// input it collects garbage and says how many goroutines there are and how much memory
// can be reached.
func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := curlew.NewServer()
	testservice.Register(srv)
	fmt.Println(l.Addr())
	go srv.Serve(l)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Println(runtime.NumGoroutine(), m.HeapAlloc)
	}
	return lines.Err() // the test has ended
}

// An arena is a server in a process of its own with clients that mean well.
type arena struct {
	t      *testing.T
	addr   string
	pid    int
	ask    func() state
	honest *honest
	level  state // before the attack
	rss    int64 // then
}

// A state is what a process holds, after a collection.
type state struct{ goroutines, heap int }

func newArena(t *testing.T) *arena {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, asServer)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	lines.Scan()
	a := &arena{t: t, addr: lines.Text(), pid: cmd.Process.Pid}
	a.ask = func() (s state) {
		fmt.Fprintln(in)
		lines.Scan()
		if _, err := fmt.Sscan(lines.Text(), &s.goroutines, &s.heap); err != nil {
			t.Fatalf("the server says %q: %v", lines.Text(), err)
		}
		return s
	}
	a.honest = newHonest(t, a.addr)
	a.honest.awaitCalls(t, 100) // all that they need is there
	a.level = a.ask()
	if a.rss = a.resident(); a.rss == 0 {
		t.Fatal("there is nothing to be read of the server's memory")
	}
	return a
}

// resident returns how much memory the server's process has, in bytes; 0 if it is gone.
func (a *arena) resident() (bytes int64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", a.pid))
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// watch returns a function that ends the watching and returns the most memory that
// the server's process had meanwhile beyond its level.
func (a *arena) watch() (most func() int64) {
	var peak atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	end := sync.OnceFunc(func() { close(stop); <-done })
	a.t.Cleanup(end)
	go func() {
		defer close(done)
		for {
			peak.Store(max(peak.Load(), a.resident()))
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		end()
		return peak.Load() - a.rss
	}
}

// recovers waits until the server holds no more than before the attack. It keeps the
// goroutines of handlers for some seconds, and buffers for a collection or two.
func (a *arena) recovers() {
	a.t.Helper()
	var now state
	deadline := time.Now().Add(3 * rawpeer.Patience)
	for time.Now().Before(deadline) {
		now = a.ask()
		if now.goroutines <= a.level.goroutines+8 && now.heap <= a.level.heap+2<<20 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	a.t.Errorf("the server does not come back to its level: %+v, before %+v", now, a.level)
}

// honest clients call all the while.
type honest struct {
	calls  atomic.Int64
	worst  atomic.Int64 // nanoseconds that a call took
	stop   func()
	failed atomic.Pointer[error]
}

func newHonest(t *testing.T, addr string) *honest {
	h := new(honest)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range 2 {
		c, err := curlew.NewClient(addr)
		if err != nil {
			t.Fatal(err)
		}
		service := testcurlew.NewTestServiceClient(c)
		for _, call := range []func(context.Context, testcurlew.TestServiceClient) error{small, stream} {
			wg.Go(func() {
				for ctx.Err() == nil {
					begun := time.Now()
					if err := call(context.Background(), service); err != nil {
						h.failed.CompareAndSwap(nil, &err)
						return
					}
					h.worst.Store(max(h.worst.Load(), int64(time.Since(begun))))
					h.calls.Add(1)
					time.Sleep(time.Millisecond)
				}
			})
		}
		t.Cleanup(func() { c.Close() })
	}
	h.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(h.stop)
	return h
}

// patience bounds what a call of an honest client may take on a machine that is
// under attack and has other things to do.
const patience = 10 * time.Second

func small(ctx context.Context, c testcurlew.TestServiceClient) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	resp, err := c.UnaryCall(ctx, &testpb.SimpleRequest{ResponseSize: 1000})
	if err == nil && len(resp.GetPayload().GetBody()) != 1000 {
		err = fmt.Errorf("a response of %d bytes", len(resp.GetPayload().GetBody()))
	}
	return err
}

func stream(ctx context.Context, c testcurlew.TestServiceClient) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sizes := []*testpb.ResponseParameters{{Size: 10}, {Size: 20000}, {Size: 1}}
	n := 0
	for _, err := range c.StreamingOutputCall(ctx, &testpb.StreamingOutputCallRequest{ResponseParameters: sizes}) {
		if err != nil {
			return err
		}
		n++
	}
	if n != len(sizes) {
		return fmt.Errorf("%d responses", n)
	}
	return nil
}

func (h *honest) awaitCalls(t *testing.T, n int64) {
	t.Helper()
	deadline := time.Now().Add(rawpeer.Patience)
	for before := h.calls.Load(); h.calls.Load() < before+n; time.Sleep(time.Millisecond) {
		if err := h.failed.Load(); err != nil {
			t.Fatalf("an honest client: %v", *err)
		}
		if time.Now().After(deadline) {
			t.Fatal("the honest clients do not get on")
		}
	}
}

// check ends the clients, which must have lost no call.
func (h *honest) check(t *testing.T) {
	t.Helper()
	h.awaitCalls(t, 50) // some of them after the attack
	h.stop()
	if err := h.failed.Load(); err != nil {
		t.Errorf("an honest client lost a call: %v", *err)
	}
}
