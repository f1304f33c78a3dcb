package balance

import (
	"errors"
	"strings"

	"github.com/curlew-rpc/curlew/internal/jsonfield"
)

// A Parser reads the settings of a policy that is not of this package, so that a
// service config may name it. It goes before a policy of this package that has the
// same name.
type Parser struct {
	// Name is the policy's in a loadBalancingConfig.
	Name string

	// Parse makes the policy from its settings, a JSON object. The settings of a child,
	// which are a list like that given to ParsePolicy, child reads: field is the name
	// of the field that has the list. Its error says where in the whole text something
	// is wrong and is best returned as it is; for others it is enough to say what is
	// wrong with the settings. Required.
	Parse func(settings []byte, child func(field string, list []byte) (Policy, error)) (Policy, error)
}

// maxNesting is how many policies may be one within the other.
const maxNesting = 16

// ParsePolicy reads the loadBalancingConfig of gRPC's service config: a list of objects
// with one field each, whose name is that of a policy and whose value has its settings,
// such as
//
//	[{"ring_hash_experimental": {"requestHashHeader": "user"}}, {"round_robin": {}}]
//
// It returns the first that it knows, and an error if the settings of that are wrong or
// it knows none. The names and settings are those of gRPC, and
//
//	{"peak_ewma": {"decay": "10s"}}
//	{"random": {}}
//	{"circuit_breaker": {"maxRequests": 1024, "maxPerEndpoint": 0, "childPolicy": [...]}}
//	{"slow_start": {"window": "30s", "minWeightPercent": 10, "aggression": 1, "childPolicy": [...]}}
//	{"locality": {"childPolicy": [...]}}
//
// outlier_detection_experimental has a section "consecutiveEjection" too, with "failures"
// and "enforcementPercentage", and "panicThreshold" and "countAll", which is true unless
// it says otherwise; priority_experimental has "failover" and "keep". The endpoints of
// the n-th of its priorities, from 0, are those of that resolve.Endpoint.Priority; those
// of a target have its name as TargetName.
func ParsePolicy(list []byte, parsers ...Parser) (Policy, error) {
	doc, v := jsonfield.Parse("", list)
	r := configReader{parsers: parsers}
	p := r.policy(v)
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// A configReader reads a policy and those within it. What its methods return counts
// only if the document has no error in the end.
type configReader struct {
	parsers []Parser
	nesting int
}

// A configFormat is how a policy is written.
type configFormat struct {
	name string
	read func(configReader, jsonfield.Object) Policy
}

// configFormats are those of the policies of this package.
func configFormats() []configFormat {
	return []configFormat{
		{"pick_first", readPickFirst},
		{"round_robin", readRoundRobin},
		{"weighted_round_robin", readWeightedRoundRobin},
		{"least_request_experimental", readLeastRequest},
		{"peak_ewma", readPeakEWMA},
		{"random", readRandom},
		{"ring_hash_experimental", readRingHash},
		{"random_subsetting_experimental", readSubset},
		{"outlier_detection_experimental", readOutlierDetection},
		{"circuit_breaker", readCircuitBreaker},
		{"slow_start", readSlowStart},
		{"priority_experimental", readPriorities},
		{"weighted_target_experimental", readWeightedTargets},
		{"locality", readLocality},
	}
}

// policy reads a list of policies.
func (r configReader) policy(list jsonfield.Value) Policy {
	if r.nesting++; r.nesting > maxNesting {
		list.Document().Fail(jsonfield.Under(list.Path(), errTooDeep))
		return nil
	}
	for _, v := range list.Required().List() {
		o := v.Object()
		names := o.Names()
		if len(names) != 1 {
			v.Refuse("it must have one field, the name of a policy")
			return nil
		}
		if p, known := r.named(names[0], o.Entry(names[0])); known {
			return p
		}
	}
	list.Refuse("no policy of these is known; the known ones are %s", strings.Join(r.names(), ", "))
	return nil
}

var errTooDeep = errors.New("it is within 16 other policies, and may not be")

// child reads the field childPolicy.
func (r configReader) child(o jsonfield.Object) Policy {
	return r.policy(o.Field("childPolicy"))
}

// named reads the settings of a policy, if there is one of that name.
func (r configReader) named(name string, v jsonfield.Value) (p Policy, known bool) {
	for _, parser := range r.parsers {
		if parser.Name == name {
			return r.foreign(parser, v.Object()), true
		}
	}
	for _, f := range configFormats() {
		if f.name == name {
			return f.read(r, v.Object()), true
		}
	}
	return nil, false
}

// foreign has a parser read a policy.
func (r configReader) foreign(parser Parser, o jsonfield.Object) Policy {
	settings := o.Raw()
	if o.Absent() {
		settings = []byte("{}")
	}
	if o.Document().Err() != nil {
		return nil
	}
	p, err := parser.Parse(settings, func(field string, list []byte) (Policy, error) {
		doc, v := jsonfield.Parse(o.Field(field).Path(), list)
		p := r.policy(v)
		return p, doc.Err()
	})
	if err == nil && p == nil {
		err = errors.New("its parser made no policy of it")
	}
	var placed *jsonfield.Error
	switch {
	case errors.As(err, &placed):
		o.Document().Fail(placed)
	case err != nil:
		o.Document().Fail(jsonfield.Under(o.Path(), err))
	}
	return p
}

// names are those of all policies that are known.
func (r configReader) names() []string {
	var names []string
	for _, p := range r.parsers {
		names = append(names, p.Name)
	}
	for _, f := range configFormats() {
		names = append(names, f.name)
	}
	return names
}
