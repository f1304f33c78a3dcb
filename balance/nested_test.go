package balance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// nestings are policies around each other, as services have them.
var nestings = map[string]func(c *chaos, leaf Policy) Policy{
	"outlier(slow(locality))": func(c *chaos, leaf Policy) Policy {
		return OutlierDetection(OutlierConfig{MaxEjectionPercent: 40, Notify: c.checkEjection}, SlowStart(SlowStartConfig{}, ByLocality(leaf)))
	},
	"breaker(priority(outlier(locality)))": func(c *chaos, leaf Policy) Policy {
		outlier := OutlierDetection(OutlierConfig{MaxEjectionPercent: 40, Notify: c.noteEjection}, ByLocality(leaf))
		return CircuitBreaker(CircuitBreakerConfig{MaxRequests: 15, MaxPerEndpoint: 5}, Priority(PriorityConfig{Keep: time.Minute}, outlier))
	},
	"targets(breaker(nearest), outlier(priority))": func(c *chaos, leaf Policy) Policy {
		own := resolve.Locality{Region: "r0", Zone: "z0", SubZone: "s0"}
		return WeightedTargets(map[string]WeightedTarget{
			"t0": {2, CircuitBreaker(CircuitBreakerConfig{MaxRequests: 8}, NearestFirst(own, leaf))},
			"t1": {1, OutlierDetection(OutlierConfig{MaxEjectionPercent: 40, Notify: c.noteEjection}, Priority(PriorityConfig{}, leaf))},
		})
	},
	"outlier(nearest(slow))": func(c *chaos, leaf Policy) Policy {
		slow := NearestFirst(resolve.Locality{Region: "r0", Zone: "z1"}, SlowStart(SlowStartConfig{}, leaf))
		return OutlierDetection(OutlierConfig{MaxEjectionPercent: 40, Notify: c.checkEjection}, slow)
	},
}

// A random world: endpoints come, go, change their state and answer calls as chance has
// it. world.check has what must hold for every plan.
type chaos struct {
	*world
	rand *rand.Rand
	held []*Load // of calls under way
	made int

	ejections, drops, ready int
}

func (c *chaos) noteEjection(_ resolve.Endpoint, e *Ejection) {
	if e.Unenforced == "" {
		c.ejections++
	}
}

// checkEjection is for a policy that has all endpoints.
func (c *chaos) checkEjection(ep resolve.Endpoint, e *Ejection) {
	c.noteEjection(ep, e)
	out := 0
	for _, v := range c.views {
		if v.Load.Ejection() != nil {
			out++
		}
	}
	if e.Unenforced == "" && out > 1 && out*100 > 40*len(c.views) {
		c.t.Errorf("%d of %d are ejected", out, len(c.views))
	}
}

func (c *chaos) random(n int) string { return fmt.Sprint(c.rand.IntN(n)) }

func (c *chaos) change() {
	switch n := len(c.views); {
	case n == 0 || n < 30 && c.rand.IntN(8) == 0:
		c.made++
		c.add(fmt.Sprint("e", c.made), at("r"+c.random(2), "z"+c.random(2), "s"+c.random(2)), prio(c.rand.IntN(3)), attr(TargetName, "t"+c.random(3)))
		if c.rand.IntN(2) == 0 {
			attr(LocalityWeight, uint32(c.rand.IntN(4)))(&c.views[n].Endpoint)
		}
	case c.rand.IntN(30) == 0:
		c.remove(c.views[c.rand.IntN(n)].Endpoint.ID)
	default:
		v := c.views[c.rand.IntN(n)]
		to := []State{Ready, Ready, Ready, TransientFailure, Idle}[c.rand.IntN(5)]
		if v.State == Idle && to != Idle { // nobody connects what no plan wants
			to = Connecting
		}
		if v.State == TransientFailure && to == Idle {
			to = Ready
		}
		c.set(v.Endpoint.ID, to)
	}
	c.pass(time.Duration(c.rand.Int64N(int64(4 * time.Second))))
}

// traffic makes calls; endpoints whose number is divisible by five fail them.
func (c *chaos) traffic() {
	loads := make(map[Ref]*View)
	for i := range c.views {
		loads[c.views[i].Ref] = &c.views[i]
	}
	for range c.rand.IntN(60) {
		p := c.plan.Picker.Pick(&Call{})
		if p.Verdict == Drop {
			c.drops++
		}
		if p.Verdict != Use {
			continue
		}
		v := loads[p.Endpoint]
		v.Load.Begin()
		switch {
		case c.rand.IntN(4) == 0:
			c.held = append(c.held, v.Load)
		case v.Ref%5 == 0:
			v.Load.End(Outcome{Class: Unavailable})
		default:
			v.Load.End(Outcome{Class: Success})
		}
	}
	for len(c.held) > 0 && c.rand.IntN(12) > 0 {
		c.held[0].End(Outcome{})
		c.held = c.held[1:]
	}
	if b, ok := c.planner.(*breakerPlanner); ok {
		sum := 0
		for _, v := range c.views {
			sum += v.Load.Inflight()
		}
		if n := b.total.count(); n != sum || n > b.MaxRequests {
			c.t.Errorf("the circuit breaker counts %d, in flight are %d", n, sum)
		}
	}
}

func TestNestedPolicies(t *testing.T) {
	const seeds = 15
	for name, wrap := range nestings {
		t.Run(name, func(t *testing.T) {
			var ejections, drops, ready int
			for seed := range seeds {
				c := &chaos{rand: rand.New(rand.NewPCG(uint64(seed), 1))}
				c.world = newWorld(t, func(leaf Policy) Policy { return wrap(c, leaf) })
				for range 300 {
					c.change()
					c.step()
					c.traffic()
					if c.rung {
						c.step()
					}
					if c.plan.State == Ready {
						c.ready++
					}
					if t.Failed() {
						t.Fatalf("with seed %d", seed)
					}
				}
				for _, l := range c.held {
					l.End(Outcome{})
				}
				c.settle()
				ejections, drops, ready = ejections+c.ejections, drops+c.drops, ready+c.ready
			}
			// Else the test would say little.
			t.Logf("%d ejections, %d drops, %d plans ready", ejections, drops, ready)
			if ready < seeds*150 || ejections < seeds || strings.Contains(name, "breaker") && drops < seeds {
				t.Error("too little happened")
			}
		})
	}
}

// settle has all endpoints that are wanted work for long enough: what was ejected comes
// back.
func (c *chaos) settle() {
	for range 40 {
		for _, v := range c.views {
			if v.State == Connecting || v.State == TransientFailure {
				c.set(v.Endpoint.ID, Ready)
			}
		}
		c.pass(10 * time.Second).step()
	}
	for _, v := range c.views {
		if _, used := c.shown[v.Ref]; used && v.Load.Ejection() != nil {
			c.t.Errorf("%s is %v for good", v.Endpoint.ID, v.Load.Ejection())
		}
	}
	if len(c.shown) > 0 && c.plan.State != Ready {
		c.t.Errorf("with all endpoints working the state is %v (%v)", c.plan.State, c.plan.Err)
	}
}
