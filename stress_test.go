package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
)

// settle waits until the process has at most n goroutines.
func settle(t testing.TB, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > n; {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d expected:\n%s", runtime.NumGoroutine(), n, buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// 20,000 streams over 100 connections at once, each cancelled at a random point:
// everything ends, and the memory comes back.
func TestManyStreamsCancelledAtRandom(t *testing.T) {
	const conns, streams = 100, 200
	// So much at once, with the race detector, can keep a connection waiting for
	// its turn for longer than a handshake should take.
	patience := curlew.WithHandshakeTimeout(2 * time.Minute)
	addr := serve(t, patience)
	before := runtime.NumGoroutine()
	memory := heap()
	clients := make([]*curlew.Client, conns)
	for i := range clients {
		c, err := curlew.NewClient("passthrough:///"+addr, patience, curlew.WithConnectTimeout(2*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		clients[i] = c
	}
	var wg sync.WaitGroup
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	defer stop()
	for i := range conns * streams {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(i)))
			ctx, cancel := context.WithCancel(ctx)
			timer := time.AfterFunc(time.Duration(rnd.IntN(3000))*time.Millisecond, cancel)
			defer timer.Stop()
			defer cancel()
			if err := chatUntilDone(ctx, clients[i%conns], rnd); err != nil && !errors.Is(err, curlew.Canceled) {
				t.Errorf("stream %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for _, c := range clients {
		c.Close()
	}
	settle(t, before+runtime.GOMAXPROCS(0)+1200) // idle handler goroutines are kept for a while
	if after := heap(); after > memory+64<<20 {
		t.Errorf("heap grew from %d to %d bytes", memory, after)
	}
}

func chatUntilDone(ctx context.Context, c *curlew.Client, rnd *rand.Rand) error {
	b, err := curlew.CallBidi(ctx, c.Caller(), chat)
	if err != nil {
		return err
	}
	defer b.Close()
	for i := range 1 + rnd.IntN(50) {
		if err := b.Send(wrapperspb.String(fmt.Sprint(i))); err == io.EOF {
			_, err = b.Recv()
			return err
		} else if err != nil {
			return err
		}
		if _, err := b.Recv(); err != nil {
			return err
		}
		select {
		case <-time.After(time.Duration(rnd.IntN(100)) * time.Millisecond):
		case <-ctx.Done():
		}
	}
	b.CloseSend()
	_, err = b.Recv()
	if err == io.EOF {
		return nil
	}
	return err
}

// Two peers whose write buffers are all full must not wait for each other: 512
// calls at once with 64 KiB each way over a unix socket.
func TestFullBuffersBothWays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := curlew.NewServer()
	srv.Register(testService())
	go srv.Serve(l)
	defer srv.Close()
	c, err := curlew.NewClient("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	payload := string(bytes.Repeat([]byte("x"), 64<<10))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for range 512 {
		wg.Go(func() {
			for range 3 {
				res, err := curlew.CallUnary(ctx, c.Caller(), unary, wrapperspb.String(payload))
				if err != nil || len(res.Value) != len(payload)+len("echo ") {
					t.Errorf("%d bytes, %v", len(res.GetValue()), err)
					return
				}
			}
		})
	}
	wg.Wait()
}
