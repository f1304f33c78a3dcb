package balance

import (
	"fmt"
	"slices"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// An OutlierConfig says which endpoints OutlierDetection ejects and for how long.
// Numbers that are 0 stand for the default; a negative one is for 0.
type OutlierConfig struct {
	// Interval is the time between two looks at how many calls failed. 0 means 10
	// seconds.
	Interval time.Duration

	// BaseEjection is how long an endpoint is ejected for the first time. It is so much
	// longer each further time, and so much less after each interval in which it
	// was not ejected. 0 means 30 seconds.
	BaseEjection time.Duration

	// MaxEjection bounds that time. 0 means 300 seconds, or BaseEjection if that is more.
	MaxEjection time.Duration

	// MaxEjectionPercent is how many of all endpoints may be ejected, but one always
	// may. 0 means 10.
	MaxEjectionPercent int

	// SuccessRate, FailurePercentage and Consecutive are the ways in which an endpoint
	// is found out. Those that are nil are not used; when all are, all are used with
	// their defaults.
	SuccessRate       *SuccessRateEjection
	FailurePercentage *FailurePercentageEjection
	Consecutive       *ConsecutiveEjection

	// PanicThreshold is the percentage of endpoints that must be neither ejected nor
	// failing. While fewer are, no endpoint counts as ejected: when everything fails it
	// is not for a few endpoints to carry it all. 0 means 50.
	PanicThreshold int

	// CountAll has every call that does not end with status OK count as failed, as
	// gRFC A50 has it. Otherwise those by which the endpoint says that the call was
	// wrong (Failure: NOT_FOUND, INVALID_ARGUMENT) speak for the endpoint. Canceled
	// calls never count.
	CountAll bool

	// Notify, if not nil, is told of each ejection, also of those not enforced. It must
	// not block.
	Notify func(resolve.Endpoint, *Ejection)
}

// A SuccessRateEjection ejects endpoints at which fewer calls succeed than elsewhere:
// those with a rate below mean - stdev * StdevFactor/1000 over all endpoints.
type SuccessRateEjection struct {
	StdevFactor int // 0 means 1900
	Enforcement int // percentage of those found that are ejected; 0 means 100
	MinHosts    int // endpoints with MinVolume that there must be; 0 means 5
	MinVolume   int // calls in an interval from which on an endpoint is judged; 0 means 100
}

// A FailurePercentageEjection ejects endpoints at which more than so many calls fail.
type FailurePercentageEjection struct {
	Threshold   int // percentage of failed calls; 0 means 85
	Enforcement int // percentage of those found that are ejected; 0 means 100
	MinHosts    int // endpoints that there must be; 0 means 5
	MinVolume   int // calls in an interval from which on an endpoint is judged; 0 means 50
}

// A ConsecutiveEjection ejects an endpoint at once when so many calls in a row failed
// there (Load.InRow, whatever CountAll says). When it loses its connection such an
// ejection ends: calls that failed with the connection say nothing of the next one.
type ConsecutiveEjection struct {
	Failures    int // 0 means 5
	Enforcement int // percentage of those found that are ejected; 0 means 100
}

// OutlierDetection returns the policy that ejects endpoints at which calls fail, while
// others do well (gRFC A50). The child sees an ejected endpoint as one that fails, with
// an *Ejection as the error. It stays connected, and when it is let back the child sees
// it as ready since then, so that a SlowStart within this one eases it in. What an
// endpoint is ejected for is in Load.Ejection, too.
func OutlierDetection(c OutlierConfig, child Policy) Policy {
	c.fill()
	return outlierDetection{&c, child}
}

// orDefault returns what a number of a config stands for.
func orDefault[T ~int | ~int64](n, usual T) T {
	if n == 0 {
		return usual
	}
	return max(n, 0)
}

func (c *OutlierConfig) fill() {
	c.Interval = max(orDefault(c.Interval, 10*time.Second), time.Millisecond)
	c.BaseEjection = orDefault(c.BaseEjection, 30*time.Second)
	c.MaxEjection = max(orDefault(c.MaxEjection, 300*time.Second), c.BaseEjection)
	c.MaxEjectionPercent = orDefault(c.MaxEjectionPercent, 10)
	c.PanicThreshold = orDefault(c.PanicThreshold, 50)
	if c.SuccessRate == nil && c.FailurePercentage == nil && c.Consecutive == nil {
		c.SuccessRate, c.FailurePercentage, c.Consecutive = &SuccessRateEjection{}, &FailurePercentageEjection{}, &ConsecutiveEjection{}
	}
	if c.SuccessRate != nil {
		s := *c.SuccessRate
		s.StdevFactor = orDefault(s.StdevFactor, 1900)
		s.Enforcement = orDefault(s.Enforcement, 100)
		s.MinHosts = orDefault(s.MinHosts, 5)
		s.MinVolume = max(orDefault(s.MinVolume, 100), 1)
		c.SuccessRate = &s
	}
	if c.FailurePercentage != nil {
		f := *c.FailurePercentage
		f.Threshold = orDefault(f.Threshold, 85)
		f.Enforcement = orDefault(f.Enforcement, 100)
		f.MinHosts = orDefault(f.MinHosts, 5)
		f.MinVolume = max(orDefault(f.MinVolume, 50), 1)
		c.FailurePercentage = &f
	}
	if c.Consecutive != nil {
		r := *c.Consecutive
		r.Failures = max(orDefault(r.Failures, 5), 1)
		r.Enforcement = orDefault(r.Enforcement, 100)
		c.Consecutive = &r
	}
}

type outlierDetection struct {
	*OutlierConfig
	child Policy
}

// NewPlanner implements Policy.
func (o outlierDetection) NewPlanner() Planner {
	return &outlierPlanner{OutlierConfig: o.OutlierConfig, child: o.child.NewPlanner()}
}

type outlierPlanner struct {
	*OutlierConfig
	child Planner
	hosts map[Ref]*host
	order []*host // those of the snapshot, in its order
	swept time.Time
	out   int // ejected hosts
}

// Plan implements Planner.
func (p *outlierPlanner) Plan(in Snapshot) Plan {
	p.know(in.Endpoints)
	switch {
	case p.swept.IsZero():
		p.swept = in.Now
	case in.Now.Sub(p.swept) >= p.Interval:
		p.swept = in.Now
		p.sweep(in)
	}
	if p.Consecutive != nil {
		p.checkRows(in)
	}
	wake := until(in.Now, p.swept.Add(p.Interval))
	for _, h := range p.order {
		if h.ejection == nil {
			continue
		}
		if !in.Now.Before(h.ejection.Until) {
			p.letBack(h, in.Now)
		} else {
			wake = min(wake, until(in.Now, h.ejection.Until))
		}
	}
	keep := p.hide(in.Endpoints)
	plan := p.child.Plan(in)
	plan.Connect = withAll(plan.Connect, keep)
	plan.Wake = sooner(plan.Wake, wake)
	if p.Consecutive != nil {
		plan.Alarm = fewer(plan.Alarm, p.Consecutive.Failures)
	}
	return plan
}

// know takes over a list of endpoints.
func (p *outlierPlanner) know(views []View) {
	if slices.EqualFunc(p.order, views, func(h *host, v View) bool { return h.load == v.Load }) {
		return
	}
	hosts := make(map[Ref]*host, len(views))
	p.order, p.out = p.order[:0], 0
	for i := range views {
		v := &views[i]
		h := p.hosts[v.Ref]
		if h == nil {
			h = &host{load: v.Load}
			h.good, h.bad = p.count(v.Load)
			h.restart()
			v.Load.ejection.Store(nil) // a planner before this one may have left it
		}
		hosts[v.Ref] = h
		p.order = append(p.order, h)
		if h.ejection != nil {
			p.out++
		}
	}
	p.hosts = hosts
}

// hide shows the ejected endpoints as failing, unless there are too many for that, and
// returns those that are connected.
func (p *outlierPlanner) hide(views []View) (connected []Ref) {
	healthy := 0
	for i, h := range p.order {
		v := &views[i]
		if h.ejection == nil && v.State != TransientFailure {
			healthy++
		}
		if h.back.After(v.Since) && v.State == Ready {
			v.Since = h.back
		}
	}
	if p.out == 0 || healthy*100 < p.PanicThreshold*len(views) {
		return nil
	}
	for i, h := range p.order {
		v := &views[i]
		if h.ejection == nil || v.State == TransientFailure {
			continue
		}
		if v.State == Ready {
			connected = append(connected, v.Ref)
		}
		v.State, v.Since, v.Err = TransientFailure, h.ejection.Since, h.ejection
	}
	return connected
}

// withAll returns refs with those of more that it does not have.
func withAll(refs, more []Ref) []Ref {
	if len(more) == 0 {
		return refs
	}
	has := make(map[Ref]bool, len(refs))
	for _, ref := range refs {
		has[ref] = true
	}
	refs = refs[:len(refs):len(refs)] // the child may need the rest
	for _, ref := range more {
		if !has[ref] {
			refs = append(refs, ref)
		}
	}
	return refs
}

// eject ejects a host that was found out, if it may be.
func (p *outlierPlanner) eject(in Snapshot, i int, method string, enforcement int, reason string) {
	h, v := p.order[i], &in.Endpoints[i]
	e := &Ejection{Method: method, Reason: reason, Since: in.Now}
	switch {
	case p.out > 0 && (p.out+1)*100 > p.MaxEjectionPercent*len(p.order):
		e.Unenforced = "max_ejection_overflow"
	case partSeed(in.Seed, uint64(v.Ref))%100 >= uint64(enforcement):
		e.Unenforced = "enforcement_percentage"
	default:
		h.times++
		e.Until = in.Now.Add(min(p.BaseEjection*time.Duration(h.times), p.MaxEjection))
		h.ejection = e
		h.load.ejection.Store(e)
		p.out++
	}
	if p.Notify != nil {
		p.Notify(v.Endpoint, e)
	}
}

func (p *outlierPlanner) letBack(h *host, now time.Time) {
	h.ejection, h.back = nil, now
	h.load.ejection.Store(nil)
	h.restart()
	p.out--
}

// checkRows ejects hosts at which too many calls in a row failed.
func (p *outlierPlanner) checkRows(in Snapshot) {
	for i, h := range p.order {
		if in.Endpoints[i].State != Ready {
			h.restart()
			if h.ejection != nil && h.ejection.Method == byRow {
				p.letBack(h, in.Now)
			}
			continue
		}
		if h.ejection != nil {
			continue
		}
		if n := h.inRow(); n >= p.Consecutive.Failures {
			h.restart()
			p.eject(in, i, byRow, p.Consecutive.Enforcement, fmt.Sprintf("%d calls in a row failed", n))
		}
	}
}
