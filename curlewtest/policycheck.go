package curlewtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

// A pastPlan is a plan and what it was made from.
type pastPlan struct {
	plan    balance.Plan
	in      balance.Snapshot // a copy
	given   []balance.View   // what the planner has; it may change it while it plans
	after   []balance.View   // a copy of that, when it had
	views   map[balance.Ref]*balance.View
	listed  map[balance.Ref]bool // in the plan's Connect
	expects bool                 // one of those is not ready
}

// newPastPlan has planner plan for a snapshot.
func newPastPlan(planner balance.Planner, in balance.Snapshot) *pastPlan {
	p := &pastPlan{in: in, given: in.Endpoints, views: make(map[balance.Ref]*balance.View), listed: make(map[balance.Ref]bool)}
	p.in.Endpoints = slices.Clone(in.Endpoints)
	p.plan = planner.Plan(in)
	p.after = slices.Clone(p.given)
	for i := range p.in.Endpoints {
		p.views[p.in.Endpoints[i].Ref] = &p.in.Endpoints[i]
	}
	for _, r := range p.plan.Connect {
		p.listed[r] = true
		p.expects = p.expects || p.views[r] != nil && p.views[r].State != balance.Ready
	}
	return p
}

// check returns what is wrong with the plan, or "".
func (p *pastPlan) check() string {
	plan := p.plan
	switch {
	case plan.Picker == nil:
		return "the plan has no picker"
	case plan.State > balance.TransientFailure:
		return fmt.Sprintf("the plan's state is %v; it is to be IDLE, CONNECTING, READY or TRANSIENT_FAILURE", plan.State)
	case plan.State == balance.TransientFailure && plan.Err == nil:
		return "the plan's state is TRANSIENT_FAILURE and it has no error"
	case len(p.in.Endpoints) == 0 && plan.State != balance.TransientFailure:
		return fmt.Sprintf("there are no endpoints and the plan's state is %v", plan.State)
	case plan.Wake < 0 || plan.Alarm < 0 || plan.Reports < 0:
		return "something in the plan is less than 0"
	}
	for _, r := range plan.Connect {
		if p.views[r] == nil {
			return fmt.Sprintf("the plan connects endpoint %d, which is not in the snapshot", r)
		}
	}
	if len(p.listed) < len(plan.Connect) {
		return "the plan lists an endpoint twice"
	}
	return ""
}

// changed returns what became of the snapshot since the plan was made.
func (p *pastPlan) changed() string {
	for i := range p.given {
		g, v := &p.given[i], &p.after[i]
		if g.Ref != v.Ref || g.State != v.State || g.Weight != v.Weight || !g.Since.Equal(v.Since) || g.Load != v.Load {
			return fmt.Sprintf("planning changes an earlier snapshot, which a picker may still read: endpoint %d", v.Ref)
		}
	}
	return ""
}

// pick picks for a call and returns what is wrong with it, or "". use, if not nil, is
// what happens to an endpoint that is used.
func (p *pastPlan) pick(c *balance.Call, use func(*balance.Load)) string {
	got := p.plan.Picker.Pick(c)
	v, state := p.views[got.Endpoint], p.plan.State
	switch {
	case got.Verdict > balance.Drop:
		return fmt.Sprintf("the pick's verdict is %d", got.Verdict)
	case got.Endpoint != 0 && v == nil:
		return fmt.Sprintf("the pick (%v) names endpoint %d, which is not in the snapshot", got.Verdict, got.Endpoint)
	}
	switch got.Verdict {
	case balance.Use:
		switch {
		case v == nil:
			return "the pick uses no endpoint"
		case v.State != balance.Ready:
			return fmt.Sprintf("the pick uses endpoint %d, which is %v", v.Ref, v.State)
		case state != balance.Ready:
			return fmt.Sprintf("the pick uses an endpoint and the plan's state is %v", state)
		case !p.listed[v.Ref]:
			return fmt.Sprintf("the pick uses endpoint %d, which the plan does not list", v.Ref)
		}
		if use != nil {
			use(v.Load)
		}
	case balance.Fail, balance.Drop:
		switch {
		case got.Err == nil:
			return fmt.Sprintf("the pick is to %v and has no error", got.Verdict)
		case got.Verdict == balance.Fail && (state == balance.Idle || state == balance.Connecting):
			return fmt.Sprintf("the pick fails and the plan's state is %v: calls wait then", state)
		}
	case balance.Queue:
		switch {
		case len(p.in.Endpoints) == 0:
			return "there are no endpoints and the call waits"
		case v != nil && v.State == balance.Ready:
			return fmt.Sprintf("the call waits for endpoint %d, which is ready", v.Ref)
		case p.in.Waiting > 0 && v == nil && p.plan.Wake == 0 && !p.expects:
			return "calls wait, and nothing is being connected, nor another plan asked for"
		}
	}
	return ""
}

// someCall returns a call of some kind.
func someCall(r *rand.Rand, views []balance.View) *balance.Call {
	c := &balance.Call{Method: fmt.Sprintf("/test.Service/Method%d", r.IntN(3)), WaitForReady: r.IntN(2) == 0}
	if r.IntN(2) == 0 {
		c.Header = callHeader(fmt.Sprint(r.IntN(100)))
	}
	if r.IntN(2) == 0 {
		c.Deadline = time.Now().Add(time.Second)
	}
	for c.Attempt < r.IntN(4) && len(views) > 0 {
		c.Attempt++
		c.Tried = append(c.Tried, views[r.IntN(len(views))].Ref)
	}
	return c
}

// A callHeader has the same value for every name.
type callHeader string

// Get implements balance.Header.
func (h callHeader) Get(string) string { return string(h) }
