package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// policy is a service config for all methods of the test's service.
func policy(mc curlew.MethodConfig) curlew.ServiceConfig {
	mc.Names = []curlew.MethodName{{Service: "t.S"}}
	return curlew.ServiceConfig{Methods: []curlew.MethodConfig{mc}}
}

func retryOn(attempts int, codes ...curlew.Code) *curlew.RetryPolicy {
	return &curlew.RetryPolicy{MaxAttempts: attempts, InitialBackoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond, BackoffMultiplier: 2, Codes: codes}
}

var (
	unavailable = only("grpc-status", "14", "grpc-message", "busy")
	aborted     = only("grpc-status", "10")
	pushedBack  = func(ms string) step { return only("grpc-status", "14", "grpc-retry-pushback-ms", ms) }
)

// A call is tried again by its policy, with all that it has sent, until one attempt
// does or none is left (gRFC A6).
func TestRetryPolicy(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, row := range []struct {
		name     string
		steps    []step
		code     curlew.Code
		attempts int
		reason   string
	}{
		{"good at once", steps(good), 0, 1, ""},
		{"good at the second", steps(unavailable, good), 0, 2, ""},
		{"good at the last", steps(unavailable, aborted, good), 0, 3, ""},
		{"never good", steps(unavailable), curlew.Unavailable, 3, "the retry policy allows 3 attempts"},
		{"another code", steps(only("grpc-status", "5")), curlew.NotFound, 1, ""},
		{"another code then", steps(unavailable, only("grpc-status", "5")), curlew.NotFound, 2, ""},
		{"reset", steps(reset(frame.CodeInternal), good), curlew.Internal, 1, ""},
		{"refused twice", steps(refused, refused, good), 0, 3, ""},
		{"refused, then the policy", steps(refused, unavailable, unavailable, good), 0, 4, ""},
		{"cut off", steps(hangUp, good), 0, 2, ""},
		{"503 of a proxy", steps(section(true, ":status", "503", "content-type", "text/html"), good), 0, 2, ""},
		{"after the header", steps(func(p *rawpeer.Peer, id uint32) { header()(p, id); trailers("grpc-status", "14")(p, id) }), curlew.Unavailable, 1, ""},
		{"pushback", steps(pushedBack("1"), good), 0, 2, ""},
		{"pushback forbids", steps(pushedBack("-1"), good), curlew.Unavailable, 1, "the server forbids another attempt"},
		{"pushback is nonsense", steps(pushedBack("soon"), good), curlew.Unavailable, 1, "the server forbids another attempt"},
		{"pushback twice", steps(only("grpc-status", "14", "grpc-retry-pushback-ms", "1", "grpc-retry-pushback-ms", "2"), good), curlew.Unavailable, 1, "the server forbids another attempt"},
		{"pushback beyond the deadline", steps(pushedBack("3600000"), good), curlew.Unavailable, 1, "the deadline would pass in the wait of 1h0m0s before another attempt"},
	} {
		for _, m := range kinds {
			t.Run(strings.ReplaceAll(fmt.Sprint(row.name, " ", m.Kind), " ", "_"), func(t *testing.T) {
				y := tally{steps: row.steps}
				ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
				defer cancel()
				c := dialTest(t, y.serve(t), curlew.WithServiceConfig(policy(curlew.MethodConfig{Retry: retryOn(3, curlew.Unavailable, curlew.Aborted)})))
				o := perform(ctx, c, m)
				if curlew.CodeOf(o.err) != row.code || row.code == 0 && !slices.Equal(o.messages, one) {
					t.Errorf("%v, %q", o.err, o.messages)
				}
				seen, _ := y.seen()
				if len(seen) != row.attempts {
					t.Errorf("%d attempts", len(seen))
				}
				counted := 0
				for i, r := range seen {
					if string(r.Data) != string(framed("hello")) {
						t.Errorf("attempt %d has %q", i, r.Data)
					}
					if i > 0 && !strings.HasPrefix(row.name, "refused") {
						counted++
					}
					if got := strings.Join(rawpeer.Values(r.First(), "grpc-previous-rpc-attempts"), ","); counted > 0 && got != fmt.Sprint(counted) {
						t.Errorf("attempt %d says that %q went before", i, got)
					}
				}
				why := curlew.Explain(o.err)
				switch {
				case (why == nil) != (o.err == nil):
					t.Errorf("explained by %v", why)
				case why != nil && (len(why.Attempts) != row.attempts || why.Reason != row.reason):
					t.Errorf("explained by\n%v", why)
				}
			})
		}
	}
}

// While more than half of the tokens are used up nothing is tried again; successes give
// them back.
func TestRetryThrottling(t *testing.T) {
	curlewtest.NoLeaks(t)
	var ok bool
	y := tally{steps: steps(func(p *rawpeer.Peer, id uint32) {
		if ok {
			good(p, id)
		} else {
			unavailable(p, id)
		}
	})}
	sc := policy(curlew.MethodConfig{Retry: retryOn(2, curlew.Unavailable)})
	sc.RetryThrottling = &curlew.RetryThrottling{MaxTokens: 10, TokenRatio: 0.5}
	c := dialTest(t, y.serve(t), curlew.WithServiceConfig(sc))
	call := func() (attempts int, err error) {
		before, _ := y.seen()
		o := perform(t.Context(), c, unary)
		after, _ := y.seen()
		return len(after) - len(before), o.err
	}
	for i, want := range []int{2, 2, 1, 1, 1} { // each failed attempt takes one: 8, 6, then 5
		if n, err := call(); n != want || err == nil {
			t.Errorf("call %d: %d attempts, want %d (%v)", i, n, want, err)
		} else if want == 1 && !strings.Contains(err.Error(), "retries are throttled") {
			t.Errorf("call %d: %v", i, err)
		}
	}
	ok = true
	for range 8 {
		call()
	}
	ok = false
	if n, _ := call(); n != 2 {
		t.Errorf("after successes %d attempts, want 2", n)
	}
}

// Whatever fails, the service gets a tenth more than it was asked for, no more.
func TestRetryBudget(t *testing.T) {
	curlewtest.NoLeaks(t)
	y := tally{steps: steps(unavailable)}
	sc := policy(curlew.MethodConfig{Retry: retryOn(5, curlew.Unavailable)})
	sc.RetryBudget = &curlew.RetryBudget{Ratio: 0.1, Window: 10 * time.Second}
	c := dialTest(t, y.serve(t), curlew.WithServiceConfig(sc))
	var last error
	for range 200 {
		last = perform(t.Context(), c, unary).err
	}
	if seen, _ := y.seen(); len(seen) > 220 || len(seen) < 210 {
		t.Errorf("%d attempts at 200 calls", len(seen))
	}
	if why := curlew.Explain(last); why == nil || why.Reason != "the retry budget is used up" {
		t.Errorf("explained by %v", why)
	}
}

// A method that its .proto file declares idempotent is tried again without a config.
func TestIdempotentMethods(t *testing.T) {
	curlewtest.NoLeaks(t)
	for level, want := range map[curlew.Idempotency]int{curlew.IdempotencyUnknown: 1, curlew.Idempotent: 3, curlew.NoSideEffects: 3} {
		m := &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: "/t.S/Read", Idempotency: level}, NewRequest: newStr, NewResponse: newStr}
		y := tally{steps: steps(unavailable)}
		o := perform(t.Context(), dialTest(t, y.serve(t)), m)
		if seen, _ := y.seen(); len(seen) != want || !errors.Is(o.err, curlew.Unavailable) {
			t.Errorf("level %v: %d attempts, %v", level, len(seen), o.err)
		}
		y = tally{steps: steps(unavailable)}
		off := curlew.ServiceConfig{Idempotent: &curlew.RetryPolicy{MaxAttempts: 1}}
		perform(t.Context(), dialTest(t, y.serve(t), curlew.WithServiceConfig(off)), m)
		if seen, _ := y.seen(); len(seen) != 1 {
			t.Errorf("level %v, switched off: %d attempts", level, len(seen))
		}
	}
}

// An attempt that takes too long is given up for another; one that has begun to answer
// is not.
func TestAttemptTimeout(t *testing.T) {
	curlewtest.NoLeaks(t)
	silent := func(*rawpeer.Peer, uint32) {}
	p := retryOn(3, curlew.Unavailable)
	p.AttemptTimeout = 50 * time.Millisecond
	for _, row := range []struct {
		name     string
		steps    []step
		code     curlew.Code
		attempts int
	}{
		{"the second answers", steps(silent, good), 0, 2},
		{"none answers", steps(silent), curlew.DeadlineExceeded, 3},
		{"it has begun", steps(func(p *rawpeer.Peer, id uint32) {
			header()(p, id)
			data(framed("fine"))(p, id)
			time.Sleep(150 * time.Millisecond)
			trailers("grpc-status", "0")(p, id)
		}), 0, 1},
	} {
		for _, m := range kinds {
			y := tally{steps: row.steps}
			c := dialTest(t, y.serve(t), curlew.WithServiceConfig(policy(curlew.MethodConfig{Retry: p})))
			o := perform(t.Context(), c, m)
			if seen, _ := y.seen(); len(seen) != row.attempts || curlew.CodeOf(o.err) != row.code {
				t.Errorf("%s, %v: %d attempts, %v", row.name, m.Kind, len(seen), o.err)
			}
		}
	}
}

// A stream that fails while its messages are being sent goes on with the next attempt,
// from its first message, without its sender noticing.
func TestRetryWhileSending(t *testing.T) {
	curlewtest.NoLeaks(t)
	const n = 6
	for _, m := range []*curlew.MethodOf[*str, *str]{gather, chat} {
		failed := make(chan struct{})
		want := ""
		var got string
		addr := scripted(t, func(nc net.Conn) {
			p := rawpeer.Server(t, nc)
			id := nextHeader(p)
			p.Until(id, func(s *rawpeer.Stream) bool { return len(s.Data) == 3*len(framed("m0")) })
			unavailable(p, id)
			p.Reset(id, frame.CodeNo)
			p.Sync()
			close(failed)
			if id = nextRequest(p); id != 0 {
				got = string(p.Stream(id).Data)
				good(p, id)
			}
			p.Drain()
		})
		c := dialTest(t, addr, curlew.WithServiceConfig(policy(curlew.MethodConfig{Retry: retryOn(2, curlew.Unavailable)})))
		err := c.Caller().Stream(t.Context(), &m.Method, func(_ context.Context, s curlew.Stream) error {
			for i := range n {
				want += string(framed(fmt.Sprint("m", i)))
				if err := s.Send(wrapperspb.String(fmt.Sprint("m", i))); err != nil {
					return fmt.Errorf("message %d: %w", i, err)
				}
				if i == 2 {
					<-failed
				}
			}
			if err := s.CloseSend(); err != nil {
				return err
			}
			if err := s.Recv(newStr()); err != nil {
				return err
			}
			if err := s.Recv(newStr()); err != io.EOF {
				return fmt.Errorf("after the last message: %v", err)
			}
			return nil
		})
		c.Close()
		if err != nil || got != want {
			t.Errorf("%v: %v; the second attempt had %q, want %q", m.Kind, err, got, want)
		}
	}
}

// The settings of a method: the timeout that it has at most, whether it waits, and how
// long its messages may be.
func TestMethodConfig(t *testing.T) {
	curlewtest.NoLeaks(t)
	y := tally{steps: steps(good)}
	wait := true
	sc := policy(curlew.MethodConfig{Timeout: time.Minute, WaitForReady: &wait, MaxSendBytes: 20, MaxReceiveBytes: 3})
	addr := y.serve(t)
	c := dialTest(t, addr, curlew.WithServiceConfig(sc))
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	err := c.Caller().Invoke(ctx, &unary.Method, wrapperspb.String("hello"), newStr())
	if !errors.Is(err, curlew.ResourceExhausted) || !strings.Contains(err.Error(), "the limit is 3") {
		t.Errorf("a response of 6 bytes: %v", err)
	}
	seen, _ := y.seen()
	if got := rawpeer.Value(seen[0].First(), "grpc-timeout"); len(got) < 2 || got[len(got)-1] != 'u' && got[len(got)-1] != 'm' {
		t.Errorf("timeout %q, want less than a minute", got)
	}
	err = c.Caller().Invoke(t.Context(), &unary.Method, wrapperspb.String(strings.Repeat("x", 30)), newStr())
	if !errors.Is(err, curlew.ResourceExhausted) || !strings.Contains(err.Error(), "the limit is 20") {
		t.Errorf("a request of 30 bytes: %v", err)
	}
	nobody := dialTest(t, "127.0.0.1:1", curlew.WithServiceConfig(sc))
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := nobody.Caller().Invoke(short, &unary.Method, newStr(), newStr()); !errors.Is(err, curlew.DeadlineExceeded) {
		t.Errorf("a call that waits for a connection: %v", err)
	}
	if err := nobody.Caller().With(curlew.FailFast()).Invoke(t.Context(), &unary.Method, newStr(), newStr()); !errors.Is(err, curlew.Unavailable) {
		t.Errorf("a call that does not: %v", err)
	}
}

// The most exact name counts.
func TestMethodNames(t *testing.T) {
	curlewtest.NoLeaks(t)
	y := tally{steps: steps(unavailable)}
	sc := curlew.ServiceConfig{Methods: []curlew.MethodConfig{
		{Names: []curlew.MethodName{{}}, Retry: retryOn(2, curlew.Unavailable)},
		{Names: []curlew.MethodName{{Service: "t.S"}}, Retry: retryOn(3, curlew.Unavailable)},
		{Names: []curlew.MethodName{{Service: "t.S", Method: "Unary"}}, Retry: retryOn(4, curlew.Unavailable)},
	}}
	c := dialTest(t, y.serve(t), curlew.WithServiceConfig(sc))
	for path, want := range map[string]int{
		"/t.S/Unary": 4, "/t.S/Other": 3, "/t.T/Unary": 2, "/t.S2/Unary": 2, // and what no service has
		"/t.S": 2, "/": 2, "//": 2, "t.S/Unary": 4,
	} {
		before, _ := y.seen()
		c.Caller().Invoke(t.Context(), &curlew.Method{Path: path}, newStr(), newStr())
		after, _ := y.seen()
		if n := len(after) - len(before); n != want {
			t.Errorf("%s: %d attempts, want %d", path, n, want)
		}
	}
}

// An answer counts from when it comes, not from when the caller looks.
func TestAttemptTimeoutOfSlowReceiver(t *testing.T) {
	curlewtest.NoLeaks(t)
	p := retryOn(3, curlew.Unavailable)
	p.AttemptTimeout = 50 * time.Millisecond
	y := tally{steps: steps(good)}
	c := dialTest(t, y.serve(t), curlew.WithServiceConfig(policy(curlew.MethodConfig{Retry: p})))
	err := c.Caller().Stream(t.Context(), &chat.Method, func(_ context.Context, s curlew.Stream) error {
		if err := s.Send(wrapperspb.String("hello")); err != nil {
			return err
		}
		if err := s.CloseSend(); err != nil {
			return err
		}
		time.Sleep(150 * time.Millisecond)
		for {
			if err := s.Recv(newStr()); err != nil {
				return err
			}
		}
	})
	if seen, _ := y.seen(); err != nil || len(seen) != 1 {
		t.Errorf("%d attempts, %v", len(seen), err)
	}
}

// Programs that make methods as they go do not fill the memory with them.
func TestManyMethods(t *testing.T) {
	c := dialTest(t, "127.0.0.1:1")
	for range 10_000 {
		if n := curlew.Prepared(c, &curlew.Method{Path: "/t.S/Unary"}); n > 2000 {
			t.Fatalf("%d methods are kept", n)
		}
	}
}
