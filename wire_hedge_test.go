package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// hedged is every kind of call that can be hedged.
var hedged = []*curlew.MethodOf[*str, *str]{unary, list, gather}

func mute(*rawpeer.Peer, uint32) {}

// A hedged call takes the first answer that counts, and the others are cancelled
// (gRFC A6).
func TestHedging(t *testing.T) {
	curlewtest.NoLeaks(t)
	at := func(d time.Duration) *curlew.HedgingPolicy {
		return &curlew.HedgingPolicy{MaxAttempts: 3, Delay: d, NonFatalCodes: []curlew.Code{curlew.Unavailable}}
	}
	const long, short, none = time.Hour, 20 * time.Millisecond, 0
	for _, row := range []struct {
		name     string
		policy   *curlew.HedgingPolicy
		steps    []step
		code     curlew.Code
		attempts int
	}{
		{"in time", at(long), steps(good), 0, 1},
		{"the second", at(short), steps(mute, good), 0, 2},
		{"the third", at(short), steps(mute, mute, good), 0, 3},
		{"not fatal", at(long), steps(unavailable, good), 0, 2},
		{"not fatal twice", at(long), steps(unavailable, unavailable, good), 0, 3},
		{"all fail", at(long), steps(unavailable), curlew.Unavailable, 3},
		{"fatal", at(long), steps(aborted, good), curlew.Aborted, 1},
		{"fatal later", at(short), steps(mute, aborted, good), curlew.Aborted, 2},
		{"refused", at(long), steps(refused, good), 0, 2},
		{"cut off", at(long), steps(hangUp, good), 0, 2},
		{"pushback", at(long), steps(pushedBack("5"), good), 0, 2},
		{"pushback forbids", at(long), steps(pushedBack("-1"), good), curlew.Unavailable, 1},
		{"refused after the last", &curlew.HedgingPolicy{MaxAttempts: 2, Delay: long, NonFatalCodes: []curlew.Code{curlew.Unavailable}}, steps(unavailable, refused, good), 0, 3},
		{"refused twice", at(long), steps(refused, refused, good), 0, 3},
		{"all at once", at(none), steps(mute, mute, good), 0, 3},
		{"none answers", at(short), steps(mute), curlew.DeadlineExceeded, 3},
	} {
		for _, m := range hedged {
			t.Run(strings.ReplaceAll(fmt.Sprint(row.name, " ", m.Kind), " ", "_"), func(t *testing.T) {
				y := tally{steps: row.steps}
				patience := rawpeer.Patience
				if row.code == curlew.DeadlineExceeded {
					patience = 200 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				c := dialTest(t, y.serve(t), curlew.WithServiceConfig(policy(curlew.MethodConfig{Hedging: row.policy})))
				o := perform(ctx, c, m)
				if curlew.CodeOf(o.err) != row.code || row.code == 0 && !slices.Equal(o.messages, one) {
					t.Errorf("%v, %q", o.err, o.messages)
				}
				seen, _ := y.seen()
				if len(seen) != row.attempts {
					t.Errorf("%d attempts, want %d", len(seen), row.attempts)
				}
				for i, r := range seen {
					if string(r.Data) != string(framed("hello")) {
						t.Errorf("attempt %d has %q", i, r.Data)
					}
				}
			})
		}
	}
}

// An attempt that lost is reset, so that the server can stop its work.
func TestHedgeLoserIsCancelled(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, m := range hedged {
		canceled := make(chan struct{})
		addr := scripted(t, func(nc net.Conn) {
			p := rawpeer.Server(t, nc)
			first, second := nextRequest(p), nextRequest(p)
			good(p, second)
			p.Until(first, func(s *rawpeer.Stream) bool { return s.Reset })
			close(canceled)
			p.Drain()
		})
		h := &curlew.HedgingPolicy{MaxAttempts: 2, Delay: 5 * time.Millisecond}
		o := perform(t.Context(), dialTest(t, addr, curlew.WithServiceConfig(policy(curlew.MethodConfig{Hedging: h}))), m)
		if o.err != nil {
			t.Errorf("%v: %v", m.Kind, o.err)
		}
		<-canceled
	}
}

// Hedges are under the same budgets as retries.
func TestHedgingIsThrottled(t *testing.T) {
	curlewtest.NoLeaks(t)
	y := tally{steps: steps(func(p *rawpeer.Peer, id uint32) {
		time.Sleep(2 * time.Millisecond)
		good(p, id)
	})}
	sc := policy(curlew.MethodConfig{Hedging: &curlew.HedgingPolicy{MaxAttempts: 2}}) // all at once
	sc.RetryBudget = &curlew.RetryBudget{Ratio: 0.1, Window: 10 * time.Second}
	c := dialTest(t, y.serve(t), curlew.WithServiceConfig(sc))
	for range 100 {
		if o := perform(t.Context(), c, unary); o.err != nil {
			t.Fatal(o.err)
		}
	}
	if seen, _ := y.seen(); len(seen) > 110 {
		t.Errorf("%d attempts at 100 calls", len(seen))
	}
}

// A policy without a service's name leaves methods alone that may not be repeated.
func TestHedgingByIdempotency(t *testing.T) {
	curlewtest.NoLeaks(t)
	sc := curlew.ServiceConfig{Methods: []curlew.MethodConfig{{
		Names:   []curlew.MethodName{{}},
		Hedging: &curlew.HedgingPolicy{MaxAttempts: 2, Delay: time.Hour, NonFatalCodes: []curlew.Code{curlew.Unavailable}},
	}}}
	for level, want := range map[curlew.Idempotency]int{curlew.IdempotencyUnknown: 1, curlew.Idempotent: 2} {
		y := tally{steps: steps(unavailable)}
		c := dialTest(t, y.serve(t), curlew.WithServiceConfig(sc))
		err := c.Caller().Invoke(t.Context(), &curlew.Method{Path: "/t.S/Read", Idempotency: level}, newStr(), newStr())
		if seen, _ := y.seen(); len(seen) != want || !errors.Is(err, curlew.Unavailable) {
			t.Errorf("level %v: %d attempts, %v", level, len(seen), err)
		}
	}
}

// Whoever gives a hedged call up gets it back at once, whatever its attempts do.
func TestHedgeCancelled(t *testing.T) {
	curlewtest.NoLeaks(t)
	y := tally{steps: steps(mute)}
	h := &curlew.HedgingPolicy{MaxAttempts: 5, Delay: time.Millisecond}
	c := dialTest(t, y.serve(t), curlew.WithServiceConfig(policy(curlew.MethodConfig{Hedging: h})))
	for i := range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i%10)*time.Millisecond, cancel)
		if o := perform(ctx, c, hedged[i%3]); !errors.Is(o.err, curlew.Canceled) {
			t.Errorf("call %d: %v", i, o.err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
	defer cancel()
	for c.Explain().Endpoints[0].Calls > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond) // attempts that were being opened end on their own
	}
	if why := c.Explain(); why.Endpoints[0].Calls != 0 {
		t.Errorf("after all calls have ended:\n%v", why)
	}
}

// With a percentile the delay is what most calls take.
func TestHedgingByPercentile(t *testing.T) {
	curlewtest.NoLeaks(t)
	y := tally{}
	y.steps = steps(func(p *rawpeer.Peer, id uint32) {
		if rawpeer.Value(p.Stream(id).First(), "mute") == "" {
			good(p, id)
		}
	})
	sc := policy(curlew.MethodConfig{Hedging: &curlew.HedgingPolicy{MaxAttempts: 2, Delay: time.Hour, Percentile: 0.9}})
	sc.RetryBudget = &curlew.RetryBudget{Ratio: 1, MinPerSecond: 100, Window: time.Second}
	c := dialTest(t, y.serve(t), curlew.WithServiceConfig(sc))
	for range 200 {
		if o := perform(t.Context(), c, unary); o.err != nil {
			t.Fatal(o.err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	perform(ctx, c, unary, curlew.SetHeader("mute", "yes"))
	attempts := 0
	seen, _ := y.seen()
	for _, r := range seen {
		if rawpeer.Value(r.First(), "mute") != "" {
			attempts++
		}
	}
	if attempts != 2 {
		t.Errorf("%d attempts, want 2: the hour is no delay any more", attempts)
	}
}

// What no server has seen is sent again whatever the budgets say.
func TestHedgingWithoutBudget(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, step := range []step{refused, gone} {
		y := tally{steps: steps(step, good)}
		sc := policy(curlew.MethodConfig{Hedging: &curlew.HedgingPolicy{MaxAttempts: 2, Delay: time.Hour}})
		sc.RetryBudget = &curlew.RetryBudget{Ratio: 0.001, Window: 10 * time.Second}
		if o := perform(t.Context(), dialTest(t, y.serve(t), curlew.WithServiceConfig(sc)), unary); o.err != nil {
			t.Error(o.err)
		}
	}
}

// The delay is worked out from how long callers wait for an answer, which hedges do not
// make look shorter than it is.
func TestHedgesDoNotShortenTheDelay(t *testing.T) {
	curlewtest.NoLeaks(t)
	y := tally{}
	y.steps = steps(func(p *rawpeer.Peer, id uint32) {
		if rawpeer.Value(p.Stream(id).First(), "grpc-previous-rpc-attempts") != "" {
			good(p, id)
		}
	})
	const delay = 5 * time.Millisecond
	sc := policy(curlew.MethodConfig{Hedging: &curlew.HedgingPolicy{MaxAttempts: 2, Delay: delay, Percentile: 0.5}})
	sc.RetryBudget = &curlew.RetryBudget{Ratio: 1, MinPerSecond: 100, Window: time.Second}
	c := dialTest(t, y.serve(t), curlew.WithServiceConfig(sc))
	for range 80 {
		if o := perform(t.Context(), c, unary); o.err != nil {
			t.Fatal(o.err)
		}
	}
	if got := curlew.HedgeDelay(c, &unary.Method); got < delay {
		t.Errorf("the delay is %v, and all calls took more than %v", got, delay)
	}
}

// A stream is answered by its header, however long it goes on.
func TestHedgeDelayOfStreams(t *testing.T) {
	curlewtest.NoLeaks(t)
	y := tally{steps: steps(func(p *rawpeer.Peer, id uint32) {
		header()(p, id)
		data(framed("fine"))(p, id)
	})}
	sc := policy(curlew.MethodConfig{Hedging: &curlew.HedgingPolicy{MaxAttempts: 2, Delay: time.Hour, Percentile: 0.5}})
	c := dialTest(t, y.serve(t), curlew.WithServiceConfig(sc))
	ctx, cancel := context.WithCancel(t.Context())
	var answered, ended sync.WaitGroup
	for range 80 {
		answered.Add(1)
		ended.Go(func() {
			once := sync.OnceFunc(answered.Done)
			defer once()
			for range curlew.CallServerStream(ctx, c.Caller(), list, newStr()) {
				once()
			}
		})
	}
	answered.Wait()
	if got := curlew.HedgeDelay(c, &list.Method); got == time.Hour {
		t.Error("nothing is known of streams that have been answered")
	}
	cancel()
	ended.Wait()
}

// untried picks the first endpoint that the call has not been to.
type untried struct{ refs []balance.Ref }

func (untried) NewPlanner() balance.Planner { return untried{} }

func (p untried) Plan(in balance.Snapshot) balance.Plan {
	plan := balance.Plan{State: balance.Ready}
	for _, v := range in.Endpoints {
		plan.Connect = append(plan.Connect, v.Ref)
		if v.State != balance.Ready {
			plan.State = balance.Connecting
		}
	}
	plan.Picker = untried{plan.Connect}
	if plan.State != balance.Ready {
		plan.Picker = balance.Always(balance.Pick{Verdict: balance.Queue})
	}
	return plan
}

func (p untried) Pick(c *balance.Call) balance.Pick {
	for _, r := range p.refs {
		if !c.HasTried(r) {
			return balance.Pick{Verdict: balance.Use, Endpoint: r}
		}
	}
	return balance.Pick{Verdict: balance.Drop, Err: errors.New("all have been tried")}
}

// Hedges avoid the endpoints where others of the call still go on, and end where the
// policy refuses one.
func TestHedgesGoElsewhere(t *testing.T) {
	curlewtest.NoLeaks(t)
	var servers [3]tally
	target := "static:///"
	for i := range servers {
		servers[i].steps = steps(mute)
		target += servers[i].serve(t) + ","
	}
	h := &curlew.HedgingPolicy{MaxAttempts: 5, Delay: 10 * time.Millisecond}
	c, err := curlew.NewClient(strings.TrimSuffix(target, ","), curlew.WithBalancer(untried{}), curlew.WithServiceConfig(policy(curlew.MethodConfig{Hedging: h})))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	o := perform(ctx, c, unary)
	for i := range servers {
		if seen, _ := servers[i].seen(); len(seen) != 1 {
			t.Errorf("server %d has %d attempts", i, len(seen))
		}
	}
	if why := curlew.Explain(o.err); why == nil || len(why.Attempts) != 2 { // one refused, and the last
		t.Errorf("%v\n%v", o.err, why)
	}
}
