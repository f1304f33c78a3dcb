package balance

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// HashKey is what RingHash places an endpoint by, instead of its ID, if a resolver
// gives it the attribute and it is not empty: with a key that stays when addresses
// change, calls keep their endpoints (gRFC A76).
var HashKey = resolve.NewAttr[string]("hash_key")

// A RingHashConfig has the settings of RingHash.
type RingHashConfig struct {
	// MinSize and MaxSize bound the number of points on the ring. More points spread
	// calls more evenly and take longer to make. 0 is 1024 and 4096; neither can be
	// more than 4096, and MaxSize counts where MinSize is more.
	MinSize, MaxSize int

	// Header is the field of the request's header by whose first value calls are told
	// apart. Calls without a value, and all calls if Header is empty, go to random
	// endpoints.
	Header string
}

// maxRing is gRPC's default for ring_size_cap.
const maxRing = 4096

// RingHash returns the policy that gives calls with the same value in their header to
// the same endpoint, and lets few calls change it when endpoints come and go (gRFC A42,
// A61, A76). Endpoints have places on a ring by their ID, or by HashKey, as many as
// they have weight (View.Weight), and a call goes to the one that follows the hash of
// its value. If that has failed, or the call has tried it, the next one counts.
//
// Endpoints are connected when the first call goes to them. If some have failed, others
// are connected, one after the other, without a call until one is ready. A call that
// goes to any uses one that is ready; those that are not connected follow in time.
func RingHash(cfg RingHashConfig) Policy {
	if cfg.MinSize <= 0 {
		cfg.MinSize = 1024
	}
	if cfg.MaxSize <= 0 || cfg.MaxSize > maxRing {
		cfg.MaxSize = maxRing
	}
	cfg.MinSize = min(cfg.MinSize, cfg.MaxSize)
	cfg.Header = strings.ToLower(cfg.Header)
	return ringHash{cfg: cfg}
}

type ringHash struct {
	cfg    RingHashConfig
	random func() uint64 // nil but in tests
}

// NewPlanner implements Policy.
func (r ringHash) NewPlanner() Planner {
	return &rhPlanner{ringHash: r, sought: new(atomic.Uint64)}
}

type rhPlanner struct {
	ringHash
	items []ringItem
	ring  ring
	on    []bool // which endpoints have points

	eager  Ref            // an idle endpoint that is connected without a call for it
	asked  bool           // somebody waits while all are idle
	sought *atomic.Uint64 // the idle endpoint that a call to any would have gone to
}

// seekPeriod is how soon an endpoint is connected that calls to any passed over.
const seekPeriod = time.Second

// askPeriod is how long whoever waits while all are idle has to say for which.
const askPeriod = 10 * time.Millisecond

// Plan implements Planner.
func (p *rhPlanner) Plan(in Snapshot) Plan {
	if len(in.Endpoints) == 0 {
		p.items, p.ring, p.eager, p.asked = nil, nil, 0, false
		plan := Plan{}
		plan.fail(nil)
		return plan
	}
	p.makeRing(in)
	var counts [Shutdown + 1]int
	var idle []Ref
	plan := Plan{}
	for i := range in.Endpoints {
		v := &in.Endpoints[i]
		counts[min(v.State, Shutdown)]++
		if v.State != Idle {
			plan.Connect = append(plan.Connect, v.Ref)
		} else if p.on[i] {
			idle = append(idle, v.Ref)
		}
	}
	plan.State = ringState(counts[Ready], counts[TransientFailure], counts[Connecting], len(in.Endpoints))
	if plan.State == TransientFailure {
		plan.fail(lastError(in.Endpoints)) // but for the picker
	}
	plan.Picker = &rhPicker{
		ring: p.ring, views: in.Endpoints, header: p.cfg.Header, random: orRandom(p.random),
		failed: counts[TransientFailure] == len(in.Endpoints), sought: p.sought,
	}
	p.connectIdle(&plan, in, idle, counts[Connecting] > 0)
	return plan
}

// ringState is the state of the whole client (gRFC A42, A61).
func ringState(ready, failed, connecting, all int) State {
	switch {
	case ready > 0:
		return Ready
	case failed >= 2:
		return TransientFailure
	case connecting > 0:
		return Connecting
	case failed == 1 && all > 1:
		return Connecting
	case failed == 1:
		return TransientFailure
	}
	return Idle
}

// connectIdle has the plan connect an idle endpoint if one is to be without a call for it.
func (p *rhPlanner) connectIdle(plan *Plan, in Snapshot, idle []Ref, connecting bool) {
	if plan.State != Idle {
		p.asked = false
	}
	sought := Ref(p.sought.Load())
	if sought != 0 && (connecting || !slices.Contains(idle, sought)) {
		p.sought.Store(0)
		sought = 0
	}
	if !slices.Contains(idle, p.eager) || plan.State == Ready && p.eager != sought || plan.State == Idle && !p.asked {
		p.eager = 0
	}
	if len(idle) == 0 || connecting {
		return
	}
	switch {
	case p.eager != 0:
	case plan.State == Connecting || plan.State == TransientFailure:
		p.eager = idle[in.Seed%uint64(len(idle))]
	case plan.State == Ready && sought != 0:
		p.eager = sought
	case plan.State == Ready:
		plan.Wake = seekPeriod
	case plan.State == Idle && p.asked:
		// It was not a call that asked, for that would have named an endpoint (gRFC A117).
		p.eager = idle[in.Seed%uint64(len(idle))]
	case plan.State == Idle && in.Waiting > 0:
		p.asked, plan.Wake = true, askPeriod
	}
	if p.eager != 0 {
		plan.Connect = append(plan.Connect, p.eager)
		if plan.State == Idle {
			plan.State = Connecting
		}
	}
}

// makeRing makes the ring anew if it depends on something that has changed.
func (p *rhPlanner) makeRing(in Snapshot) {
	same := len(p.items) == len(in.Endpoints)
	items := make([]ringItem, len(in.Endpoints))
	for i := range in.Endpoints {
		v := &in.Endpoints[i]
		key := v.Endpoint.ID
		if k, _ := HashKey.Get(v.Endpoint.Attrs); k != "" {
			key = k
		}
		items[i] = ringItem{v.Ref, key, v.weight()}
		same = same && items[i] == p.items[i]
	}
	if same {
		return
	}
	p.items = items
	p.ring = newRing(items, p.cfg.MinSize, p.cfg.MaxSize)
	p.on = make([]bool, len(items))
	for _, point := range p.ring {
		p.on[point.of] = true
	}
}
