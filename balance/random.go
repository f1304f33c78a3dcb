package balance

// Random returns the policy that connects to all endpoints and gives each call to one
// of them at random, by weight (View.Weight). Many clients that each make few calls
// spread them better so than in turn.
func Random() Policy { return random{} }

type random struct{ source func() uint64 } // nil but in tests

// NewPlanner implements Policy.
func (r random) NewPlanner() Planner { return r }

// Plan implements Planner.
func (r random) Plan(in Snapshot) Plan {
	plan, ready := connectAll(in)
	if len(ready) > 0 {
		plan.Picker = &randomPicker{newPool(ready, r.source)}
	}
	return plan
}

type randomPicker struct{ pool }

// Pick implements Picker.
func (p *randomPicker) Pick(c *Call) Pick {
	var buf [1]int
	return Pick{Verdict: Use, Endpoint: p.lots[p.sample(buf[:0], 1, c)[0]].ref}
}
