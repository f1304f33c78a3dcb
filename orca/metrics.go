package orca

import (
	"maps"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/curlew-rpc/curlew/orca/internal/orcapb"
)

// Metrics are measurements of a server's load. Each stays until it is set again, and
// NaN takes it away. A value that cannot be, a negative one for instance, counts as
// the nearest that can. The methods may be called concurrently.
type Metrics struct {
	changes     atomic.Uint64 // how often something was set
	mu          sync.Mutex
	numbers     [kinds]number
	utilization map[string]float64
	cost        map[string]float64
	named       map[string]float64
}

// A number is one of the metrics that have no names.
type number struct {
	value float64
	is    bool // set
}

const (
	cpu = iota
	memory
	application
	qps
	eps

	kinds = 5
)

// SetCPU sets how much of the processors is used: 1 is all, and more says that the
// server has more to do than it likes. Clients go by it if the application's own
// utilization is not set.
func (m *Metrics) SetCPU(utilization float64) { m.set(cpu, utilization, math.MaxFloat64) }

// SetMemory sets how much of the memory is used, 0 to 1.
func (m *Metrics) SetMemory(utilization float64) { m.set(memory, utilization, 1) }

// SetApplication sets how much is used of what limits the application, whatever that
// is: 1 is all, and more says that it has more to do than it likes.
func (m *Metrics) SetApplication(utilization float64) {
	m.set(application, utilization, math.MaxFloat64)
}

// SetQPS sets how many calls a second the server answers, in place of what the
// Interceptor counts.
func (m *Metrics) SetQPS(calls float64) { m.set(qps, calls, math.MaxFloat64) }

// SetEPS sets how many errors a second the server answers with, in place of what the
// Interceptor counts.
func (m *Metrics) SetEPS(errors float64) { m.set(eps, errors, math.MaxFloat64) }

// SetUtilization sets how much is used of a resource of the application, 0 to 1. Names
// travel with every report: few short ones are best.
func (m *Metrics) SetUtilization(name string, utilization float64) {
	m.setNamed(&m.utilization, name, utilization, 0, 1)
}

// SetNamed sets a metric whose meaning the application and its clients know.
func (m *Metrics) SetNamed(name string, value float64) {
	m.setNamed(&m.named, name, value, -math.MaxFloat64, math.MaxFloat64)
}

func (m *Metrics) set(kind int, v, most float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes.Add(1)
	if math.IsNaN(v) {
		m.numbers[kind] = number{}
		return
	}
	m.numbers[kind] = number{min(max(v, 0), most), true}
}

// setNamed sets a value in one of the maps of m.
func (m *Metrics) setNamed(values *map[string]float64, name string, v, least, most float64) {
	name = strings.ToValidUTF8(name, "�") // as protobuf wants it
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes.Add(1)
	switch {
	case math.IsNaN(v):
		delete(*values, name)
		return
	case *values == nil:
		*values = make(map[string]float64)
	}
	(*values)[name] = min(max(v, least), most)
}

// emptyLocked reports whether nothing is set.
func (m *Metrics) emptyLocked() bool {
	return m.numbers == [kinds]number{} && len(m.utilization)+len(m.cost)+len(m.named) == 0
}

// putLocked puts what is set into a report, over what is there. The report shares maps
// with m then.
func (m *Metrics) putLocked(r *orcapb.OrcaLoadReport) {
	for kind, n := range m.numbers {
		if n.is {
			*field(r, kind) = n.value
		}
	}
	r.Utilization = over(r.Utilization, m.utilization)
	r.RequestCost = over(r.RequestCost, m.cost)
	r.NamedMetrics = over(r.NamedMetrics, m.named)
}

func field(r *orcapb.OrcaLoadReport, kind int) *float64 {
	switch kind {
	case cpu:
		return &r.CpuUtilization
	case memory:
		return &r.MemUtilization
	case application:
		return &r.ApplicationUtilization
	case qps:
		return &r.RpsFractional
	default:
		return &r.Eps
	}
}

// over returns the values of both maps, those of upper where both have one. It changes
// neither.
func over(lower, upper map[string]float64) map[string]float64 {
	switch {
	case len(lower) == 0:
		return upper
	case len(upper) == 0:
		return lower
	}
	sum := make(map[string]float64, len(lower)+len(upper))
	maps.Copy(sum, lower)
	maps.Copy(sum, upper)
	return sum
}
