package curlew_test

import (
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
)

// options draws how the client balances and repeats, and what follows for its calls.
func (w *faultWorld) options() (faultRules, *faultPolicy) {
	policies := []balance.Policy{
		balance.PickFirst(),
		balance.ShuffledPickFirst(),
		balance.RoundRobin(),
		balance.LeastRequest(balance.LeastRequestConfig{}),
		balance.PeakEWMA(balance.PeakEWMAConfig{}),
		balance.RingHash(balance.RingHashConfig{}),
		balance.Subset(balance.SubsetConfig{Size: 2}, balance.RoundRobin()),
		balance.OutlierDetection(balance.OutlierConfig{}, balance.SlowStart(balance.SlowStartConfig{Window: time.Second}, balance.RoundRobin())),
		balance.Priority(balance.PriorityConfig{}, balance.LeastRequest(balance.LeastRequestConfig{})),
	}
	policy := policies[w.rnd.IntN(len(policies))]
	config, rules := w.repetition()
	rules.options = []curlew.ClientOption{curlew.WithServiceConfig(config)}
	return rules, newFaultPolicy(w.t, policy)
}

// repetition draws a service config, and how often it allows calls to be executed.
func (w *faultWorld) repetition() (curlew.ServiceConfig, faultRules) {
	idempotent := func(otherwise, repeated int) func(*curlew.Method) int {
		return func(m *curlew.Method) int {
			if m.Idempotency == curlew.Idempotent {
				return repeated
			}
			return otherwise
		}
	}
	attempts := 2 + w.rnd.IntN(4)
	retries := &curlew.RetryPolicy{
		MaxAttempts: attempts, InitialBackoff: time.Duration(1 + w.rnd.Int64N(int64(100*time.Millisecond))), MaxBackoff: time.Second,
		BackoffMultiplier: 2, Codes: []curlew.Code{curlew.Unavailable, curlew.Aborted},
	}
	hedges := &curlew.HedgingPolicy{
		MaxAttempts: attempts, Delay: time.Duration(w.rnd.Int64N(int64(200 * time.Millisecond))),
		Percentile: float64(w.rnd.IntN(2)) * 0.9, NonFatalCodes: []curlew.Code{curlew.Unavailable, curlew.ResourceExhausted},
	}
	var c curlew.ServiceConfig
	if w.rnd.IntN(2) == 0 {
		c.RetryThrottling = &curlew.RetryThrottling{MaxTokens: float64(1 + w.rnd.IntN(20)), TokenRatio: 0.1}
	}
	if w.rnd.IntN(2) == 0 { // as good as none
		c.RetryBudget = &curlew.RetryBudget{Ratio: 1, MinPerSecond: 1000, Window: time.Second}
	}
	service := []curlew.MethodName{{Service: "t.F"}}
	switch w.rnd.IntN(5) {
	case 0: // what is idempotent is repeated without being told
		return c, faultRules{most: idempotent(1, 3)}
	case 1:
		c.Idempotent = &curlew.RetryPolicy{MaxAttempts: 1}
		return c, faultRules{most: idempotent(1, 1)}
	case 2:
		c.Methods = []curlew.MethodConfig{{Names: service, Retry: retries}}
		return c, faultRules{most: idempotent(attempts, attempts)}
	case 3:
		retries.AttemptTimeout = time.Duration(10+w.rnd.IntN(500)) * time.Millisecond
		c.Methods = []curlew.MethodConfig{{Names: service, Retry: retries}}
		return c, faultRules{most: idempotent(attempts, attempts), attemptTimeout: true}
	}
	c.Methods = []curlew.MethodConfig{{Names: service, Hedging: hedges}}
	return c, faultRules{most: func(m *curlew.Method) int {
		if m.Kind == curlew.KindBidi {
			return 1
		}
		return attempts
	}}
}
