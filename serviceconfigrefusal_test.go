package curlew

import (
	"strings"
	"testing"
)

// A refusal is a text that is wrong, and why.
type refusal struct{ text, want string }

func (r refusal) check(t *testing.T) {
	t.Helper()
	c, err := ParseServiceConfig(r.text)
	switch {
	case err == nil:
		t.Errorf("%s\n is accepted as %+v\nwant error %s", r.text, c, r.want)
	case err.Error() != "curlew: service config: "+r.want:
		t.Errorf("%s\n got %s\nwant %s", r.text, err, r.want)
	}
}

// methodsText and methodText are configs with nothing but methods, and but one.
func methodsText(s string) string { return `{"methodConfig": [` + s + `]}` }
func methodText(s string) string  { return methodsText(`{"name": [{"service": "s"}], ` + s + `}`) }

// retryText is a config with a retry policy, in which a field has another value or, when
// that is empty, is missing.
func retryText(field, value string) string {
	fields := []string{"maxAttempts", "initialBackoff", "maxBackoff", "backoffMultiplier", "retryableStatusCodes"}
	values := []string{"2", `"1s"`, `"1s"`, "2", `["UNAVAILABLE"]`}
	var list []string
	for i, f := range fields {
		if f != field {
			list = append(list, `"`+f+`": `+values[i])
		}
	}
	if value != "" {
		list = append(list, `"`+field+`": `+value)
	}
	return methodText(`"retryPolicy": {` + strings.Join(list, ", ") + `}`)
}

func hedgingText(s string) string { return methodText(`"hedgingPolicy": {` + s + `}`) }

const (
	notSpan = `; it must be a number of seconds with an s, such as "1.5s"`
	notCode = `; it must be a status code, such as "UNAVAILABLE" or 14`
)

func TestParseServiceConfigRefuses(t *testing.T) {
	for _, tt := range []refusal{
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
		tt.check(t)
	}
}

func TestParseServiceConfigRefusesMethods(t *testing.T) {
	const m = "methodConfig[0]."
	for _, tt := range []refusal{
		{`{"methodConfig": {}}`, "methodConfig: {}; it must be a list"},
		{`{"methodConfig": [null]}`, "methodConfig[0]: null; an element of a list must not be null"},
		{`{"methodConfig": [5]}`, "methodConfig[0]: 5; it must be an object"},
		{methodsText(`{"name": {}}`), "methodConfig[0].name: {}; it must be a list"},
		{methodsText(`{"name": ["a.B/C"]}`), `methodConfig[0].name[0]: "a.B/C"; it must be an object`},
		{methodsText(`{"name": [{"service": 5}]}`), "methodConfig[0].name[0].service: 5; it must be a string"},
		{methodsText(`{"name": [{"service": "s", "method": {}}]}`), "methodConfig[0].name[0].method: {}; it must be a string"},
		{methodsText(`{"name": [{"method": "Bar"}]}`), `methodConfig[0].name[0].service: it is missing, and method is "Bar"; name the service too`},
		{methodsText(`{"name": [{"service": "", "method": "Bar"}]}`), `methodConfig[0].name[0].service: it is missing, and method is "Bar"; name the service too`},
		{methodsText(`{"name": [{"service": "s", "method": "M"}, {"service": "/s/"}]}`), `methodConfig[0].name[1]: "/s//"; names have no slash: give service and method apart`},
		{methodsText(`{"name": [{"service": "foo"}, {"service": "foo"}]}`), `methodConfig[0].name[1]: "foo/"; it is named before already, and may be once only`},
		{methodsText(`{}, {"name": [{"service": "a", "method": "B"}]}, {"name": [{"service": "a", "method": "B"}]}`), `methodConfig[2].name[0]: "a/B"; it is named before already, and may be once only`},
		{methodsText(`{"name": [{}]}, {"name": [{}]}`), `methodConfig[1].name[0]: ""; it is named before already, and may be once only`},
		{methodsText(`{"timeout": "-1s"}`), "methodConfig[0].timeout: -1s; it must not be negative"},
		{methodText(`"waitForReady": "true"`), m + `waitForReady: "true"; it must be true or false`},
		{methodText(`"waitForReady": 1`), m + "waitForReady: 1; it must be true or false"},
		{methodText(`"timeout": "3c"`), m + `timeout: "3c"` + notSpan},
		{methodText(`"timeout": 1`), m + "timeout: 1" + notSpan},
		{methodText(`"timeout": "1.0000000001s"`), m + `timeout: "1.0000000001s"` + notSpan},
		{methodText(`"timeout": {"seconds": 1}`), m + `timeout: {"seconds": 1}` + notSpan},
		{methodText(`"timeout": "-0.5s"`), m + "timeout: -500ms; it must not be negative"},
		{methodText(`"maxRequestMessageBytes": -1`), m + "maxRequestMessageBytes: -1; it must be a whole number of at least 0"},
		{methodText(`"maxRequestMessageBytes": 1.5`), m + "maxRequestMessageBytes: 1.5; it must be a whole number of at least 0"},
		{methodText(`"maxResponseMessageBytes": "4MB"`), m + `maxResponseMessageBytes: "4MB"; it must be a whole number of at least 0`},
		{methodText(`"maxResponseMessageBytes": []`), m + "maxResponseMessageBytes: []; it must be a whole number of at least 0"},
	} {
		tt.check(t)
	}
}

func TestParseServiceConfigRefusesRetries(t *testing.T) {
	const m = "methodConfig[0]."
	const r = m + "retryPolicy."
	for _, tt := range []refusal{
		{methodText(`"retryPolicy": []`), m + "retryPolicy: []; it must be an object"},
		{methodText(`"retryPolicy": {}`), r + "maxAttempts: it is missing, and required"},
		{retryText("maxAttempts", ""), r + "maxAttempts: it is missing, and required"},
		{retryText("maxAttempts", "1"), r + "maxAttempts: 1; it must be at least 2"},
		{retryText("maxAttempts", "0"), r + "maxAttempts: 0; it must be at least 2"},
		{retryText("maxAttempts", "-1"), r + "maxAttempts: -1; it must be at least 2"},
		{retryText("maxAttempts", "2.5"), r + "maxAttempts: 2.5; it must be a whole number"},
		{retryText("maxAttempts", `"many"`), r + `maxAttempts: "many"; it must be a whole number`},
		{retryText("initialBackoff", ""), r + "initialBackoff: it is missing, and required"},
		{retryText("initialBackoff", `"0s"`), r + "initialBackoff: 0s; it must be positive"},
		{retryText("initialBackoff", `"-1s"`), r + "initialBackoff: -1s; it must be positive"},
		{retryText("initialBackoff", `"100ms"`), r + `initialBackoff: "100ms"` + notSpan},
		{retryText("maxBackoff", ""), r + "maxBackoff: it is missing, and required"},
		{retryText("maxBackoff", `"0s"`), r + "maxBackoff: 0s; it must be positive"},
		{retryText("maxBackoff", `5`), r + "maxBackoff: 5" + notSpan},
		{retryText("backoffMultiplier", ""), r + "backoffMultiplier: it is missing, and required"},
		{retryText("backoffMultiplier", "0"), r + "backoffMultiplier: 0; it must be positive"},
		{retryText("backoffMultiplier", "-2"), r + "backoffMultiplier: -2; it must be positive"},
		{retryText("backoffMultiplier", `"two"`), r + `backoffMultiplier: "two"; it must be a number`},
		{retryText("retryableStatusCodes", ""), r + "retryableStatusCodes: there are none; at least one is needed"},
		{retryText("retryableStatusCodes", "[]"), r + "retryableStatusCodes: there are none; at least one is needed"},
		{retryText("retryableStatusCodes", `"UNAVAILABLE"`), r + `retryableStatusCodes: "UNAVAILABLE"; it must be a list`},
		{retryText("retryableStatusCodes", `["ABORTED", "GONE"]`), r + `retryableStatusCodes[1]: "GONE"` + notCode},
		{retryText("retryableStatusCodes", `[17]`), r + "retryableStatusCodes[0]: 17" + notCode},
		{retryText("retryableStatusCodes", `[-1]`), r + "retryableStatusCodes[0]: -1" + notCode},
		{retryText("retryableStatusCodes", `["14"]`), r + `retryableStatusCodes[0]: "14"` + notCode},
		{retryText("retryableStatusCodes", `["OK"]`), r + "retryableStatusCodes: OK; it is no failure: remove it"},
		{retryText("perAttemptRecvTimeout", `"-1s"`), r + "perAttemptRecvTimeout: -1s; it must not be negative"},
		{retryText("perAttemptRecvTimeout", `true`), r + "perAttemptRecvTimeout: true" + notSpan},
	} {
		tt.check(t)
	}
}

func TestParseServiceConfigRefusesHedging(t *testing.T) {
	const m = "methodConfig[0]."
	const h = m + "hedgingPolicy."
	for _, tt := range []refusal{
		{hedgingText(``), h + "maxAttempts: it is missing, and required"},
		{hedgingText(`"maxAttempts": 1`), h + "maxAttempts: 1; it must be at least 2"},
		{hedgingText(`"maxAttempts": 2, "hedgingDelay": "-1s"`), h + "hedgingDelay: -1s; it must not be negative"},
		{hedgingText(`"maxAttempts": 2, "hedgingDelay": 0`), h + "hedgingDelay: 0" + notSpan},
		{hedgingText(`"maxAttempts": 2, "hedgingPercentile": 95`), h + "hedgingPercentile: 95; it must be above 0 and below 1"},
		{hedgingText(`"maxAttempts": 2, "hedgingPercentile": -0.1`), h + "hedgingPercentile: -0.1; it must be above 0 and below 1"},
		{hedgingText(`"maxAttempts": 2, "nonFatalStatusCodes": [0]`), h + "nonFatalStatusCodes: OK; it is no failure: remove it"},
		{hedgingText(`"maxAttempts": 2, "nonFatalStatusCodes": {}`), h + "nonFatalStatusCodes: {}; it must be a list"},
		{methodText(`"hedgingPolicy": {"maxAttempts": 2}, "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s",
			"maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": [14]}`), m + "hedgingPolicy: there is a retryPolicy too; remove one of them"},
	} {
		tt.check(t)
	}
}
