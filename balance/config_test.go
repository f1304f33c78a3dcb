package balance

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParsePolicy(t *testing.T) {
	const child = `"childPolicy": [{"round_robin": {}}]`
	rr := RoundRobin()
	for _, tt := range []struct {
		list string
		want Policy
	}{
		{`[{"pick_first": {}}]`, PickFirst()},
		{`[{"pick_first": null}]`, PickFirst()},
		{`[{"pick_first": {"shuffleAddressList": false}}]`, PickFirst()},
		{`[{"pick_first": {"shuffleAddressList": true}}]`, ShuffledPickFirst()},
		{`[{"round_robin": {}}]`, RoundRobin()},
		{`[{"round_robin": {"future": 1}}]`, RoundRobin()},
		{`[{"grpclb": {}}, {"round_robin": {}}, {"pick_first": 5}, {}]`, RoundRobin()},

		{`[{"weighted_round_robin": {}}]`, WeightedRoundRobin(WeightedRoundRobinConfig{})},
		{`[{"weighted_round_robin": {"enableOobLoadReport": true, "oobReportingPeriod": "2s", "blackoutPeriod": "3s",
			"weightExpirationPeriod": "4s", "weightUpdatePeriod": "5s", "errorUtilizationPenalty": 0.5,
			"metricNamesForComputingUtilization": ["mem_utilization", "named_metrics.queue"]}}]`,
			WeightedRoundRobin(WeightedRoundRobinConfig{
				OutOfBand: true, ReportPeriod: 2 * time.Second, BlackoutPeriod: 3 * time.Second, ExpirationPeriod: 4 * time.Second,
				UpdatePeriod: 5 * time.Second, ErrorPenalty: 0.5, MetricNames: []string{"mem_utilization", "named_metrics.queue"},
			})},
		{`[{"weighted_round_robin": {"blackoutPeriod": "0s", "weightUpdatePeriod": "0s", "errorUtilizationPenalty": 0}}]`,
			WeightedRoundRobin(WeightedRoundRobinConfig{BlackoutPeriod: -1, UpdatePeriod: 100 * time.Millisecond, ErrorPenalty: -1})},

		{`[{"least_request_experimental": {}}]`, LeastRequest(LeastRequestConfig{})},
		{`[{"least_request_experimental": {"choiceCount": 3}}]`, LeastRequest(LeastRequestConfig{Choices: 3})},
		{`[{"least_request_experimental": {"choiceCount": "11"}}]`, LeastRequest(LeastRequestConfig{Choices: 10})},
		{`[{"peak_ewma": {}}]`, PeakEWMA(PeakEWMAConfig{})},
		{`[{"peak_ewma": {"decay": "1.5s"}}]`, PeakEWMA(PeakEWMAConfig{Decay: 1500 * time.Millisecond})},

		{`[{"random": {}}]`, Random()},
		{`[{"ring_hash_experimental": {}}]`, RingHash(RingHashConfig{})},
		{`[{"ring_hash_experimental": {"minRingSize": 10, "maxRingSize": "100", "requestHashHeader": "X-User.id_1"}}]`,
			RingHash(RingHashConfig{MinSize: 10, MaxSize: 100, Header: "x-user.id_1"})},
		{`[{"ring_hash_experimental": {"minRingSize": 8388608, "maxRingSize": 8388608}}]`,
			RingHash(RingHashConfig{MinSize: 8 << 20, MaxSize: 8 << 20})},
		{`[{"random_subsetting_experimental": {"subsetSize": 3, ` + child + `}}]`, Subset(SubsetConfig{Size: 3}, rr)},

		{`[{"circuit_breaker": {` + child + `}}]`, CircuitBreaker(CircuitBreakerConfig{}, rr)},
		{`[{"circuit_breaker": {"maxRequests": 7, "maxPerEndpoint": 3, ` + child + `}}]`,
			CircuitBreaker(CircuitBreakerConfig{MaxRequests: 7, MaxPerEndpoint: 3}, rr)},
		{`[{"slow_start": {` + child + `}}]`, SlowStart(SlowStartConfig{}, rr)},
		{`[{"slow_start": {"window": "60s", "minWeightPercent": 5, "aggression": 1.5, ` + child + `}}]`,
			SlowStart(SlowStartConfig{Window: time.Minute, MinWeightPercent: 5, Aggression: 1.5}, rr)},
		{`[{"locality": {` + child + `}}]`, ByLocality(rr)},

		{`[{"priority_experimental": {"priorities": ["b", "a"], "failover": "5s", "keep": "0s", "children": {
			"a": {"config": [{"round_robin": {}}], "ignoreReresolutionRequests": true},
			"b": {"config": [{"unknown": {}}, {"pick_first": {}}]}}}}]`,
			Priorities(PriorityConfig{Failover: 5 * time.Second, Keep: -1}, PickFirst(), rr)},
		{`[{"weighted_target_experimental": {"targets": {
			"a": {"weight": 75, ` + child + `}, "b c": {"weight": "25", "childPolicy": [{"pick_first": {}}]}, "d": {"weight": 0, ` + child + `}}}}]`,
			WeightedTargets(map[string]WeightedTarget{"a": {75, rr}, "b c": {25, PickFirst()}, "d": {0, rr}})},
		{`[{"circuit_breaker": {"childPolicy": [{"slow_start": {"childPolicy": [{"locality": {` + child + `}}]}}]}}]`,
			CircuitBreaker(CircuitBreakerConfig{}, SlowStart(SlowStartConfig{}, ByLocality(rr)))},
	} {
		got, err := ParsePolicy([]byte(tt.list))
		if err != nil {
			t.Errorf("%s: %v", tt.list, err)
		} else if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.list, got, tt.want)
		}
	}
}

// gRFC A50 leaves endpoints alone when no section is there, has a section's own defaults
// when it is, and counts every error.
func TestParseOutlierDetection(t *testing.T) {
	rr := RoundRobin()
	for _, tt := range []struct {
		settings string
		want     Policy
	}{
		{`{}`, rr},
		{`{"interval": "1s", "maxEjectionPercent": 50}`, rr},
		{`{"successRateEjection": {}}`, OutlierDetection(OutlierConfig{CountAll: true, SuccessRate: &SuccessRateEjection{}}, rr)},
		{`{"failurePercentageEjection": {}}`, OutlierDetection(OutlierConfig{CountAll: true,
			FailurePercentage: &FailurePercentageEjection{Enforcement: 100}}, rr)},
		{`{"consecutiveEjection": {"failures": 3, "enforcementPercentage": 50}, "countAll": false, "panicThreshold": 20}`,
			OutlierDetection(OutlierConfig{PanicThreshold: 20, Consecutive: &ConsecutiveEjection{3, 50}}, rr)},
		{`{"interval": "1s", "baseEjectionTime": "2s", "maxEjectionTime": "3s", "maxEjectionPercent": 51,
			"successRateEjection": {"stdevFactor": 1, "enforcementPercentage": 2, "minimumHosts": 3, "requestVolume": 4},
			"failurePercentageEjection": {"threshold": 5, "enforcementPercentage": 6, "minimumHosts": 7, "requestVolume": 8}}`,
			OutlierDetection(OutlierConfig{
				Interval: time.Second, BaseEjection: 2 * time.Second, MaxEjection: 3 * time.Second, MaxEjectionPercent: 51,
				CountAll:          true,
				SuccessRate:       &SuccessRateEjection{1, 2, 3, 4},
				FailurePercentage: &FailurePercentageEjection{5, 6, 7, 8},
			}, rr)},
		{`{"maxEjectionPercent": 0, "panicThreshold": 0, "failurePercentageEjection": {"threshold": 0, "enforcementPercentage": 0}}`,
			OutlierDetection(OutlierConfig{CountAll: true, MaxEjectionPercent: -1, PanicThreshold: -1,
				FailurePercentage: &FailurePercentageEjection{Threshold: -1, Enforcement: -1}}, rr)},
	} {
		settings := strings.TrimSuffix(tt.settings, "}")
		if settings != "{" {
			settings += ", "
		}
		got, err := ParsePolicy([]byte(`[{"outlier_detection_experimental": ` + settings + `"childPolicy": [{"round_robin": {}}]}}]`))
		if err != nil {
			t.Errorf("%s: %v", tt.settings, err)
		} else if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.settings, got, tt.want)
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	const (
		child    = `"childPolicy": [{"round_robin": {}}]`
		known    = "; no policy of these is known; the known ones are pick_first, round_robin, weighted_round_robin, least_request_experimental, peak_ewma, random, ring_hash_experimental, random_subsetting_experimental, outlier_detection_experimental, circuit_breaker, slow_start, priority_experimental, weighted_target_experimental, locality"
		span     = `; it must be a number of seconds with an s, such as "1.5s"`
		required = "it is missing, and required"
	)
	for _, tt := range []struct{ name, settings, want string }{
		{"pick_first", `{"shuffleAddressList": "yes"}`, `.shuffleAddressList: "yes"; it must be true or false`},
		{"pick_first", `"x"`, `: "x"; it must be an object`},
		{"round_robin", `[]`, ": []; it must be an object"},

		{"weighted_round_robin", `{"enableOobLoadReport": 1}`, ".enableOobLoadReport: 1; it must be true or false"},
		{"weighted_round_robin", `{"oobReportingPeriod": "-1s"}`, `.oobReportingPeriod: "-1s"; it must not be negative`},
		{"weighted_round_robin", `{"blackoutPeriod": 10}`, ".blackoutPeriod: 10" + span},
		{"weighted_round_robin", `{"weightExpirationPeriod": "3m"}`, `.weightExpirationPeriod: "3m"` + span},
		{"weighted_round_robin", `{"weightUpdatePeriod": "-0.1s"}`, `.weightUpdatePeriod: "-0.1s"; it must not be negative`},
		{"weighted_round_robin", `{"errorUtilizationPenalty": -1}`, ".errorUtilizationPenalty: -1; it must not be negative"},
		{"weighted_round_robin", `{"errorUtilizationPenalty": "high"}`, `.errorUtilizationPenalty: "high"; it must be a number`},
		{"weighted_round_robin", `{"metricNamesForComputingUtilization": "x"}`, `.metricNamesForComputingUtilization: "x"; it must be a list`},
		{"weighted_round_robin", `{"metricNamesForComputingUtilization": ["x", 5]}`, ".metricNamesForComputingUtilization[1]: 5; it must be a string"},

		{"least_request_experimental", `{"choiceCount": 1}`, ".choiceCount: 1; it must be a whole number of at least 2"},
		{"least_request_experimental", `{"choiceCount": 0}`, ".choiceCount: 0; it must be a whole number of at least 2"},
		{"peak_ewma", `{"decay": "0s"}`, `.decay: "0s"; it must be positive`},
		{"ring_hash_experimental", `{"minRingSize": 8388609}`, ".minRingSize: 8388609; it must be a whole number from 0 to 8388608"},
		{"ring_hash_experimental", `{"maxRingSize": -1}`, ".maxRingSize: -1; it must be a whole number from 0 to 8388608"},
		{"ring_hash_experimental", `{"minRingSize": 11, "maxRingSize": 10}`, ".minRingSize: 11; it must not be more than maxRingSize, which is 10"},
		{"ring_hash_experimental", `{"minRingSize": 4097}`, ".minRingSize: 4097; it must not be more than maxRingSize, which is 4096"},
		{"ring_hash_experimental", `{"maxRingSize": 1000}`, ".maxRingSize: 1000; it must not be less than minRingSize, which is 1024"},
		{"ring_hash_experimental", `{"requestHashHeader": "user-bin"}`, `.requestHashHeader: "user-bin"; it must not end in -bin: what is hashed is text`},
		{"ring_hash_experimental", `{"requestHashHeader": "a user"}`, `.requestHashHeader: "a user"; it must be the name of a header field: letters, digits, and any of -_.`},
		{"ring_hash_experimental", `{"requestHashHeader": ":path"}`, `.requestHashHeader: ":path"; it must be the name of a header field: letters, digits, and any of -_.`},
		{"random_subsetting_experimental", `{` + child + `}`, ".subsetSize: " + required},
		{"random_subsetting_experimental", `{"subsetSize": 0, ` + child + `}`, ".subsetSize: 0; it must be a whole number of at least 1"},
		{"random_subsetting_experimental", `{"subsetSize": 3}`, ".childPolicy: " + required},

		{"outlier_detection_experimental", `{}`, ".childPolicy: " + required},
		{"outlier_detection_experimental", `{"childPolicy": []}`, ".childPolicy: []" + known},
		{"outlier_detection_experimental", `{"childPolicy": [{"x": {}}, {"y": 1}]}`, `.childPolicy: [{"x": {}}, {"y": 1}]` + known},
		{"outlier_detection_experimental", `{"childPolicy": {"round_robin": {}}}`, `.childPolicy: {"round_robin": {}}; it must be a list`},
		{"outlier_detection_experimental", `{"interval": "-1s"}`, `.interval: "-1s"; it must not be negative`},
		{"outlier_detection_experimental", `{"baseEjectionTime": "-1s"}`, `.baseEjectionTime: "-1s"; it must not be negative`},
		{"outlier_detection_experimental", `{"maxEjectionTime": "-1s"}`, `.maxEjectionTime: "-1s"; it must not be negative`},
		{"outlier_detection_experimental", `{"maxEjectionPercent": 101}`, ".maxEjectionPercent: 101; it must be a whole number from 0 to 100"},
		{"outlier_detection_experimental", `{"successRateEjection": []}`, ".successRateEjection: []; it must be an object"},
		{"outlier_detection_experimental", `{"successRateEjection": {"enforcementPercentage": 101}}`, ".successRateEjection.enforcementPercentage: 101; it must be a whole number from 0 to 100"},
		{"outlier_detection_experimental", `{"successRateEjection": {"stdevFactor": -1}}`, ".successRateEjection.stdevFactor: -1; it must be a whole number of at least 0"},
		{"outlier_detection_experimental", `{"failurePercentageEjection": {"threshold": 200}}`, ".failurePercentageEjection.threshold: 200; it must be a whole number from 0 to 100"},
		{"outlier_detection_experimental", `{"failurePercentageEjection": {"enforcementPercentage": 101}}`, ".failurePercentageEjection.enforcementPercentage: 101; it must be a whole number from 0 to 100"},
		{"outlier_detection_experimental", `{"failurePercentageEjection": {"minimumHosts": "few"}}`, `.failurePercentageEjection.minimumHosts: "few"; it must be a whole number of at least 0`},
		{"outlier_detection_experimental", `{"consecutiveEjection": {"failures": 0}}`, ".consecutiveEjection.failures: 0; it must be a whole number of at least 1"},

		{"circuit_breaker", `{"maxRequests": 0, ` + child + `}`, ".maxRequests: 0; it must be a whole number of at least 1"},
		{"circuit_breaker", `{"maxPerEndpoint": -1, ` + child + `}`, ".maxPerEndpoint: -1; it must be a whole number of at least 0"},
		{"circuit_breaker", `{}`, ".childPolicy: " + required},
		{"slow_start", `{"window": "0s", ` + child + `}`, `.window: "0s"; it must be positive`},
		{"slow_start", `{"minWeightPercent": 101, ` + child + `}`, ".minWeightPercent: 101; it must be above 0 and at most 100"},
		{"slow_start", `{"aggression": 0, ` + child + `}`, ".aggression: 0; it must be positive"},
		{"slow_start", `null`, ".childPolicy: " + required},
		{"locality", `{}`, ".childPolicy: " + required},

		{"priority_experimental", `{}`, ".priorities: it is missing; it must name at least one of the children"},
		{"priority_experimental", `{"priorities": ["a"]}`, `.priorities[0]: "a"; it is none of the children`},
		{"priority_experimental", `{"priorities": [1], "children": {"1": {}}}`, ".priorities[0]: 1; it must be a string"},
		{"priority_experimental", `{"priorities": ["a", "a"], "children": {"a": {"config": [{"round_robin": {}}]}}}`, `.priorities[1]: "a"; it is in the list already`},
		{"priority_experimental", `{"priorities": ["a"], "children": {"a": {"config": [{"round_robin": {}}]}, "b": {}}}`, ".children.b: {}; it is not among the priorities"},
		{"priority_experimental", `{"priorities": ["a"], "children": {"a": {}}}`, ".children.a.config: " + required},
		{"priority_experimental", `{"priorities": ["a"], "children": {"a": {"ignoreReresolutionRequests": 1}}}`, ".children.a.ignoreReresolutionRequests: 1; it must be true or false"},
		{"priority_experimental", `{"priorities": ["a"], "children": {"a": 1}}`, ".children.a: 1; it must be an object"},
		{"weighted_target_experimental", `{}`, ".targets: it is missing; it must have at least one target"},
		{"weighted_target_experimental", `{"targets": {}}`, ".targets: {}; it must have at least one target"},
		{"weighted_target_experimental", `{"targets": {"a": {` + child + `}}}`, ".targets.a.weight: " + required},
		{"weighted_target_experimental", `{"targets": {"a": {"weight": -1, ` + child + `}}}`, ".targets.a.weight: -1; it must be a whole number from 0 to 2147483647"},
		{"weighted_target_experimental", `{"targets": {"a b": {"weight": 1}}}`, `.targets["a b"].childPolicy: ` + required},
		{"weighted_target_experimental", `{"targets": {"a": {"weight": 1, "childPolicy": [{"x": {}}, {"peak_ewma": {"decay": 1}}]}}}`, ".targets.a.childPolicy[1].peak_ewma.decay: 1" + span},
	} {
		_, err := ParsePolicy([]byte(`[{"` + tt.name + `": ` + tt.settings + `}]`))
		if want := "[0]." + tt.name + tt.want; err == nil || err.Error() != want {
			t.Errorf("%s %s\n got %v\nwant %s", tt.name, tt.settings, err, want)
		}
	}
	for _, tt := range []struct{ list, want string }{
		{``, "the text is empty; without any settings it is {}"},
		{`null`, required},
		{`{"round_robin": {}}`, `{"round_robin": {}}; it must be a list`},
		{`["round_robin"]`, `[0]: "round_robin"; it must be an object`},
		{`[{"x": {}}, {}]`, "[1]: {}; it must have one field, the name of a policy"},
		{`[{"x": {}}, {"round_robin": {}, "pick_first": {}}]`, `[1]: {"round_robin": {}, "pick_first": {}}; it must have one field, the name of a policy`},
		{`[]`, "[]" + known},
		{`[{"Round_Robin": {}}]`, `[{"Round_Robin": {}}]` + known},
	} {
		if p, err := ParsePolicy([]byte(tt.list)); err == nil || err.Error() != tt.want || p != nil {
			t.Errorf("%s\n got %v, %v\nwant %s", tt.list, p, err, tt.want)
		}
	}
}

// Policies may be sixteen deep and no deeper, also by way of a program's own.
func TestParsePolicyNesting(t *testing.T) {
	own := Parser{Name: "own", Parse: func(settings []byte, child func(string, []byte) (Policy, error)) (Policy, error) {
		var s struct{ Within json.RawMessage }
		if err := json.Unmarshal(settings, &s); err != nil {
			return nil, err
		}
		return child("within", s.Within)
	}}
	for _, around := range []string{`{"locality": {"childPolicy": [%s]}}`, `{"own": {"within": [%s]}}`} {
		list := `{"round_robin": {}}`
		for range maxNesting - 1 {
			list = fmt.Sprintf(around, list)
		}
		if _, err := ParsePolicy([]byte("["+list+"]"), own); err != nil {
			t.Errorf("16 policies: %v", err)
		}
		_, err := ParsePolicy(fmt.Appendf(nil, "["+around+"]", list), own)
		if err == nil || !strings.HasSuffix(err.Error(), ": it is within 16 other policies, and may not be") {
			t.Errorf("17 policies: %v", err)
		}
	}
}

func TestParsePolicyWithParsers(t *testing.T) {
	always := func(p Policy, err error) func([]byte, func(string, []byte) (Policy, error)) (Policy, error) {
		return func([]byte, func(string, []byte) (Policy, error)) (Policy, error) { return p, err }
	}
	var settings string
	parsers := []Parser{
		{"round_robin", always(PickFirst(), nil)},
		{"broken", always(nil, errors.New("it is wrong"))},
		{"none", always(nil, nil)},
		{"seen", func(s []byte, child func(string, []byte) (Policy, error)) (Policy, error) {
			settings = string(s)
			return RoundRobin(), nil
		}},
		{"wraps", func(s []byte, child func(string, []byte) (Policy, error)) (Policy, error) {
			_, err := child("inner", []byte(`[{"locality": {"childPolicy": 5}}]`))
			return RoundRobin(), fmt.Errorf("not today: %w", err)
		}},
		{"lenient", func(s []byte, child func(string, []byte) (Policy, error)) (Policy, error) {
			if _, err := child("inner", []byte(`[}`)); err == nil {
				t.Error("a child of a text that is no JSON is accepted")
			}
			return RoundRobin(), nil
		}},
	}
	if p, err := ParsePolicy([]byte(`[{"round_robin": {}}]`), parsers...); err != nil || p != PickFirst() {
		t.Errorf("a parser goes before a policy of the same name: got %v, %v", p, err)
	}
	if _, err := ParsePolicy([]byte(`[{"lenient": {}}]`), parsers...); err != nil {
		t.Errorf("a parser may do without a child: got %v", err)
	}
	for _, tt := range []struct{ text, want string }{{`{"a":  1}`, `{"a":  1}`}, {`null`, `{}`}} {
		if _, err := ParsePolicy([]byte(`[{"seen": `+tt.text+`}]`), parsers...); err != nil || settings != tt.want {
			t.Errorf("a parser of %s is given %s, %v", tt.text, settings, err)
		}
	}
	for _, tt := range []struct{ list, want string }{
		{`[{"broken": {}}]`, "[0].broken: it is wrong"},
		{`[{"broken": 5}]`, "[0].broken: 5; it must be an object"},
		{`[{"locality": {"childPolicy": [{"none": {}}]}}]`, "[0].locality.childPolicy[0].none: its parser made no policy of it"},
		{`[{"wraps": {}}]`, "[0].wraps.inner[0].locality.childPolicy: 5; it must be a list"},
	} {
		if _, err := ParsePolicy([]byte(tt.list), parsers...); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.list, err, tt.want)
		}
	}
	_, err := ParsePolicy([]byte(`[]`), parsers...)
	if err == nil || !strings.Contains(err.Error(), "the known ones are round_robin, broken, none, seen, wraps, lenient, pick_first, ") {
		t.Errorf("the error names other policies: %v", err)
	}
}
