package balance

import (
	"math"
	"time"

	"github.com/curlew-rpc/curlew/internal/jsonfield"
)

func readSubset(r configReader, o jsonfield.Object) Policy {
	size := o.Field("subsetSize").Required().Int(0, 1, math.MaxInt)
	return Subset(SubsetConfig{Size: size}, r.child(o))
}

// readOutlierDetection reads what gRFC A50 has, which leaves the endpoints alone when no
// section says how they are to be found out.
func readOutlierDetection(r configReader, o jsonfield.Object) Policy {
	c := OutlierConfig{
		Interval:           explicit(o.Field("interval"), jsonfield.Value.NotNegative),
		BaseEjection:       explicit(o.Field("baseEjectionTime"), jsonfield.Value.NotNegative),
		MaxEjection:        explicit(o.Field("maxEjectionTime"), jsonfield.Value.NotNegative),
		MaxEjectionPercent: explicit(o.Field("maxEjectionPercent"), percent),
		PanicThreshold:     explicit(o.Field("panicThreshold"), percent),
		CountAll:           o.Field("countAll").Bool(true),
	}
	if s := o.Field("successRateEjection").Object(); !s.Absent() {
		c.SuccessRate = &SuccessRateEjection{
			StdevFactor: explicit(s.Field("stdevFactor"), amount),
			Enforcement: explicit(s.Field("enforcementPercentage"), percent),
			MinHosts:    explicit(s.Field("minimumHosts"), amount),
			MinVolume:   explicit(s.Field("requestVolume"), amount),
		}
	}
	if f := o.Field("failurePercentageEjection").Object(); !f.Absent() {
		c.FailurePercentage = &FailurePercentageEjection{
			Threshold:   explicit(f.Field("threshold"), percent),
			Enforcement: explicit(f.Field("enforcementPercentage"), percent),
			MinHosts:    explicit(f.Field("minimumHosts"), amount),
			MinVolume:   explicit(f.Field("requestVolume"), amount),
		}
	}
	if n := o.Field("consecutiveEjection").Object(); !n.Absent() {
		c.Consecutive = &ConsecutiveEjection{
			Failures:    n.Field("failures").Int(0, 1, math.MaxInt),
			Enforcement: explicit(n.Field("enforcementPercentage"), percent),
		}
	}
	child := r.child(o)
	if c.SuccessRate == nil && c.FailurePercentage == nil && c.Consecutive == nil {
		return child
	}
	return OutlierDetection(c, child)
}

func readCircuitBreaker(r configReader, o jsonfield.Object) Policy {
	c := CircuitBreakerConfig{
		MaxRequests:    o.Field("maxRequests").Int(0, 1, math.MaxInt),
		MaxPerEndpoint: o.Field("maxPerEndpoint").Int(0, 0, math.MaxInt),
	}
	return CircuitBreaker(c, r.child(o))
}

func readSlowStart(r configReader, o jsonfield.Object) Policy {
	c := SlowStartConfig{Window: o.Field("window").Positive(0)}
	if v := o.Field("minWeightPercent"); !v.Absent() {
		if c.MinWeightPercent = v.Float(10); !(c.MinWeightPercent > 0 && c.MinWeightPercent <= 100) {
			v.Refuse("it must be above 0 and at most 100")
		}
	}
	if v := o.Field("aggression"); !v.Absent() {
		if c.Aggression = v.Float(1); !(c.Aggression > 0) {
			v.Refuse("it must be positive")
		}
	}
	return SlowStart(c, r.child(o))
}

func readLocality(r configReader, o jsonfield.Object) Policy { return ByLocality(r.child(o)) }

// readPriorities reads the form of gRFC A56, in which the children have names and a list
// of them says which goes first.
func readPriorities(r configReader, o jsonfield.Object) Policy {
	c := PriorityConfig{
		Failover: o.Field("failover").Positive(0),
		Keep:     explicit(o.Field("keep"), jsonfield.Value.NotNegative),
	}
	all := o.Field("children").Object()
	unused := make(map[string]bool)
	for _, name := range all.Names() {
		unused[name] = true
	}
	list := o.Field("priorities")
	if len(list.List()) == 0 {
		list.Refuse("it must name at least one of the children")
	}
	var children []Policy
	for _, v := range list.List() {
		name := v.String("")
		switch child := all.Entry(name).Object(); {
		case unused[name]:
			delete(unused, name)
			child.Field("ignoreReresolutionRequests").Bool(false) // nothing asks for it
			children = append(children, r.policy(child.Field("config")))
		case child.Absent():
			v.Refuse("it is none of the children")
		default:
			v.Refuse("it is in the list already")
		}
	}
	for _, name := range all.Names() {
		if unused[name] {
			all.Entry(name).Refuse("it is not among the priorities")
		}
	}
	return Priorities(c, children...)
}

func readWeightedTargets(r configReader, o jsonfield.Object) Policy {
	all := o.Field("targets").Object()
	targets := make(map[string]WeightedTarget)
	for _, name := range all.Names() {
		t := all.Entry(name).Object()
		targets[name] = WeightedTarget{
			Weight: uint32(t.Field("weight").Required().Int(0, 0, math.MaxInt32)),
			Policy: r.child(t),
		}
	}
	if len(targets) == 0 {
		all.Refuse("it must have at least one target")
	}
	return WeightedTargets(targets)
}

// amount and percent read what can be no less, or no more, in any policy.
func amount(v jsonfield.Value, absent int) int  { return v.Int(absent, 0, math.MaxInt) }
func percent(v jsonfield.Value, absent int) int { return v.Int(absent, 0, 100) }

// explicit reads a number for a config in which 0 stands for the default, and a negative
// one for 0.
func explicit[T int | time.Duration](v jsonfield.Value, read func(v jsonfield.Value, absent T) T) T {
	n := read(v, 0)
	if n == 0 && !v.Absent() {
		return -1
	}
	return n
}
