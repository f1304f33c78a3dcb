package balance

import "time"

// A WeightedRoundRobinConfig has the settings of WeightedRoundRobin. The zero value is
// gRPC's defaults.
type WeightedRoundRobinConfig struct {
	// OutOfBand asks the endpoints for reports at intervals, instead of reading those
	// that come with responses: for services with few or long calls.
	OutOfBand bool

	// ReportPeriod is that interval; 0 is 10 seconds. Servers may choose a longer one.
	ReportPeriod time.Duration

	// BlackoutPeriod is how long an endpoint must have reported before it is weighed,
	// after it was connected or had nothing to report for long: what a server reports
	// when it has just begun says little. 0 is 10 seconds, less than 0 none.
	BlackoutPeriod time.Duration

	// ExpirationPeriod is how long a report counts; 0 is 3 minutes.
	ExpirationPeriod time.Duration

	// UpdatePeriod is how often endpoints are weighed anew; 0 is a second, and less
	// than 100 milliseconds counts as that.
	UpdatePeriod time.Duration

	// ErrorPenalty is what an endpoint's part of failed calls is multiplied with to be
	// added to its utilization; 0 is 1, less than 0 does not add it.
	ErrorPenalty float64

	// MetricNames are figures of the reports of which the largest is the utilization
	// of endpoints that report no application_utilization: "cpu_utilization",
	// "mem_utilization", or one of a map, for instance "named_metrics.queue". Where
	// there is none of them, cpu_utilization counts (gRFC A114).
	MetricNames []string
}

// WeightedRoundRobin returns the policy that connects to all endpoints and gives them
// calls in turn, more to those that have more to spare by their own reports of load
// (gRFC A58, A51): an endpoint's weight is the number of calls a second that it would
// serve if all of it were used,
//
//	calls a second / (utilization + failed part of the calls * ErrorPenalty)
//
// One that has not reported weighs as much as the others on average. When less than
// two have, all weigh the same.
//
// The weight that a resolver gives does not count. What policies around this one make
// of it does: SlowStart holds back a new endpoint here too.
func WeightedRoundRobin(cfg WeightedRoundRobinConfig) Policy {
	orDefault := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	orDefault(&cfg.ReportPeriod, 10*time.Second)
	orDefault(&cfg.BlackoutPeriod, 10*time.Second)
	orDefault(&cfg.ExpirationPeriod, 3*time.Minute)
	orDefault(&cfg.UpdatePeriod, time.Second)
	cfg.UpdatePeriod = max(cfg.UpdatePeriod, 100*time.Millisecond)
	if cfg.ErrorPenalty == 0 {
		cfg.ErrorPenalty = 1
	}
	return weightedRoundRobin{cfg}
}

type weightedRoundRobin struct{ cfg WeightedRoundRobinConfig }

// NewPlanner implements Policy.
func (w weightedRoundRobin) NewPlanner() Planner { return &wrrPlanner{cfg: w.cfg} }

type wrrPlanner struct {
	cfg      WeightedRoundRobinConfig
	reported map[Ref]reportedWeight // of those that are ready
	turns
}

// Plan implements Planner.
func (p *wrrPlanner) Plan(in Snapshot) Plan {
	plan, ready := connectAll(in)
	if p.cfg.OutOfBand {
		plan.Reports = p.cfg.ReportPeriod
	} else {
		for i := range in.Endpoints {
			in.Endpoints[i].Load.WantReports()
		}
	}
	known := p.reported
	p.reported = make(map[Ref]reportedWeight, len(ready))
	if len(ready) == 0 {
		return plan
	}
	plan.Wake = p.cfg.UpdatePeriod
	weights, usable, sum := make([]float64, len(ready)), 0, 0.0
	for i, v := range ready {
		r := known[v.Ref].update(in.Now, v.Since, v.Load.Report(), &p.cfg)
		p.reported[v.Ref] = r
		if weights[i] = r.usable(in.Now, &p.cfg); weights[i] > 0 {
			usable++
			sum += weights[i]
		}
	}
	for i, v := range ready {
		switch {
		case usable < 2:
			weights[i] = 1
		case weights[i] == 0:
			weights[i] = sum / float64(usable)
		}
		weights[i] *= v.weight() / float64(max(v.Endpoint.Weight, 1))
	}
	plan.Picker = p.picker(refs(ready), weights, in.Seed)
	return plan
}
