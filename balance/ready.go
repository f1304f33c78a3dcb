package balance

import (
	"errors"
	"math"
)

// connectAll begins the plan of a policy that wants all endpoints connected, and
// returns those that are ready. The plan lacks a picker only if there are some. What
// it says of the whole client is gRPC's rule for round_robin and all that are like it:
// ready if one is, connecting if one may become so, failed if all are.
func connectAll(in Snapshot) (plan Plan, ready []*View) {
	plan.Connect = make([]Ref, 0, len(in.Endpoints))
	connecting := false
	for i := range in.Endpoints {
		v := &in.Endpoints[i]
		plan.Connect = append(plan.Connect, v.Ref)
		switch v.State {
		case Ready:
			ready = append(ready, v)
		case TransientFailure:
		default:
			connecting = true // an idle one is about to be: it is in Connect
		}
	}
	switch {
	case len(ready) > 0:
		plan.State = Ready
	case connecting:
		plan.State = Connecting
		plan.Picker = Always(Pick{Verdict: Queue})
	default:
		plan.fail(lastError(in.Endpoints))
	}
	return plan, ready
}

// lastError is that of the endpoint that failed last.
func lastError(views []View) error {
	last := &View{}
	for i := range views {
		if v := &views[i]; v.State == TransientFailure && (last.Err == nil || v.Since.After(last.Since)) {
			last = v
		}
	}
	return last.Err
}

var errNoEndpoints = errors.New("the resolver knows no endpoints")

// fail makes the plan one in which calls fail with err.
func (plan *Plan) fail(err error) {
	if err == nil {
		err = errNoEndpoints
	}
	plan.State = TransientFailure
	plan.Err = err
	plan.Picker = Always(Pick{Verdict: Fail, Err: err})
}

// refs returns those of views.
func refs(views []*View) []Ref {
	list := make([]Ref, len(views))
	for i, v := range views {
		list[i] = v.Ref
	}
	return list
}

// weight returns that of the view, 1 for one that is not a positive number.
func (v *View) weight() float64 {
	if !(v.Weight > 0) || math.IsInf(v.Weight, 1) {
		return 1
	}
	return v.Weight
}

// weights returns those of views.
func weights(views []*View) []float64 {
	list := make([]float64, len(views))
	for i, v := range views {
		list[i] = v.weight()
	}
	return list
}
