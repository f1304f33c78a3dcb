package faults

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/interop/internal/relay"
)

// slowly returns the address of a relay that delays what passes by some
// milliseconds, so that there is always something under way.
func slowly(t *testing.T, addr string) string {
	t.Helper()
	r, err := relay.New(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	c := relay.Conditions{Delay: 3 * time.Millisecond}
	r.Set(c, c)
	return r.Addr()
}

const burst = 1000

// pair sets up two servers with one ledger, the first behind a relay, and a client
// that goes to the second when the first one leaves.
func pair(t *testing.T) (first, second *rig, client echov1.EchoServiceClient) {
	options := []curlew.ServerOption{curlew.WithMaxStreams(2 * burst)}
	first, second = newRigOf(t, options, nil), newRigOf(t, options, nil)
	second.svc.ledger = first.memory
	// A client tries the second, too, if the first takes its time.
	second.relay.Set(relay.Conditions{Stall: true}, relay.Conditions{Stall: true})
	defer second.relay.Set(relay.Conditions{}, relay.Conditions{})
	conn := newClient(t, "static:///"+first.relay.Addr()+","+second.relay.Addr())
	if err := conn.Ready(bounded(t)); err != nil {
		t.Fatal(err)
	}
	return first, second, echov1.NewEchoServiceClient(conn)
}

// begin makes a burst of calls at once; results gets their errors.
func begin(t *testing.T, c echov1.EchoServiceClient, name, message string, calls *tally) (done chan struct{}) {
	ctx := bounded(t)
	done = make(chan struct{})
	ended := make(chan struct{}, burst)
	for i := range burst {
		go func() {
			id := fmt.Sprintf("%s %d", name, i)
			_, err := c.Unary(ctx, &echov1.EchoRequest{Text: id, Message: message})
			calls.add(id, err)
			ended <- struct{}{}
		}()
	}
	go func() {
		for range burst {
			<-ended
		}
		close(done)
	}()
	return done
}

func awaitDone(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("after %v still not: %s", patience, what)
	}
}

// A server that shuts down while a thousand calls are under way and as many more
// are beginning loses none, and none is executed twice.
func TestGoAwayDuringBurst(t *testing.T) {
	t.Parallel()
	first, second, client := pair(t)
	c := relay.Conditions{Delay: 5 * time.Millisecond}
	first.relay.Set(c, c)
	var calls tally
	underWay := begin(t, client, "under way", atGate, &calls)
	await(t, "calls are under way", func() bool { return first.svc.running.Load() == burst })
	more := begin(t, client, "more", "", &calls)
	shut := make(chan error, 1)
	go func() { shut <- first.srv.Shutdown(bounded(t)) }()
	awaitDone(t, "the calls made meanwhile have ended", more)
	close(first.svc.gate)
	awaitDone(t, "the calls that were under way have ended", underWay)
	if err := <-shut; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	calls.failures(t)
	if err := first.check(calls.outcomes); err != nil {
		t.Error(err)
	}
	if a, b := first.svc.begun.Load(), second.svc.begun.Load(); a < burst || a+b != 2*burst {
		t.Errorf("the servers have executed %d and %d calls, want %d together", a, b, 2*burst)
	}
	second.idle(t)
}

// Calls that a leaving server has never seen, for they are stuck in the network,
// are sent to the other one as soon as it says which was its last.
func TestCallsAboveGoAwayAreRetried(t *testing.T) {
	t.Parallel()
	first, second, client := pair(t)
	if err := unary(bounded(t), client, "seen", 10); err != nil {
		t.Fatal(err)
	}
	for _, l := range first.relay.Links() {
		l.Up.Set(relay.Conditions{Stall: true})
	}
	var calls tally
	done := begin(t, client, "stuck", "", &calls)
	time.Sleep(100 * time.Millisecond) // for most to be sent; those that are not are no test, and no harm
	shut := make(chan error, 1)
	go func() { shut <- first.srv.Shutdown(bounded(t)) }()
	awaitDone(t, "calls have ended", done)
	first.relay.Set(relay.Conditions{}, relay.Conditions{}) // what was stuck arrives after all
	if err := <-shut; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	first.idle(t)
	calls.failures(t)
	if err := first.check(calls.outcomes); err != nil {
		t.Error(err)
	}
	if a, b := first.svc.begun.Load(), second.svc.begun.Load(); a != 1 || b != burst {
		t.Errorf("the servers have executed %d and %d calls, want 1 and %d", a, b, burst)
	}
	second.idle(t)
}

// A call whose first message has been answered is never sent again.
func TestAnsweredCallIsNotRetried(t *testing.T) {
	t.Parallel()
	first, second, client := pair(t)
	b, err := client.With(curlew.SetHeader(idHeader, id)).Bidi(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Send(&echov1.EchoRequest{Repeat: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Recv(); err != nil {
		t.Fatal(err)
	}
	first.srv.Close()
	if _, err := b.Recv(); curlew.CodeOf(err) != curlew.Unavailable {
		t.Errorf("the call ends with %v", err)
	}
	if n := first.executed(id); n != 1 {
		t.Errorf("executed %d times", n)
	}
	if err := unary(bounded(t), client.With(curlew.WaitForReady()), "next", 10); err != nil {
		t.Errorf("the next call: %v", err)
	}
	second.idle(t)
}

// Streams that are open when their server leaves go on to their end, message by
// message, and the server waits for them; new calls go to the other one.
func TestStreamsOutliveGoAway(t *testing.T) {
	t.Parallel()
	const streams = 200
	first, second, client := pair(t)
	ctx := bounded(t)
	exchange := func(b *curlew.BidiCall[*echov1.EchoRequest, *echov1.EchoResponse]) {
		t.Helper()
		if err := b.Send(&echov1.EchoRequest{Text: id, Payload: pattern(1000), Repeat: 1}); err != nil {
			t.Errorf("sending: %v", err)
		}
		res, err := b.Recv()
		if err == nil {
			err = checkEcho(res, id, 1000)
		}
		if err != nil {
			t.Errorf("receiving: %v", err)
		}
	}
	var open []*curlew.BidiCall[*echov1.EchoRequest, *echov1.EchoResponse]
	for range streams {
		b, err := client.With(curlew.SetHeader(idHeader, id)).Bidi(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		exchange(b)
		open = append(open, b)
	}
	shut := make(chan error, 1)
	go func() { shut <- first.srv.Shutdown(ctx) }()
	await(t, "new calls go to the other server", func() bool {
		if err := unary(ctx, client, "new", 10); err != nil {
			t.Errorf("a new call: %v", err)
		}
		return second.svc.begun.Load() > 0
	})
	for range 3 {
		for _, b := range open {
			exchange(b)
		}
	}
	if len(shut) > 0 {
		t.Fatalf("Shutdown does not wait: %v", <-shut)
	}
	for _, b := range open {
		if err := b.CloseSend(); err != nil {
			t.Errorf("the end: %v", err)
		}
		if _, err := b.Recv(); err != io.EOF {
			t.Errorf("after the end: %v", err)
		}
	}
	if err := <-shut; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
