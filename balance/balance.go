// Package balance decides which endpoint takes a call.
//
// A Policy plans: from a Snapshot of all endpoints, with their states and loads, it
// makes a Plan, which says which endpoints to keep connected and holds the Picker
// that calls go through until the next plan. The client owns the connections and
// makes a new plan whenever something changed. A planner does no I/O, starts no
// goroutine and asks neither the time nor for randomness, so it is tested with
// tables; a picker takes no lock. A policy that wraps another changes what the
// other sees, or what it answers.
package balance

import (
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// A Policy is a way to balance. It holds settings only; any number of clients may
// share one.
type Policy interface {
	// NewPlanner returns a planner for one client.
	NewPlanner() Planner
}

// A Planner has what one client's policy remembers from plan to plan.
type Planner interface {
	// Plan is called from one goroutine at a time and must not block.
	Plan(Snapshot) Plan
}

// A Snapshot is all that a plan is made from.
type Snapshot struct {
	// Endpoints are those of the resolver's last update, in its order. The slice
	// is the planner's to keep.
	Endpoints []View

	// Attrs are those of the update.
	Attrs resolve.Attrs

	// Waiting is the number of calls that wait for an endpoint, and of requests to
	// connect without a call.
	Waiting int

	// Now is the time of the snapshot.
	Now time.Time

	// Seed is a random number, another one for each snapshot.
	Seed uint64

	breaker *inflight // of the innermost CircuitBreaker around the planner, if any
}

// A View is an endpoint as a policy sees it.
type View struct {
	Endpoint resolve.Endpoint
	Ref      Ref

	// State is Idle, Connecting, Ready or TransientFailure. An endpoint that failed
	// stays in TransientFailure until it is Ready: that it is being tried again
	// does not show.
	State State

	// Since is when the endpoint came into State.
	Since time.Time

	// Err is the reason of a TransientFailure, otherwise that of the last loss of
	// a connection, if any.
	Err error

	// Weight is the endpoint's share relative to others: that of the resolver, which
	// policies around this one may have changed (SlowStart). Positive.
	Weight float64

	// Load counts the calls. It stays with the endpoint from snapshot to snapshot.
	Load *Load
}

// A Ref names an endpoint within one client, for as long as the resolver lists it.
// It is never used again for another one. The zero Ref names none.
type Ref uint64

// A Plan is what a policy wants.
type Plan struct {
	// Connect lists the endpoints to have connected, the most urgent first. Those
	// without a connection get one, again and again with a backoff when it fails.
	// Endpoints not listed lose theirs: no new calls, and an end when the last
	// call has ended.
	Connect []Ref

	// Picker takes the calls from now on. Required.
	Picker Picker

	// State is that of the whole client: Idle, Connecting, Ready or TransientFailure.
	State State

	// Err is the reason of a TransientFailure.
	Err error

	// Wake asks for another plan after this time even if nothing changes; 0 does not.
	Wake time.Duration

	// Alarm asks for another plan as soon as so many attempts in a row ended badly at
	// an endpoint (Load.InRow), and after every further so many; 0 does not.
	Alarm int

	// Unwatched has the client leave the health of endpoints unwatched, although the
	// service config names a service to watch: pick-first says so, for which an
	// endpoint that answers is as good as any (gRFC A17).
	Unwatched bool

	// Reports asks the endpoints for load reports at this interval, beside those that
	// come with responses (gRFC A51); 0 does not. Load.Report has the last.
	Reports time.Duration
}

// A Picker chooses an endpoint for each call. Pick is called concurrently, must not
// block and should not allocate.
type Picker interface {
	Pick(*Call) Pick
}

// A Call is what a picker may know of a call, and more exactly of one attempt at it.
type Call struct {
	// Method is the full name, "/package.Service/Method".
	Method string

	// WaitForReady says that the call waits when a picker says Fail.
	WaitForReady bool

	// Attempt is 0 for the first attempt of a call.
	Attempt int

	// Tried are the endpoints that earlier attempts went to, or hedged ones go to;
	// a picker with a choice avoids them.
	Tried []Ref

	// Header is that of the request, nil when it is not known.
	Header Header

	// Deadline is when the call ends; zero when it has no deadline.
	Deadline time.Time
}

// A Header is what a picker may read of a request's header.
type Header interface {
	// Get returns the first value of the field, or "". Names are in lower case.
	Get(name string) string
}

// HasTried reports whether an earlier attempt went to r.
func (c *Call) HasTried(r Ref) bool {
	for _, tried := range c.Tried {
		if tried == r {
			return true
		}
	}
	return false
}

// A Pick is the answer of a picker.
type Pick struct {
	Verdict Verdict

	// Endpoint is the one to use. With Queue it may name an endpoint to connect
	// although the plan does not ask for it.
	Endpoint Ref

	// Err is the reason of Fail and Drop.
	Err error
}

// A Verdict says what becomes of a call.
type Verdict uint8

const (
	Queue Verdict = iota // it waits for the next plan
	Use                  // it goes to the endpoint
	Fail                 // it fails as unavailable, or waits for the next plan if it waits for ready
	Drop                 // it fails at once whatever it waits for, and is not tried again
)

// String returns the name in lower case.
func (v Verdict) String() string {
	switch v {
	case Queue:
		return "queue"
	case Use:
		return "use"
	case Fail:
		return "fail"
	case Drop:
		return "drop"
	}
	return "unknown"
}

// A State is that of an endpoint or of a client. The names and meanings are gRPC's
// (doc/connectivity-semantics-and-api.md).
type State uint8

const (
	Idle             State = iota // not connected, and nobody is trying
	Connecting                    // being connected for the first time, or again after a loss
	Ready                         // connected
	TransientFailure              // the last attempt failed; further ones follow
	Shutdown                      // closed for good
)

// String returns the name in gRPC's spelling.
func (s State) String() string {
	switch s {
	case Idle:
		return "IDLE"
	case Connecting:
		return "CONNECTING"
	case Ready:
		return "READY"
	case TransientFailure:
		return "TRANSIENT_FAILURE"
	case Shutdown:
		return "SHUTDOWN"
	}
	return "UNKNOWN"
}
