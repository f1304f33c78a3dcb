package curlew

import (
	"reflect"
	"strings"
	"testing"
)

// FuzzParseServiceConfig looks for texts that make a parser panic, that say nothing of
// what is wrong with them, or that mean one thing now and another when read again: a
// client that is given the same config twice is to go on as before.
func FuzzParseServiceConfig(f *testing.F) {
	for _, text := range []string{
		`{}`,
		`{"loadBalancingConfig": [{"round_robin": {}}], "loadBalancingPolicy": "PICK_FIRST"}`,
		`{"loadBalancingConfig": [{"x": 1}, {"weighted_round_robin": {"enableOobLoadReport": true, "oobReportingPeriod": "10s",
			"blackoutPeriod": "0s", "weightExpirationPeriod": "180s", "weightUpdatePeriod": ".05s", "errorUtilizationPenalty": 1.5,
			"metricNamesForComputingUtilization": ["named_metrics.foo"]}}]}`,
		`{"loadBalancingConfig": [{"outlier_detection_experimental": {"interval": "10s", "maxEjectionPercent": 10,
			"successRateEjection": {"stdevFactor": 1900}, "failurePercentageEjection": {"threshold": 85},
			"childPolicy": [{"least_request_experimental": {"choiceCount": 11}}]}}]}`,
		`{"loadBalancingConfig": [{"priority_experimental": {"children": {"a": {"config": [{"ring_hash_experimental":
			{"minRingSize": 2, "maxRingSize": "8", "requestHashHeader": "User"}}]}}, "priorities": ["a"]}}]}`,
		`{"loadBalancingConfig": [{"weighted_target_experimental": {"targets": {"a b": {"weight": 3, "childPolicy":
			[{"slow_start": {"childPolicy": [{"circuit_breaker": {"childPolicy": [{"peak_ewma": {}}]}}]}}]}}}}]}`,
		`{"methodConfig": [{"name": [{"service": "a.B", "method": "C"}, {}], "waitForReady": true, "timeout": "1.5s",
			"maxRequestMessageBytes": 0, "maxResponseMessageBytes": "1e3", "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s",
			"maxBackoff": "1s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE", 10]}}]}`,
		`{"methodConfig": [{"name": [{"service": "s"}], "hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "-0.5s"}}]}`,
		`{"retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}, "retryBudget": {"ratio": 0.2}, "idempotent": {"maxAttempts": 1},
			"healthCheckConfig": {"serviceName": ""}, "connectionScaling": {"maxConnectionsPerSubchannel": 4}}`,
		strings.Repeat(`{"loadBalancingConfig":[`, 20),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseServiceConfig(text)
		if err != nil {
			if c != nil || !strings.HasPrefix(err.Error(), "curlew: service config") || strings.HasSuffix(err.Error(), ": ") {
				t.Errorf("got %+v with error %q", c, err)
			}
			return
		}
		if err := c.check(); err != nil {
			t.Errorf("it is accepted although it is wrong: %v", err)
		}
		if again, err := ParseServiceConfig(text); err != nil || !reflect.DeepEqual(c, again) {
			t.Errorf("read once it is %+v and again %+v, %v", c, again, err)
		}
	})
}
