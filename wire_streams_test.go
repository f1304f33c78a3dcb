package curlew_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

func maxStreams(n uint32) frame.Setting {
	return frame.Setting{ID: frame.SettingMaxConcurrentStreams, Value: n}
}

// inLine returns how many calls of the process wait for a stream, in a queue that
// they have joined.
func inLine() (n int) {
	buf := make([]byte, 1<<20)
	for _, stack := range bytes.Split(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
		state, _, _ := bytes.Cut(stack, []byte("\n"))
		if bytes.Contains(state, []byte("[select")) && bytes.Contains(stack, []byte(".awaitSlot(")) {
			n++
		}
	}
	return n
}

// A crowd is calls that run at the same time.
type crowd struct {
	wg sync.WaitGroup
	mu sync.Mutex
	// errs are how the calls ended, by what they sent.
	errs map[string]error
}

func (cr *crowd) call(ctx context.Context, c *curlew.Client, what string) {
	cr.wg.Go(func() {
		_, err := curlew.CallUnary(ctx, c.Caller(), unary, wrapperspb.String(what))
		cr.mu.Lock()
		defer cr.mu.Unlock()
		if cr.errs == nil {
			cr.errs = map[string]error{}
		}
		cr.errs[what] = err
	})
}

// Calls beyond what a server allows wait, and go in the order of their coming.
func TestCallsWaitInLine(t *testing.T) {
	curlewtest.NoLeaks(t)
	const n = 8
	var order []string
	arrived, goOn := make(chan struct{}), make(chan struct{})
	served := make(chan struct{})
	addr := scripted(t, func(nc net.Conn) {
		p := rawpeer.Server(t, nc, maxStreams(1))
		for range n {
			id := nextRequest(p)
			order = append(order, string(p.Stream(id).Data))
			if len(order) == 1 {
				close(arrived)
				<-goOn
			}
			good(p, id)
		}
		close(served)
		p.Drain()
	})
	c := dialTest(t, addr)
	ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
	defer cancel()
	var cr crowd
	var want []string
	for i := range n {
		want = append(want, string(framed(fmt.Sprint(i))))
		cr.call(ctx, c, fmt.Sprint(i))
		if i == 0 {
			<-arrived
		}
		await(t, func() bool { return inLine() == i })
	}
	close(goOn)
	cr.wg.Wait()
	<-served
	if !slices.Equal(order, want) {
		t.Errorf("served %q", order)
	}
	for what, err := range cr.errs {
		if err != nil {
			t.Errorf("call %s: %v", what, err)
		}
	}
}

// A server may allow no stream at all, for a while, and a stream that is reset
// makes room as one does that has ended.
func TestServerAllowsMoreLater(t *testing.T) {
	curlewtest.NoLeaks(t)
	more, open := make(chan struct{}), make(chan struct{})
	addr := scripted(t, func(nc net.Conn) {
		p := rawpeer.Server(t, nc, maxStreams(0))
		<-more
		p.Write(frame.AppendSettings(nil, maxStreams(1)))
		first := nextHeader(p)
		p.Stream(first)
		close(open)
		requests(p, func(id uint32) { good(p, id) })
	})
	c := dialTest(t, addr)
	ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
	defer cancel()
	short, end := context.WithCancel(ctx)
	var cr crowd
	cr.call(short, c, "first")
	await(t, func() bool { return inLine() == 1 })
	cr.call(ctx, c, "second")
	await(t, func() bool { return inLine() == 2 })
	close(more)
	<-open
	await(t, func() bool { return inLine() == 1 })
	end()
	cr.wg.Wait()
	if err := cr.errs["first"]; !errors.Is(err, curlew.Canceled) {
		t.Errorf("the one that was given up: %v", err)
	}
	if err := cr.errs["second"]; err != nil {
		t.Errorf("the one that waited: %v", err)
	}
}

// A call's deadline holds while it waits in line. Then it was never sent.
func TestDeadlineInLine(t *testing.T) {
	curlewtest.NoLeaks(t)
	addr := scripted(t, func(nc net.Conn) {
		p := rawpeer.Server(t, nc, maxStreams(0))
		if id := nextHeader(p); id != 0 {
			t.Error("a call was sent that the server did not allow")
		}
	})
	c := dialTest(t, addr)
	for _, m := range kinds {
		o := perform(t.Context(), c, m, curlew.Timeout(20*time.Millisecond))
		if !errors.Is(o.err, curlew.DeadlineExceeded) || !strings.Contains(o.err.Error(), "streams") {
			t.Errorf("%v: %v", m.Kind, o.err)
		}
	}
}

// More connections are opened only where the client was told to, and not more
// than it was.
func TestMoreConnections(t *testing.T) {
	curlewtest.NoLeaks(t)
	for limit := 1; limit <= 3; limit++ {
		conns := make(chan int, 10)
		goOn := make(chan struct{})
		addr := scripted(t, func(nc net.Conn) {
			p := rawpeer.Server(t, nc, maxStreams(2))
			open := 0
			for range 2 {
				nextRequest(p)
				open++
			}
			conns <- open
			<-goOn
			good(p, 1)
			good(p, 3)
			requests(p, func(id uint32) { good(p, id) })
		})
		var opts []curlew.ClientOption
		if limit > 1 {
			opts = append(opts, curlew.WithMaxConnectionsPerEndpoint(limit))
		}
		c := dialTest(t, addr, opts...)
		ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
		defer cancel()
		var cr crowd
		const calls = 8
		for i := range calls {
			cr.call(ctx, c, fmt.Sprint(i))
		}
		for range limit {
			<-conns
		}
		await(t, func() bool { return inLine() == calls-2*limit })
		select {
		case <-conns:
			t.Errorf("more than %d connections", limit)
		default:
		}
		close(goOn)
		cr.wg.Wait()
		for what, err := range cr.errs {
			if err != nil {
				t.Errorf("%d connections, call %s: %v", limit, what, err)
			}
		}
	}
}
