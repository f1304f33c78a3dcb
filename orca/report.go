package orca

import (
	"maps"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/orca/internal/orcapb"
)

// A report is the load of the server, as of one second. It is never changed, so that
// all the calls of a second share one, and its bytes.
type report struct {
	second  int64
	changes uint64 // of the metrics that it was made of
	message *orcapb.OrcaLoadReport
	wire    string // message in protobuf binary
	said    bool   // it has more than calls and errors a second
}

// report returns the load of the server as it is now.
func (r *Reporter) report() *report {
	if now := r.current.Load(); r.holds(now) {
		return now
	}
	r.making.Lock()
	defer r.making.Unlock()
	now := r.current.Load()
	if !r.holds(now) { // nobody else has made it meanwhile
		now = r.make(r.second())
		r.current.Store(now)
	}
	return now
}

// holds reports whether a report, if there is one, is how things are now.
func (r *Reporter) holds(now *report) bool {
	return now != nil && now.second == r.second() && now.changes == r.changes.Load()
}

func (r *Reporter) make(second int64) *report {
	msg := new(orcapb.OrcaLoadReport)
	said := false
	if r.counting.Load() {
		msg.RpsFractional, msg.Eps = r.rates.of(second)
	}
	if r.cpu != nil {
		msg.CpuUtilization, said = r.cpu.sample()
	}
	r.mu.Lock()
	r.putLocked(msg)
	msg.Utilization, msg.NamedMetrics = maps.Clone(msg.Utilization), maps.Clone(msg.NamedMetrics)
	said = said || !r.emptyLocked()
	changes := r.changes.Load()
	r.mu.Unlock()
	// Names come in the same order each time, so that connections need not repeat what
	// they have sent.
	return &report{second, changes, msg, marshal(msg, proto.MarshalOptions{Deterministic: true}), said}
}

// marshal returns a report in protobuf binary.
func marshal(msg *orcapb.OrcaLoadReport, opts proto.MarshalOptions) string {
	b, err := opts.Marshal(msg)
	if err != nil {
		return "" // names are UTF-8, and nothing else can be wrong
	}
	return string(b)
}

// with returns, in protobuf binary, the load of the server with what a call says of
// itself, which takes precedence. It is "" if nobody has said anything.
func (r *report) with(call *Metrics) string {
	call.mu.Lock()
	defer call.mu.Unlock()
	switch {
	case !call.emptyLocked():
		msg := &orcapb.OrcaLoadReport{
			CpuUtilization:         r.message.CpuUtilization,
			MemUtilization:         r.message.MemUtilization,
			ApplicationUtilization: r.message.ApplicationUtilization,
			RpsFractional:          r.message.RpsFractional,
			Eps:                    r.message.Eps,
			Utilization:            r.message.Utilization,
			NamedMetrics:           r.message.NamedMetrics,
		}
		call.putLocked(msg)
		return marshal(msg, proto.MarshalOptions{})
	case r.said:
		return r.wire
	}
	return ""
}
