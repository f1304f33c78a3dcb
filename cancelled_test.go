package curlew_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// Calls that are given up at any time, while their attempts fail, wait, race or are
// answered, leave nothing behind.
func TestManyCancelledCalls(t *testing.T) {
	curlewtest.NoLeaks(t)
	again := *retryOn(3, curlew.Unavailable)
	again.AttemptTimeout = 3 * time.Millisecond
	for name, mc := range map[string]curlew.MethodConfig{
		"retries": {Retry: &again},
		"hedges":  {Hedging: &curlew.HedgingPolicy{MaxAttempts: 3, Delay: time.Millisecond, NonFatalCodes: []curlew.Code{curlew.Unavailable}}},
	} {
		t.Run(name, func(t *testing.T) {
			does := []step{good, mute, unavailable, refused, pushedBack("2"), header(), good}
			addr := scripted(t, answers(t, func(p *rawpeer.Peer, id uint32) { does[int(id/2)%len(does)](p, id) }))
			sc := policy(mc)
			sc.RetryBudget = &curlew.RetryBudget{Ratio: 1, MinPerSecond: 10_000, Window: time.Second}
			c := dialTest(t, addr, curlew.WithServiceConfig(sc))
			var wg sync.WaitGroup
			for worker := range uint64(20) {
				wg.Go(func() {
					rng := rand.New(rand.NewPCG(worker, 1))
					for i := range 250 {
						ctx, cancel := context.WithTimeout(t.Context(), upTo(rng, 5*time.Millisecond))
						stop := context.CancelFunc(func() {})
						if i%2 == 0 {
							ctx, stop = context.WithCancel(ctx)
							time.AfterFunc(upTo(rng, 3*time.Millisecond), stop)
						}
						o := perform(ctx, c, kinds[i%len(kinds)])
						stop()
						cancel()
						switch curlew.CodeOf(o.err) {
						case curlew.OK, curlew.Canceled, curlew.DeadlineExceeded, curlew.Unavailable:
						default:
							t.Error(o.err)
						}
					}
				})
			}
			wg.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
			defer cancel()
			for c.Explain().Endpoints[0].Calls > 0 && ctx.Err() == nil {
				time.Sleep(time.Millisecond) // attempts that were being opened end on their own
			}
			if why := c.Explain(); why.Endpoints[0].Calls != 0 || curlew.Replayable(c) != 0 {
				t.Errorf("%d bytes are kept; after all calls have ended:\n%v", curlew.Replayable(c), why)
			}
		})
	}
}

func upTo(rng *rand.Rand, d time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(d))) }
