package curlew

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/channel"
)

// An Explanation says where a call went, and why it ended as it did. It is this
// process's own knowledge, and never sent to anybody.
type Explanation struct {
	// Target is what the client calls, and Method the call's path, empty where there
	// is no call.
	Target, Method string

	// Attempts are those of the call, in the order in which they ended. The last
	// failed as the call did.
	Attempts []Attempt

	// Reason says which policy or limit decided that there was no further attempt;
	// empty if none had to.
	Reason string

	// State is the client's, and Err why it cannot connect, if it cannot.
	State balance.State
	Err   error

	// Known is how many endpoints the client knows, and Endpoints how they stand. The
	// explanation of a call has the first sixteen, and those of one that the server
	// itself failed has none.
	Known     int
	Endpoints []Endpoint
}

// An Attempt is one try at a call.
type Attempt struct {
	Kind     AttemptKind
	Endpoint string        // its ID, an address mostly; empty: none was found
	Began    time.Time     // when the endpoint was found, or was not
	Took     time.Duration // from then to its end
	Code     Code
	Message  string
}

// An AttemptKind says why an attempt was made.
type AttemptKind uint8

const (
	noAttempt AttemptKind = iota
	// FirstAttempt is the call's first.
	FirstAttempt
	// TransparentRetry follows one that the server certainly has not seen.
	TransparentRetry
	// Retry follows one that failed, by a RetryPolicy.
	Retry
	// Hedge is made beside another, by a HedgingPolicy.
	Hedge
)

// String returns for instance "transparent retry".
func (k AttemptKind) String() string {
	switch k {
	case FirstAttempt:
		return "first attempt"
	case TransparentRetry:
		return "transparent retry"
	case Retry:
		return "retry"
	case Hedge:
		return "hedge"
	}
	return "no attempt"
}

// An Endpoint is how a client stands with one of its endpoints.
type Endpoint struct {
	ID          string
	State       balance.State
	Connections int   // in use
	Calls       int   // under way
	Err         error // of the last failure to connect, or loss of a connection; nil: none
}

// Explain returns what this process knows of a failed call, nil if err is not the error
// of a client's call.
func Explain(err error) *Explanation {
	var e *Error
	if errors.As(err, &e) {
		return e.why
	}
	return nil
}

// Explain returns how the client stands with its endpoints. It may be called at any time.
func (c *Client) Explain() *Explanation {
	e := &Explanation{}
	c.look(e, 0)
	return e
}

// String returns the explanation in lines for people.
func (e *Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is %v", e.Target, e.State)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	b.WriteByte('\n')
	for i, a := range e.Attempts {
		at := a.Endpoint
		if at == "" {
			at = "no endpoint"
		}
		fmt.Fprintf(&b, "attempt %d (%v) at %s: %v after %v: %s\n", i+1, a.Kind, at, a.Code, a.Took.Round(time.Microsecond), a.Message)
	}
	if e.Reason != "" {
		fmt.Fprintf(&b, "no further attempt: %s\n", e.Reason)
	}
	for _, ep := range e.Endpoints {
		fmt.Fprintf(&b, "endpoint %s: %v, %d connections, %d calls", ep.ID, ep.State, ep.Connections, ep.Calls)
		if ep.Err != nil {
			fmt.Fprintf(&b, ", last error: %v", ep.Err)
		}
		b.WriteByte('\n')
	}
	if more := e.Known - len(e.Endpoints); more > 0 && len(e.Endpoints) > 0 {
		fmt.Fprintf(&b, "and %d endpoints more\n", more)
	}
	return b.String()
}

// short is what an error's text says of it: nothing where there was one attempt, which
// the error describes itself.
func (e *Explanation) short() string {
	var b strings.Builder
	if len(e.Attempts) > 1 {
		fmt.Fprintf(&b, "%d attempts: ", len(e.Attempts))
		for i, a := range e.Attempts {
			if i > 0 {
				b.WriteString(", ")
			}
			at := a.Endpoint
			if at == "" {
				at = "no endpoint"
			}
			fmt.Fprintf(&b, "%s %v", at, a.Code)
		}
	}
	if e.Reason != "" {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(e.Reason)
	}
	return b.String()
}

// look describes the client's endpoints, at most so many; 0 is all.
func (c *Client) look(e *Explanation, limit int) {
	infos, known, state, err := c.channel.Look(limit)
	e.Target, e.State, e.Err, e.Known = c.channel.Target(), state, err, known
	for _, i := range infos {
		e.Endpoints = append(e.Endpoints, Endpoint{ID: i.ID, State: i.State, Connections: i.Conns, Calls: i.Calls, Err: i.Err})
	}
}

// explained is how many endpoints the explanation of a call has.
const explained = 16

// A record is what is known of a call's attempts that failed.
type record struct {
	attempts []Attempt
	reason   string
}

// note records the end of an attempt that did not do, and why there is no other. sendMu
// is held.
func (c *clientCall) note(a *attempt, err error, reason string) {
	if c.record == nil {
		c.record = new(record)
	}
	at := Attempt{Kind: a.kind, Endpoint: a.picked.ID(), Began: a.began, Took: time.Since(a.began), Code: CodeOf(err)}
	var e *Error
	if errors.As(err, &e) {
		at.Message = e.message
		if ce := new(*channel.Error); errors.As(err, ce) {
			at.Message = (*ce).Error()
		}
	}
	c.record.attempts = append(c.record.attempts, at)
	if reason != "" {
		c.record.reason = reason
	}
}

// noteFailure is note for attempts of a race.
func (c *clientCall) noteFailure(a *attempt, err error) {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	a.judged = true
	c.note(a, err, "")
}

// noteReason records why no more attempts are made. sendMu is held.
func (c *clientCall) noteReason(reason string) {
	if c.record == nil {
		c.record = new(record)
	}
	c.record.reason = reason
}

// attach gives the call's error, which is nobody else's, its explanation.
func (c *clientCall) attach(err error) error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	return c.attachLocked(err)
}

// attachLocked is attach with sendMu held.
func (c *clientCall) attachLocked(err error) error {
	e, ok := err.(*Error)
	if !ok || e.why != nil || e == errEnded {
		return err
	}
	c.verdict.Store(uint32(classOf(err)) + 1)
	if a := c.att.Load(); a != nil && !a.judged {
		a.judged = true
		c.note(a, err, "")
	}
	why := &Explanation{Target: c.caller.client.channel.Target(), Method: c.call.method.Path}
	if c.record != nil {
		why.Attempts, why.Reason = c.record.attempts, c.record.reason
	}
	if e.remote {
		why.State = c.caller.client.channel.State()
	} else {
		c.caller.client.look(why, explained)
	}
	with := *e
	with.why = why
	return &with
}

// repeats reports whether a policy may make more of a call than one attempt.
func (p *prepared) repeats() bool { return p.retry != nil || p.hedge != nil }
