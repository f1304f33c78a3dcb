package balance_test

import (
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/curlewtest"
)

// ByMethod is a policy by which each method has its endpoint, as long as that is
// connected.
type ByMethod struct{}

func (p ByMethod) NewPlanner() balance.Planner { return p } // it remembers nothing

func (ByMethod) Plan(in balance.Snapshot) balance.Plan {
	plan := balance.RoundRobin().NewPlanner().Plan(in) // connects to all
	if plan.State == balance.Ready {
		var ready methods
		for _, v := range in.Endpoints {
			if v.State == balance.Ready {
				ready = append(ready, v.Ref)
			}
		}
		plan.Picker = ready
	}
	return plan
}

// methods is the picker: the endpoints that are ready.
type methods []balance.Ref

func (m methods) Pick(c *balance.Call) balance.Pick {
	i := crc32.ChecksumIEEE([]byte(c.Method)) % uint32(len(m))
	return balance.Pick{Verdict: balance.Use, Endpoint: m[i]}
}

// A policy of one's own.
func ExamplePolicy() {
	planner := ByMethod{}.NewPlanner()
	plan := planner.Plan(balance.Snapshot{Endpoints: []balance.View{
		{Ref: 1, State: balance.Ready},
		{Ref: 2, State: balance.Connecting},
		{Ref: 3, State: balance.Ready},
	}})
	for _, method := range []string{"/store.v1.Store/Get", "/store.v1.Store/Put", "/store.v1.Store/Query"} {
		pick := plan.Picker.Pick(&balance.Call{Method: method})
		fmt.Println(method, pick.Verdict, pick.Endpoint)
	}
	// Output:
	// /store.v1.Store/Get use 3
	// /store.v1.Store/Put use 3
	// /store.v1.Store/Query use 1
}

func TestByMethod(t *testing.T) {
	curlewtest.TestPolicy(t, func() balance.Policy { return ByMethod{} })
}

// Many clients, each with twenty connections and not one to every server.
func ExampleSubset() {
	policy := balance.Subset(balance.SubsetConfig{Size: 20}, balance.PeakEWMA(balance.PeakEWMAConfig{}))
	planner := policy.NewPlanner() // a client does this

	plan := planner.Plan(balance.Snapshot{Endpoints: make([]balance.View, 200), Seed: 1})
	fmt.Println(len(plan.Connect))
	// Output: 20
}
