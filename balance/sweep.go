package balance

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// The values of Ejection.Method.
const (
	byRow     = "consecutive"
	byRate    = "success_rate"
	byPercent = "failure_percentage"
)

// A host is what OutlierDetection remembers of an endpoint.
type host struct {
	load      *Load
	good, bad uint64 // calls until the last sweep
	succeeded int    // calls in the interval before it
	failed    int
	row       int    // what of InRow has been judged already,
	rowGood   uint64 // if so many calls had ended well then, and have now

	ejection *Ejection
	times    int       // how often it was ejected, less for intervals without
	back     time.Time // when the last ejection ended
}

func (h *host) volume() int { return h.succeeded + h.failed }

// rate is the fraction of calls that succeeded.
func (h *host) rate() float64 { return float64(h.succeeded) / float64(h.volume()) }

// inRow returns how many calls in a row have failed and not been judged yet.
func (h *host) inRow() int {
	n := h.load.InRow()
	if h.row > 0 && h.rowGood == answered(h.load) {
		n -= h.row
	}
	return n
}

// restart has the row of failures start over.
func (h *host) restart() { h.row, h.rowGood = h.load.InRow(), answered(h.load) }

// answered counts the calls that end a row of failures.
func answered(l *Load) uint64 { return l.Ended(Success) + l.Ended(Failure) }

// count returns how many calls have ended well and badly.
func (c *OutlierConfig) count(l *Load) (good, bad uint64) {
	good = l.Ended(Success)
	bad = l.Ended(Rejected) + l.Ended(Unavailable) + l.Ended(TimedOut) + l.Ended(Broken)
	if c.CountAll {
		return good, bad + l.Ended(Failure)
	}
	return good + l.Ended(Failure), bad
}

// sweep judges the interval that has ended.
func (p *outlierPlanner) sweep(in Snapshot) {
	for _, h := range p.order {
		good, bad := p.count(h.load)
		h.succeeded, h.failed = int(good-h.good), int(bad-h.bad)
		h.good, h.bad = good, bad
	}
	if p.SuccessRate != nil {
		p.sweepRates(in, p.SuccessRate)
	}
	if p.FailurePercentage != nil {
		p.sweepPercentages(in, p.FailurePercentage)
	}
	for _, h := range p.order {
		if h.ejection == nil && h.times > 0 {
			h.times--
		}
	}
}

func (p *outlierPlanner) sweepRates(in Snapshot, c *SuccessRateEjection) {
	judged := p.judged(c.MinVolume)
	if len(judged) < max(c.MinHosts, 1) {
		return
	}
	mean, variance := 0.0, 0.0
	for _, i := range judged {
		mean += p.order[i].rate() / float64(len(judged))
	}
	for _, i := range judged {
		d := p.order[i].rate() - mean
		variance += d * d / float64(len(judged))
	}
	least := mean - math.Sqrt(variance)*float64(c.StdevFactor)/1000
	for _, i := range judged {
		if h := p.order[i]; h.ejection == nil && h.rate() < least {
			p.eject(in, i, byRate, c.Enforcement, fmt.Sprintf("%.1f %% of its %d calls succeeded, less than %.1f %%", h.rate()*100, h.volume(), least*100))
		}
	}
}

func (p *outlierPlanner) sweepPercentages(in Snapshot, c *FailurePercentageEjection) {
	if len(p.order) < c.MinHosts {
		return
	}
	for _, i := range p.judged(c.MinVolume) {
		if h := p.order[i]; h.ejection == nil && h.failed*100 > c.Threshold*h.volume() {
			p.eject(in, i, byPercent, c.Enforcement, fmt.Sprintf("%.1f %% of its %d calls failed, more than %d %%", 100-h.rate()*100, h.volume(), c.Threshold))
		}
	}
}

// judged returns the hosts that had enough calls, the worst first: when not all may be
// ejected those are.
func (p *outlierPlanner) judged(minVolume int) []int {
	var judged []int
	for i, h := range p.order {
		if h.volume() >= minVolume {
			judged = append(judged, i)
		}
	}
	slices.SortStableFunc(judged, func(a, b int) int {
		switch x, y := p.order[a].rate(), p.order[b].rate(); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return judged
}
