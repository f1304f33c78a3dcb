package balance_test

import (
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/curlewtest"
)

// The policies of this package keep its rules.
func TestPoliciesKeepTheRules(t *testing.T) {
	for name, p := range map[string]balance.Policy{
		"pick first":           balance.PickFirst(),
		"shuffled pick first":  balance.ShuffledPickFirst(),
		"round robin":          balance.RoundRobin(),
		"random":               balance.Random(),
		"weighted round robin": balance.WeightedRoundRobin(balance.WeightedRoundRobinConfig{BlackoutPeriod: -1}),
		"out of band":          balance.WeightedRoundRobin(balance.WeightedRoundRobinConfig{OutOfBand: true, ExpirationPeriod: 5 * time.Second}),
		"least request":        balance.LeastRequest(balance.LeastRequestConfig{}),
		"least request of 5":   balance.LeastRequest(balance.LeastRequestConfig{Choices: 5}),
		"peak ewma":            balance.PeakEWMA(balance.PeakEWMAConfig{}),
		"ring hash":            balance.RingHash(balance.RingHashConfig{Header: "user"}),
		"ring hash to any":     balance.RingHash(balance.RingHashConfig{MinSize: 1, MaxSize: 100}),
		"subset":               balance.Subset(balance.SubsetConfig{Size: 3}, balance.RoundRobin()),
		"subset for a ring":    balance.Subset(balance.SubsetConfig{Size: 2, Seed: 5}, balance.RingHash(balance.RingHashConfig{Header: "user"})),
	} {
		t.Run(name, func(t *testing.T) {
			curlewtest.TestPolicy(t, func() balance.Policy { return p })
		})
	}
}
