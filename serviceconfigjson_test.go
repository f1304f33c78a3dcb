package curlew

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

func ptr[T any](v T) *T { return &v }

// A configCase is a text, and what it is read as.
type configCase struct {
	name, text string
	want       ServiceConfig
}

func (c configCase) check(t *testing.T) {
	t.Helper()
	got, err := ParseServiceConfig(c.text)
	if err != nil {
		t.Errorf("%s: %v", c.name, err)
	} else if !reflect.DeepEqual(*got, c.want) {
		t.Errorf("%s:\n got %+v\nwant %+v", c.name, *got, c.want)
	}
}

func oneMethod(m MethodConfig) ServiceConfig { return ServiceConfig{Methods: []MethodConfig{m}} }

func TestParseServiceConfigWithAllFields(t *testing.T) {
	want := ServiceConfig{
		Balancer: balance.RoundRobin(),
		Methods: []MethodConfig{
			{
				Names:           []MethodName{{Service: "a.B", Method: "C"}, {Service: "a.B"}},
				WaitForReady:    ptr(true),
				Timeout:         1500 * time.Millisecond,
				MaxSendBytes:    4 << 20,
				MaxReceiveBytes: 8 << 20,
				Retry: &RetryPolicy{
					MaxAttempts: 3, InitialBackoff: 100 * time.Millisecond, MaxBackoff: time.Second,
					BackoffMultiplier: 2, Codes: []Code{Unavailable, Aborted}, AttemptTimeout: time.Second,
				},
			},
			{
				Names: []MethodName{{}},
				Hedging: &HedgingPolicy{
					MaxAttempts: 4, Delay: 500 * time.Millisecond, Percentile: 0.95,
					NonFatalCodes: []Code{Unavailable, Internal},
				},
			},
		},
		Idempotent: &RetryPolicy{
			MaxAttempts: 2, InitialBackoff: time.Second, MaxBackoff: time.Second,
			BackoffMultiplier: 1, Codes: []Code{Unavailable},
		},
		RetryThrottling:           &RetryThrottling{MaxTokens: 10, TokenRatio: 0.1},
		RetryBudget:               &RetryBudget{Ratio: 0.5, MinPerSecond: 1, Window: 2 * time.Second},
		Health:                    &HealthConfig{Service: "a.B"},
		MaxConnectionsPerEndpoint: 4,
	}
	configCase{"all fields", `{
			"loadBalancingConfig": [{"round_robin": {}}],
			"methodConfig": [{
				"name": [{"service": "a.B", "method": "C"}, {"service": "a.B"}],
				"waitForReady": true,
				"timeout": "1.5s",
				"maxRequestMessageBytes": 4194304,
				"maxResponseMessageBytes": "8388608",
				"retryPolicy": {
					"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
					"retryableStatusCodes": ["UNAVAILABLE", 10], "perAttemptRecvTimeout": "1s"
				}
			}, {
				"name": [{}],
				"hedgingPolicy": {
					"maxAttempts": 4, "hedgingDelay": "0.5s", "hedgingPercentile": 0.95,
					"nonFatalStatusCodes": ["unavailable", "Internal"]
				}
			}],
			"idempotent": {
				"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1,
				"retryableStatusCodes": ["UNAVAILABLE"]
			},
			"retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
			"retryBudget": {"ratio": 0.5, "minPerSecond": 1, "window": "2s"},
			"healthCheckConfig": {"serviceName": "a.B"},
			"connectionScaling": {"maxConnectionsPerSubchannel": 4}
		}`, want}.check(t)
}

func TestParseServiceConfigsOfDocuments(t *testing.T) {
	for _, tt := range []configCase{
		{"gRFC A6, retries", `{"methodConfig": [{
			"name": [{"service": "google.example"}],
			"retryPolicy": {
				"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
				"retryableStatusCodes": ["UNAVAILABLE"]
			}
		}]}`, oneMethod(MethodConfig{
			Names: []MethodName{{Service: "google.example"}},
			Retry: &RetryPolicy{4, 100 * time.Millisecond, time.Second, 2, []Code{Unavailable}, 0},
		})},
		{"gRFC A6, hedging", `{"methodConfig": [{
			"name": [{"service": "google.example"}],
			"hedgingPolicy": {
				"maxAttempts": 4, "hedgingDelay": "0.5s",
				"nonFatalStatusCodes": ["UNAVAILABLE", "INTERNAL", "ABORTED"]
			}
		}]}`, oneMethod(MethodConfig{
			Names:   []MethodName{{Service: "google.example"}},
			Hedging: &HedgingPolicy{4, 500 * time.Millisecond, 0, []Code{Unavailable, Internal, Aborted}},
		})},
		{"gRFC A6, throttling", `{"retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}}`,
			ServiceConfig{RetryThrottling: &RetryThrottling{10, 0.1}}},
		{"gRFC A17", `{"healthCheckConfig": {"serviceName": "foo"}}`, ServiceConfig{Health: &HealthConfig{"foo"}}},
		{"health of the server", `{"healthCheckConfig": {"serviceName": ""}}`, ServiceConfig{Health: &HealthConfig{}}},
		{"health without a name is not watched", `{"healthCheckConfig": {}}`, ServiceConfig{}},
	} {
		tt.check(t)
	}
}

func TestParseServiceConfigMeaning(t *testing.T) {
	all := []MethodName{{}}
	for _, tt := range []configCase{
		{"nothing", `{}`, ServiceConfig{}},
		{"hedges all at once", `{"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 2}}]}`,
			oneMethod(MethodConfig{Names: all, Hedging: &HedgingPolicy{MaxAttempts: 2}})},
		{"more attempts than count", `{"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 9}}]}`,
			oneMethod(MethodConfig{Names: all, Hedging: &HedgingPolicy{MaxAttempts: 9}})},
		{"the attempt's timeout alone", `{"methodConfig": [{"name": [{}], "retryPolicy": {
			"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "perAttemptRecvTimeout": "1s"}}]}`,
			oneMethod(MethodConfig{Names: all, Retry: &RetryPolicy{2, time.Second, time.Second, 1, nil, time.Second}})},
		{"names left out, null and empty", `{"methodConfig": [
			{"name": [{"service": "s", "method": null}], "waitForReady": false},
			{"name": [{"service": null, "method": ""}], "waitForReady": true}
		]}`, ServiceConfig{Methods: []MethodConfig{
			{Names: []MethodName{{Service: "s"}}, WaitForReady: ptr(false)},
			{Names: all, WaitForReady: ptr(true)},
		}}},
		{"a methodConfig without names is for nothing", `{"methodConfig": [{"timeout": "1s"}, {"name": []}, {"name": [{}]}]}`,
			oneMethod(MethodConfig{Names: all})},
		{"only empty messages", `{"methodConfig": [{"name": [{}], "maxRequestMessageBytes": 0, "maxResponseMessageBytes": 0}]}`,
			oneMethod(MethodConfig{Names: all, MaxSendBytes: 1, MaxReceiveBytes: 1})},
		{"numbers as strings and with a fraction", `{"methodConfig": [{"name": [{}], "retryPolicy": {
			"maxAttempts": "2", "initialBackoff": ".5s", "maxBackoff": "1.s", "backoffMultiplier": "1.5", "retryableStatusCodes": [14]}}],
			"retryThrottling": {"maxTokens": "10.0", "tokenRatio": "1e-1"}, "connectionScaling": {"maxConnectionsPerSubchannel": 2.0}}`,
			ServiceConfig{
				Methods:                   []MethodConfig{{Names: all, Retry: &RetryPolicy{2, 500 * time.Millisecond, time.Second, 1.5, []Code{Unavailable}, 0}}},
				RetryThrottling:           &RetryThrottling{10, 0.1},
				MaxConnectionsPerEndpoint: 2,
			}},
		{"idempotent switched off", `{"idempotent": {"maxAttempts": 1}}`, ServiceConfig{Idempotent: &RetryPolicy{MaxAttempts: 1}}},
		{"the budget's defaults", `{"retryBudget": {}}`, ServiceConfig{RetryBudget: &RetryBudget{0.2, 10, 10 * time.Second}}},
		{"null is nothing", `{"loadBalancingConfig": null, "loadBalancingPolicy": null, "methodConfig": null, "retryThrottling": null,
			"healthCheckConfig": null, "connectionScaling": null, "retryBudget": null, "idempotent": null}`, ServiceConfig{}},
		{"unknown fields", `{"future": [1, {"x": "y"}], "methodConfig": [{"name": [{"future": 1}], "future": {}}]}`,
			oneMethod(MethodConfig{Names: all})},
		{"the last of two fields", `{"loadBalancingPolicy": 5, "loadBalancingPolicy": "round_robin"}`, ServiceConfig{Balancer: balance.RoundRobin()}},
		{"the older field", `{"loadBalancingPolicy": "round_robin"}`, ServiceConfig{Balancer: balance.RoundRobin()}},
		{"the older field in capitals", `{"loadBalancingPolicy": "ROUND_ROBIN"}`, ServiceConfig{Balancer: balance.RoundRobin()}},
		{"the older field says nothing", `{"loadBalancingPolicy": "UNSPECIFIED"}`, ServiceConfig{}},
		{"the list wins", `{"loadBalancingPolicy": "what", "loadBalancingConfig": [{"what": {}}, {"pick_first": {}}]}`, ServiceConfig{Balancer: balance.PickFirst()}},
	} {
		tt.check(t)
	}
}

// A policy of a program's own is named, and says what is wrong with it.
func TestParseServiceConfigWithParser(t *testing.T) {
	type even struct{ balance.Policy }
	parser := balance.Parser{Name: "even", Parse: func(settings []byte, child func(string, []byte) (balance.Policy, error)) (balance.Policy, error) {
		var s struct {
			Size  int
			Child json.RawMessage
		}
		if err := json.Unmarshal(settings, &s); err != nil {
			return nil, err
		}
		if s.Size%2 != 0 {
			return nil, errors.New("the size is odd")
		}
		p, err := child("child", s.Child)
		return even{p}, err
	}}
	c, err := ParseServiceConfig(`{"loadBalancingConfig": [{"even": {"size": 2, "child": [{"round_robin": {}}]}}]}`, parser)
	if err != nil || c.Balancer != (even{balance.RoundRobin()}) {
		t.Errorf("got %+v, %v", c, err)
	}
	_, err = ParseServiceConfig(`{"loadBalancingConfig": [{"even": {"size": 1}}]}`, parser)
	if want := "curlew: service config: loadBalancingConfig[0].even: the size is odd"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = ParseServiceConfig(`{"loadBalancingConfig": [{"even": {"child": [{"odd": {}}, {"pick_first": []}]}}]}`, parser)
	if want := "curlew: service config: loadBalancingConfig[0].even.child[1].pick_first: []; it must be an object"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
