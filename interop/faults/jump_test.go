//go:build clockjump

package faults

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// TestJump needs the package time of TestClockJumps.
func TestJump(t *testing.T) {
	for _, test := range []struct {
		name string
		by   time.Duration
	}{
		{"a day ahead", 24 * time.Hour},
		{"a day back", -24 * time.Hour},
		{"a second back", -time.Second},
	} {
		t.Run(test.name, func(t *testing.T) { jump(t, test.by) })
	}
}

func jump(t *testing.T, by time.Duration) {
	r := newRig(t, curlew.WithKeepalive(time.Second, time.Second))
	r.works(t)
	long := begun(t, r, "long", time.Minute, &echov1.EchoRequest{Text: "long", Message: atGate})
	short := begun(t, r, "short", 2*time.Second, forEver("short"))
	none := begun(t, r, "none", 0, &echov1.EchoRequest{Text: "none", Message: atGate})
	await(t, "handlers run", func() bool { return r.svc.running.Load() == 3 })

	before := time.Now()
	time.Jump(int64(by / time.Second))
	if moved := time.Now().Round(0).Sub(before.Round(0)); (moved - by).Abs() > patience {
		t.Fatalf("the wall clock has moved by %v, want %v: nothing is tested", moved, by)
	}
	if took := time.Since(before); took < 0 || took > patience {
		t.Fatalf("monotonic time has moved by %v", took)
	}

	// Deadlines neither come with the jump nor are they put off by it, at either side.
	expectAll(t, short, 1, curlew.DeadlineExceeded)
	if took := time.Since(before); took > patience {
		t.Errorf("a deadline of 2s takes %v", took)
	}
	await(t, "the handler past its deadline has returned", func() bool { return r.svc.running.Load() == 2 })
	// Through it several intervals of keepalive have passed.
	if n := len(r.relay.Links()); n != 1 {
		t.Errorf("%d connections, want the one that there was", n)
	}
	r.works(t)
	fresh := begun(t, r, "fresh", time.Second, &echov1.EchoRequest{Text: "fresh", Delay: durationpb.New(time.Hour)})
	expectAll(t, fresh, 1, curlew.DeadlineExceeded)
	close(r.svc.gate)
	expectAll(t, long, 1, curlew.OK)
	expectAll(t, none, 1, curlew.OK)

	// Nor do they keep a client from connecting again.
	r.relay.Reset()
	r.works(t)
	r.idle(t)
}

// begun makes a call with a timeout, or none, and returns where its error will be.
func begun(t *testing.T, r *rig, name string, timeout time.Duration, req *echov1.EchoRequest) <-chan error {
	ctx, cancel := t.Context(), context.CancelFunc(func() {})
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, timeout)
	}
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		_, err := r.client.Unary(ctx, req)
		ended <- err
	}()
	return ended
}
