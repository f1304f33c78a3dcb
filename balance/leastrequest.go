package balance

// A LeastRequestConfig has the settings of LeastRequest.
type LeastRequestConfig struct {
	// Choices is how many endpoints are compared for a call; 0 is 2. Less than 2
	// counts as 2, more than 10 as 10.
	Choices int
}

// maxChoices is A48's limit.
const maxChoices = 10

// LeastRequest returns the policy that connects to all endpoints and for each call
// compares a few of them, drawn at random, by the calls that they have under way: the
// one with the fewest gets it (gRFC A48). An endpoint that is slow has more under way
// and so gets fewer.
//
// It departs from A48, which copies Envoy, in that the endpoints compared are
// different ones: a slow one cannot win against itself.
//
// Endpoints are drawn by weight (View.Weight), and the calls under way count as so
// many less as an endpoint has more weight. While there are none, calls spread by
// weight; to give the heaviest all of them then, as comparing (calls + 1) / weight
// does, would leave the others without any.
func LeastRequest(cfg LeastRequestConfig) Policy {
	return leastRequest{choices: min(max(cfg.Choices, 2), maxChoices)}
}

type leastRequest struct {
	choices int
	random  func() uint64 // nil but in tests
}

// NewPlanner implements Policy.
func (l leastRequest) NewPlanner() Planner { return l }

// Plan implements Planner.
func (l leastRequest) Plan(in Snapshot) Plan {
	plan, ready := connectAll(in)
	if len(ready) > 0 {
		plan.Picker = &lrPicker{newPool(ready, l.random), l.choices}
	}
	return plan
}

type lrPicker struct {
	pool
	choices int
}

// Pick implements Picker.
func (p *lrPicker) Pick(c *Call) Pick {
	var buf [maxChoices]int
	drawn := p.sample(buf[:0], p.choices, c)
	best := &p.lots[drawn[0]]
	least := best.load.Inflight()
	for _, i := range drawn[1:] {
		other := &p.lots[i]
		n := other.load.Inflight()
		// With this call it would have no more to do for its weight than the best has
		// without. When weights are equal that says: it has fewer.
		if float64(n+1)*best.weight <= float64(least)*other.weight {
			best, least = other, n
		}
	}
	return Pick{Verdict: Use, Endpoint: best.ref}
}
