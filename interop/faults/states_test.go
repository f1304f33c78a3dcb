package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/interop/internal/relay"
)

const (
	big  = 256 << 10 // more than a new connection's window
	some = 20 << 10  // of it
	id   = "the call"
)

// A state is a call that has come so far. Its reach begins the call, which is
// made by another goroutine, and returns when it is there.
type state struct {
	name    string
	call    func(context.Context, echov1.EchoServiceClient) error
	prepare func(*testing.T, *rig) // before the call
	reached func(*testing.T, *rig) // waits while the call goes on
	started bool                   // whether the handler has been started by then
	over    bool                   // whether it has returned
}

var states = []state{
	{
		name:    "before SETTINGS",
		call:    hang,
		prepare: func(_ *testing.T, r *rig) { r.relay.Each(func(l *relay.Link) { l.Down.Limit(0) }) },
		reached: func(t *testing.T, r *rig) {
			await(t, "the client has said its preface", func() bool {
				return len(r.relay.Links()) > 0 && r.relay.Links()[0].Up.Passed() > 24
			})
		},
	},
	{
		name:    "in the middle of the request header",
		call:    hang,
		prepare: func(t *testing.T, r *rig) { upTo(t, r, 12) },
		reached: passed(12),
	},
	{
		name:    "in the middle of the only request message",
		call:    bigUnary,
		prepare: func(t *testing.T, r *rig) { upTo(t, r, some) },
		reached: passed(some),
	},
	{
		name:    "in the middle of a request message",
		call:    bigUpload,
		prepare: func(t *testing.T, r *rig) { upTo(t, r, some) },
		reached: running,
		started: true,
	},
	{
		name:    "between request messages",
		call:    slowUpload,
		prepare: func(t *testing.T, r *rig) { r.ready(t) },
		reached: running,
		started: true,
	},
	{
		name:    "before the response",
		call:    hang,
		prepare: func(t *testing.T, r *rig) { r.ready(t) },
		reached: running,
		started: true,
	},
	{
		name:    "after the response header",
		call:    receive(0, 0, ""),
		prepare: func(t *testing.T, r *rig) { r.ready(t) },
		reached: running, // the handler begins by sending it
		started: true,
	},
	{
		name:    "in the middle of a response message",
		call:    receive(1, big, ""),
		prepare: func(t *testing.T, r *rig) { l := r.ready(t); l.Down.Limit(l.Down.Passed() + some) },
		reached: func(t *testing.T, r *rig) {
			running(t, r)
			l := r.relay.Links()[0]
			l.Down.Reached(some)
		},
		started: true,
	},
	{
		name:    "between response messages",
		call:    receive(3, 100, ""),
		prepare: func(t *testing.T, r *rig) { r.ready(t) },
		reached: func(t *testing.T, r *rig) {
			running(t, r)
			r.relay.Links()[0].Down.Reached(300)
		},
		started: true,
	},
	{
		name:    "before the trailers",
		call:    receive(3, 100, atGate),
		prepare: func(t *testing.T, r *rig) { r.ready(t) },
		reached: func(t *testing.T, r *rig) {
			running(t, r)
			l := r.relay.Links()[0]
			l.Down.Reached(300)
			await(t, "the client is silent", still(l.Down.Passed))
			l.Down.Limit(l.Down.Passed())
			close(r.svc.gate)
			r.idle(t)
		},
		started: true,
		over:    true,
	},
}

// still returns a condition: a number has not changed for a while.
func still(f func() int64) func() bool {
	last, since := f(), time.Now()
	return func() bool {
		if n := f(); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 50*time.Millisecond
	}
}

// upTo connects and lets n bytes more through to the server.
func upTo(t *testing.T, r *rig, n int64) {
	l := r.ready(t)
	await(t, "the client is silent", still(l.Up.Passed))
	l.Up.Limit(l.Up.Passed() + n)
	r.mark = l.Up.Passed()
}

// passed waits for n bytes after upTo.
func passed(n int64) func(*testing.T, *rig) {
	return func(_ *testing.T, r *rig) { r.relay.Links()[0].Up.Reached(r.mark + n) }
}

func running(t *testing.T, r *rig) {
	await(t, "the handler runs", func() bool { return r.svc.running.Load() == 1 })
}

func hang(ctx context.Context, c echov1.EchoServiceClient) error {
	_, err := c.Unary(ctx, forEver(id))
	return err
}

func bigUnary(ctx context.Context, c echov1.EchoServiceClient) error {
	_, err := c.Unary(ctx, &echov1.EchoRequest{Text: id, Payload: pattern(big)})
	return err
}

func bigUpload(ctx context.Context, c echov1.EchoServiceClient) error {
	_, err := c.With(curlew.SetHeader(idHeader, id)).ClientStream(ctx, curlew.Values(&echov1.EchoRequest{Payload: pattern(big)}))
	return err
}

// slowUpload sends a message and has no other before the call is over.
func slowUpload(ctx context.Context, c echov1.EchoServiceClient) error {
	b, err := c.With(curlew.SetHeader(idHeader, id)).Bidi(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Send(&echov1.EchoRequest{Text: id}); err != nil && err != io.EOF {
		return err
	}
	_, err = b.Recv()
	return err
}

// receive receives a stream of some messages, after which the handler waits.
func receive(n int32, size int, message string) func(context.Context, echov1.EchoServiceClient) error {
	return func(ctx context.Context, c echov1.EchoServiceClient) error {
		req := &echov1.EchoRequest{Text: id, Repeat: n, Payload: pattern(size), Message: message, Delay: durationpb.New(time.Hour)}
		for res, err := range c.ServerStream(ctx, req) {
			if err != nil {
				return err
			}
			if err := checkEcho(res, id, size); err != nil {
				return err
			}
		}
		return nil
	}
}

// A loss is a way of losing a connection.
type loss struct {
	name    string
	timeout time.Duration // of the call
	lose    func(*relay.Link)
	want    curlew.Code
	opts    []curlew.Option
}

var losses = []loss{
	{"reset", time.Minute, (*relay.Link).Reset, curlew.Unavailable, nil},
	{"end for the client", time.Minute, func(l *relay.Link) { finish(l.Down, l.Up) }, curlew.Unavailable, nil},
	{"end for the server", time.Minute, func(l *relay.Link) { finish(l.Up, l.Down) }, curlew.Unavailable, nil},
	{"silence", 2 * time.Second, silence, curlew.DeadlineExceeded, nil},
	{"silence with keepalive", time.Minute, silence, curlew.Unavailable,
		[]curlew.Option{curlew.WithKeepalive(time.Second, time.Second), curlew.WithHandshakeTimeout(2 * time.Second)}},
}

// finish ends one direction and, if the other one is held back, so that its end
// could not come through, that too.
func finish(lane, other *relay.Lane) {
	lane.Finish()
	if other.Limited() {
		other.Finish()
	}
}

func silence(l *relay.Link) {
	l.Up.Set(relay.Conditions{Drop: true})
	l.Down.Set(relay.Conditions{Drop: true})
}

// Wherever a call is when its connection is lost, in whatever way: it ends with
// the right code and in time, its handler hears of it, it is not executed again,
// and the client works as before when the network does.
func TestConnectionLostInEveryState(t *testing.T) {
	for _, loss := range losses {
		for _, st := range states {
			t.Run(loss.name+", "+st.name, func(t *testing.T) {
				t.Parallel()
				loseIn(t, st, loss)
			})
		}
	}
}

func loseIn(t *testing.T, st state, loss loss) {
	r := newRig(t, loss.opts...)
	st.prepare(t, r)
	ctx, cancel := context.WithTimeout(t.Context(), loss.timeout)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- st.call(ctx, r.client) }()
	st.reached(t, r)
	select {
	case err := <-ended:
		t.Fatalf("the call has ended already: %v", err)
	default:
	}
	for _, l := range r.relay.Links() {
		loss.lose(l)
	}
	var err error
	select {
	case err = <-ended:
	case <-time.After(patience):
		t.Fatalf("the call does not end, with a timeout of %v", loss.timeout)
	}
	if !errors.Is(err, loss.want) {
		t.Errorf("the call ends with %v, want %v", err, loss.want)
	}
	r.idle(t)
	executed := 0
	if st.started {
		executed = 1
	}
	if n := r.executed(id); n != executed {
		t.Errorf("executed %d times, want %d", n, executed)
	}
	if n := r.svc.cut.Load(); st.started && !st.over && n != 1 {
		t.Errorf("%d handlers have heard of it", n)
	}
	r.relay.Each(nil)
	if loss.want == curlew.DeadlineExceeded {
		r.relay.Reset() // nothing else would ever tell the client
	}
	r.works(t)
}

// An idle connection that is lost is replaced, and no call notices.
func TestConnectionLostBetweenCalls(t *testing.T) {
	for _, loss := range losses[:3] {
		t.Run(loss.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			for i := range 5 {
				l := r.ready(t)
				loss.lose(l)
				await(t, "the connection is gone", func() bool { return len(r.relay.Links()) == 0 })
				await(t, "the server has seen it", func() bool { return r.svc.running.Load() == 0 })
				name := fmt.Sprint(i)
				if err := unary(bounded(t), r.client, name, 10); err != nil {
					t.Errorf("the next call: %v", err)
				}
			}
		})
	}
}
