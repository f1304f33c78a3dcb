package balance

import (
	"math"
	"strings"
	"time"
)

// A reportedWeight is what an endpoint's reports say of it, as long as they come. The
// zero value knows nothing.
type reportedWeight struct {
	ready  time.Time // since when the endpoint is connected
	first  time.Time // report of those that have come since without a long pause
	last   time.Time
	weight float64 // of the last; 0 if there was none
}

// update returns w with a report taken in, which may be the last one once more, or nil.
func (w reportedWeight) update(now, ready time.Time, r *Report, cfg *WeightedRoundRobinConfig) reportedWeight {
	if !w.ready.Equal(ready) {
		w = reportedWeight{ready: ready} // connected anew
	}
	if w.weight > 0 && now.Sub(w.last) >= cfg.ExpirationPeriod {
		w = reportedWeight{ready: ready}
	}
	if r == nil || r.At.Before(ready) || now.Sub(r.At) >= cfg.ExpirationPeriod || w.weight > 0 && !r.At.After(w.last) {
		return w
	}
	weight := capacity(r, cfg)
	if weight == 0 {
		return w // as if it had not come
	}
	if w.weight == 0 {
		w.first = r.At
	}
	w.last, w.weight = r.At, weight
	return w
}

// usable returns the weight, 0 if there is none or it is too early for it.
func (w reportedWeight) usable(now time.Time, cfg *WeightedRoundRobinConfig) float64 {
	if w.weight == 0 || now.Sub(w.first) < cfg.BlackoutPeriod {
		return 0
	}
	return w.weight
}

// capacity returns the weight that a report gives, 0 if it gives none.
func capacity(r *Report, cfg *WeightedRoundRobinConfig) float64 {
	used := utilization(r, cfg.MetricNames)
	if !(r.QPS > 0) || !(used > 0) {
		return 0
	}
	if r.EPS > 0 && cfg.ErrorPenalty > 0 {
		used += r.EPS / r.QPS * cfg.ErrorPenalty
	}
	if w := r.QPS / used; w > 0 && !math.IsInf(w, 1) {
		return w
	}
	return 0
}

// utilization is what the application reports, else the largest of the metrics named,
// else that of the CPU (gRFC A114).
func utilization(r *Report, names []string) float64 {
	if r.Application > 0 {
		return r.Application
	}
	most := 0.0
	for _, name := range names {
		if x := metric(r, name); x > most && !math.IsInf(x, 1) {
			most = x
		}
	}
	if most > 0 {
		return most
	}
	return r.CPU
}

// metric returns a figure of the report by the name of its field in OrcaLoadReport and,
// for one of a map, the key after a dot; 0 if there is none.
func metric(r *Report, name string) float64 {
	switch field, key, _ := strings.Cut(name, "."); field {
	case "application_utilization":
		return r.Application
	case "cpu_utilization":
		return r.CPU
	case "mem_utilization":
		return r.Memory
	case "utilization":
		return r.Utilization[key]
	case "request_cost":
		return r.Cost[key]
	case "named_metrics":
		return r.Named[key]
	}
	return 0
}
