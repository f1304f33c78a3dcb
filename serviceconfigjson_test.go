package curlew

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

func ptr[T any](v T) *T { return &v }

func TestParseServiceConfig(t *testing.T) {
	everything := ServiceConfig{
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
	method := func(m MethodConfig) ServiceConfig { return ServiceConfig{Methods: []MethodConfig{m}} }
	all := []MethodName{{}}
	for _, tt := range []struct {
		name, text string
		want       ServiceConfig
	}{
		{"nothing", `{}`, ServiceConfig{}},
		{"all fields", `{
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
		}`, everything},
		{"gRFC A6, retries", `{"methodConfig": [{
			"name": [{"service": "google.example"}],
			"retryPolicy": {
				"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
				"retryableStatusCodes": ["UNAVAILABLE"]
			}
		}]}`, method(MethodConfig{
			Names: []MethodName{{Service: "google.example"}},
			Retry: &RetryPolicy{4, 100 * time.Millisecond, time.Second, 2, []Code{Unavailable}, 0},
		})},
		{"gRFC A6, hedging", `{"methodConfig": [{
			"name": [{"service": "google.example"}],
			"hedgingPolicy": {
				"maxAttempts": 4, "hedgingDelay": "0.5s",
				"nonFatalStatusCodes": ["UNAVAILABLE", "INTERNAL", "ABORTED"]
			}
		}]}`, method(MethodConfig{
			Names:   []MethodName{{Service: "google.example"}},
			Hedging: &HedgingPolicy{4, 500 * time.Millisecond, 0, []Code{Unavailable, Internal, Aborted}},
		})},
		{"gRFC A6, throttling", `{"retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}}`,
			ServiceConfig{RetryThrottling: &RetryThrottling{10, 0.1}}},
		{"gRFC A17", `{"healthCheckConfig": {"serviceName": "foo"}}`, ServiceConfig{Health: &HealthConfig{"foo"}}},
		{"health of the server", `{"healthCheckConfig": {"serviceName": ""}}`, ServiceConfig{Health: &HealthConfig{}}},
		{"health without a name is not watched", `{"healthCheckConfig": {}}`, ServiceConfig{}},
		{"hedges all at once", `{"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 2}}]}`,
			method(MethodConfig{Names: all, Hedging: &HedgingPolicy{MaxAttempts: 2}})},
		{"more attempts than count", `{"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 9}}]}`,
			method(MethodConfig{Names: all, Hedging: &HedgingPolicy{MaxAttempts: 9}})},
		{"the attempt's timeout alone", `{"methodConfig": [{"name": [{}], "retryPolicy": {
			"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "perAttemptRecvTimeout": "1s"}}]}`,
			method(MethodConfig{Names: all, Retry: &RetryPolicy{2, time.Second, time.Second, 1, nil, time.Second}})},
		{"names left out, null and empty", `{"methodConfig": [
			{"name": [{"service": "s", "method": null}], "waitForReady": false},
			{"name": [{"service": null, "method": ""}], "waitForReady": true}
		]}`, ServiceConfig{Methods: []MethodConfig{
			{Names: []MethodName{{Service: "s"}}, WaitForReady: ptr(false)},
			{Names: all, WaitForReady: ptr(true)},
		}}},
		{"a methodConfig without names is for nothing", `{"methodConfig": [{"timeout": "1s"}, {"name": []}, {"name": [{}]}]}`,
			method(MethodConfig{Names: all})},
		{"only empty messages", `{"methodConfig": [{"name": [{}], "maxRequestMessageBytes": 0, "maxResponseMessageBytes": 0}]}`,
			method(MethodConfig{Names: all, MaxSendBytes: 1, MaxReceiveBytes: 1})},
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
			method(MethodConfig{Names: all})},
		{"the last of two fields", `{"loadBalancingPolicy": 5, "loadBalancingPolicy": "round_robin"}`, ServiceConfig{Balancer: balance.RoundRobin()}},
		{"the older field", `{"loadBalancingPolicy": "round_robin"}`, ServiceConfig{Balancer: balance.RoundRobin()}},
		{"the older field in capitals", `{"loadBalancingPolicy": "ROUND_ROBIN"}`, ServiceConfig{Balancer: balance.RoundRobin()}},
		{"the older field says nothing", `{"loadBalancingPolicy": "UNSPECIFIED"}`, ServiceConfig{}},
		{"the list wins", `{"loadBalancingPolicy": "what", "loadBalancingConfig": [{"what": {}}, {"pick_first": {}}]}`, ServiceConfig{Balancer: balance.PickFirst()}},
	} {
		got, err := ParseServiceConfig(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if !reflect.DeepEqual(*got, tt.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, *got, tt.want)
		}
	}
}

func TestParseServiceConfigRefuses(t *testing.T) {
	// Of these only the methodConfig and only its retryPolicy are written.
	methods := func(s string) string { return `{"methodConfig": [` + s + `]}` }
	method := func(s string) string { return methods(`{"name": [{"service": "s"}], ` + s + `}`) }
	retry := func(field, value string) string {
		fields := []string{"maxAttempts", "initialBackoff", "maxBackoff", "backoffMultiplier", "retryableStatusCodes"}
		values := []string{"2", `"1s"`, `"1s"`, "2", `["UNAVAILABLE"]`}
		var list []string
		for i, f := range fields {
			if f == field {
				continue
			}
			list = append(list, `"`+f+`": `+values[i])
		}
		if value != "" {
			list = append(list, `"`+field+`": `+value)
		}
		return method(`"retryPolicy": {` + strings.Join(list, ", ") + `}`)
	}
	hedging := func(s string) string { return method(`"hedgingPolicy": {` + s + `}`) }
	const (
		m     = "methodConfig[0]."
		r     = m + "retryPolicy."
		h     = m + "hedgingPolicy."
		span  = `; it must be a number of seconds with an s, such as "1.5s"`
		codes = `; it must be a status code, such as "UNAVAILABLE" or 14`
	)
	for _, tt := range []struct{ text, want string }{
		{``, "the text is empty; without any settings it is {}"},
		{`null`, "null; it must be an object"},
		{`[]`, "[]; it must be an object"},
		{`"round_robin"`, `"round_robin"; it must be an object`},

		{`{"loadBalancingPolicy": 1}`, "loadBalancingPolicy: 1; it must be a string"},
		{`{"loadBalancingPolicy": 1, "loadBalancingConfig": [{"round_robin": {}}]}`, "loadBalancingPolicy: 1; it must be a string"},
		{`{"loadBalancingPolicy": "grpclb"}`, `loadBalancingPolicy: "grpclb"; it must name a policy that needs no settings, such as "round_robin"; loadBalancingConfig takes all`},
		{`{"loadBalancingConfig": {"round_robin": {}}}`, `loadBalancingConfig: {"round_robin": {}}; it must be a list`},
		{`{"loadBalancingConfig": [{"round_robin": {}, "pick_first": {}}]}`, `loadBalancingConfig[0]: {"round_robin": {}, "pick_first": {}}; it must have one field, the name of a policy`},
		{`{"loadBalancingConfig": [{"x": {}}, {"round_robin": 1}]}`, "loadBalancingConfig[1].round_robin: 1; it must be an object"},

		{`{"methodConfig": {}}`, "methodConfig: {}; it must be a list"},
		{`{"methodConfig": [null]}`, "methodConfig[0]: null; an element of a list must not be null"},
		{`{"methodConfig": [5]}`, "methodConfig[0]: 5; it must be an object"},
		{methods(`{"name": {}}`), "methodConfig[0].name: {}; it must be a list"},
		{methods(`{"name": ["a.B/C"]}`), `methodConfig[0].name[0]: "a.B/C"; it must be an object`},
		{methods(`{"name": [{"service": 5}]}`), "methodConfig[0].name[0].service: 5; it must be a string"},
		{methods(`{"name": [{"service": "s", "method": {}}]}`), "methodConfig[0].name[0].method: {}; it must be a string"},
		{methods(`{"name": [{"method": "Bar"}]}`), `methodConfig[0].name[0].service: it is missing, and method is "Bar"; name the service too`},
		{methods(`{"name": [{"service": "", "method": "Bar"}]}`), `methodConfig[0].name[0].service: it is missing, and method is "Bar"; name the service too`},
		{methods(`{"name": [{"service": "s", "method": "M"}, {"service": "/s/"}]}`), `methodConfig[0].name[1]: "/s//"; names have no slash: give service and method apart`},
		{methods(`{"name": [{"service": "foo"}, {"service": "foo"}]}`), `methodConfig[0].name[1]: "foo/"; it is named before already, and may be once only`},
		{methods(`{}, {"name": [{"service": "a", "method": "B"}]}, {"name": [{"service": "a", "method": "B"}]}`), `methodConfig[2].name[0]: "a/B"; it is named before already, and may be once only`},
		{methods(`{"name": [{}]}, {"name": [{}]}`), `methodConfig[1].name[0]: ""; it is named before already, and may be once only`},
		{methods(`{"timeout": "-1s"}`), "methodConfig[0].timeout: -1s; it must not be negative"},
		{method(`"waitForReady": "true"`), m + `waitForReady: "true"; it must be true or false`},
		{method(`"waitForReady": 1`), m + "waitForReady: 1; it must be true or false"},
		{method(`"timeout": "3c"`), m + `timeout: "3c"` + span},
		{method(`"timeout": 1`), m + "timeout: 1" + span},
		{method(`"timeout": "1.0000000001s"`), m + `timeout: "1.0000000001s"` + span},
		{method(`"timeout": {"seconds": 1}`), m + `timeout: {"seconds": 1}` + span},
		{method(`"timeout": "-0.5s"`), m + "timeout: -500ms; it must not be negative"},
		{method(`"maxRequestMessageBytes": -1`), m + "maxRequestMessageBytes: -1; it must be a whole number of at least 0"},
		{method(`"maxRequestMessageBytes": 1.5`), m + "maxRequestMessageBytes: 1.5; it must be a whole number of at least 0"},
		{method(`"maxResponseMessageBytes": "4MB"`), m + `maxResponseMessageBytes: "4MB"; it must be a whole number of at least 0`},
		{method(`"maxResponseMessageBytes": []`), m + "maxResponseMessageBytes: []; it must be a whole number of at least 0"},

		{method(`"retryPolicy": []`), m + "retryPolicy: []; it must be an object"},
		{method(`"retryPolicy": {}`), r + "maxAttempts: it is missing, and required"},
		{retry("maxAttempts", ""), r + "maxAttempts: it is missing, and required"},
		{retry("maxAttempts", "1"), r + "maxAttempts: 1; it must be at least 2"},
		{retry("maxAttempts", "0"), r + "maxAttempts: 0; it must be at least 2"},
		{retry("maxAttempts", "-1"), r + "maxAttempts: -1; it must be at least 2"},
		{retry("maxAttempts", "2.5"), r + "maxAttempts: 2.5; it must be a whole number"},
		{retry("maxAttempts", `"many"`), r + `maxAttempts: "many"; it must be a whole number`},
		{retry("initialBackoff", ""), r + "initialBackoff: it is missing, and required"},
		{retry("initialBackoff", `"0s"`), r + "initialBackoff: 0s; it must be positive"},
		{retry("initialBackoff", `"-1s"`), r + "initialBackoff: -1s; it must be positive"},
		{retry("initialBackoff", `"100ms"`), r + `initialBackoff: "100ms"` + span},
		{retry("maxBackoff", ""), r + "maxBackoff: it is missing, and required"},
		{retry("maxBackoff", `"0s"`), r + "maxBackoff: 0s; it must be positive"},
		{retry("maxBackoff", `5`), r + "maxBackoff: 5" + span},
		{retry("backoffMultiplier", ""), r + "backoffMultiplier: it is missing, and required"},
		{retry("backoffMultiplier", "0"), r + "backoffMultiplier: 0; it must be positive"},
		{retry("backoffMultiplier", "-2"), r + "backoffMultiplier: -2; it must be positive"},
		{retry("backoffMultiplier", `"two"`), r + `backoffMultiplier: "two"; it must be a number`},
		{retry("retryableStatusCodes", ""), r + "retryableStatusCodes: there are none; at least one is needed"},
		{retry("retryableStatusCodes", "[]"), r + "retryableStatusCodes: there are none; at least one is needed"},
		{retry("retryableStatusCodes", `"UNAVAILABLE"`), r + `retryableStatusCodes: "UNAVAILABLE"; it must be a list`},
		{retry("retryableStatusCodes", `["ABORTED", "GONE"]`), r + `retryableStatusCodes[1]: "GONE"` + codes},
		{retry("retryableStatusCodes", `[17]`), r + "retryableStatusCodes[0]: 17" + codes},
		{retry("retryableStatusCodes", `[-1]`), r + "retryableStatusCodes[0]: -1" + codes},
		{retry("retryableStatusCodes", `["14"]`), r + `retryableStatusCodes[0]: "14"` + codes},
		{retry("retryableStatusCodes", `["OK"]`), r + "retryableStatusCodes: OK; it is no failure: remove it"},
		{retry("perAttemptRecvTimeout", `"-1s"`), r + "perAttemptRecvTimeout: -1s; it must not be negative"},
		{retry("perAttemptRecvTimeout", `true`), r + "perAttemptRecvTimeout: true" + span},

		{hedging(``), h + "maxAttempts: it is missing, and required"},
		{hedging(`"maxAttempts": 1`), h + "maxAttempts: 1; it must be at least 2"},
		{hedging(`"maxAttempts": 2, "hedgingDelay": "-1s"`), h + "hedgingDelay: -1s; it must not be negative"},
		{hedging(`"maxAttempts": 2, "hedgingDelay": 0`), h + "hedgingDelay: 0" + span},
		{hedging(`"maxAttempts": 2, "hedgingPercentile": 95`), h + "hedgingPercentile: 95; it must be above 0 and below 1"},
		{hedging(`"maxAttempts": 2, "hedgingPercentile": -0.1`), h + "hedgingPercentile: -0.1; it must be above 0 and below 1"},
		{hedging(`"maxAttempts": 2, "nonFatalStatusCodes": [0]`), h + "nonFatalStatusCodes: OK; it is no failure: remove it"},
		{hedging(`"maxAttempts": 2, "nonFatalStatusCodes": {}`), h + "nonFatalStatusCodes: {}; it must be a list"},
		{method(`"hedgingPolicy": {"maxAttempts": 2}, "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s",
			"maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": [14]}`), m + "hedgingPolicy: there is a retryPolicy too; remove one of them"},

		{`{"idempotent": {"maxAttempts": 0}}`, "idempotent.maxAttempts: 0; it must be at least 2, or 1 for none"},
		{`{"idempotent": {"maxAttempts": 3}}`, "idempotent.initialBackoff: it is missing, and required"},
		{`{"retryThrottling": {}}`, "retryThrottling.maxTokens: it is missing, and required"},
		{`{"retryThrottling": {"maxTokens": 10}}`, "retryThrottling.tokenRatio: it is missing, and required"},
		{`{"retryThrottling": {"maxTokens": 0, "tokenRatio": 1}}`, "retryThrottling.maxTokens: 0; it must be above 0 and at most 1000"},
		{`{"retryThrottling": {"maxTokens": 1001, "tokenRatio": 1}}`, "retryThrottling.maxTokens: 1001; it must be above 0 and at most 1000"},
		{`{"retryThrottling": {"maxTokens": 10, "tokenRatio": 0}}`, "retryThrottling.tokenRatio: 0; it must be above 0"},
		{`{"retryThrottling": {"maxTokens": 10, "tokenRatio": -0.1}}`, "retryThrottling.tokenRatio: -0.1; it must be above 0"},
		{`{"retryThrottling": {"maxTokens": [], "tokenRatio": 1}}`, "retryThrottling.maxTokens: []; it must be a number"},
		{`{"retryBudget": {"ratio": 2}}`, "retryBudget.ratio: 2; it must be from 0 to 1"},
		{`{"retryBudget": {"minPerSecond": -1}}`, "retryBudget.minPerSecond: -1; it must not be negative"},
		{`{"retryBudget": {"window": "0.1s"}}`, "retryBudget.window: 100ms; it must be at least 1s"},
		{`{"healthCheckConfig": {"serviceName": 1}}`, "healthCheckConfig.serviceName: 1; it must be a string"},
		{`{"healthCheckConfig": "foo"}`, `healthCheckConfig: "foo"; it must be an object`},
		{`{"connectionScaling": {"maxConnectionsPerSubchannel": -1}}`, "connectionScaling.maxConnectionsPerSubchannel: -1; it must not be negative"},
		{`{"connectionScaling": {"maxConnectionsPerSubchannel": "x"}}`, `connectionScaling.maxConnectionsPerSubchannel: "x"; it must be a whole number`},
	} {
		c, err := ParseServiceConfig(tt.text)
		switch {
		case err == nil:
			t.Errorf("%s\n is accepted as %+v\nwant error %s", tt.text, c, tt.want)
		case err.Error() != "curlew: service config: "+tt.want:
			t.Errorf("%s\n got %s\nwant %s", tt.text, err, tt.want)
		}
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
