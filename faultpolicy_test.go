package curlew_test

import (
	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
)

// options draws how the client balances and repeats, and what follows for its calls.
func (w *faultWorld) options() (faultRules, *faultPolicy) {
	policies := []balance.Policy{balance.PickFirst(), balance.RoundRobin()}
	policy := policies[w.rnd.IntN(len(policies))]
	return faultRules{most: func(*curlew.Method) int { return 1 }}, newFaultPolicy(w.t, policy)
}
