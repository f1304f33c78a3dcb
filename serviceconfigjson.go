package curlew

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/jsonfield"
)

// ParseServiceConfig reads a service config in gRPC's JSON
// (github.com/grpc/grpc-proto/blob/master/grpc/service_config/service_config.proto).
// The fields loadBalancingConfig, loadBalancingPolicy, methodConfig, retryThrottling,
// healthCheckConfig and connectionScaling mean what they do there; [balance.ParsePolicy]
// has the balancing policies, and policies are parsers of further ones. Beside them it
// knows
//
//	"idempotent": {...}                     ServiceConfig.Idempotent, as a retryPolicy
//	"retryBudget": {"ratio": 0.2, "minPerSecond": 10, "window": "10s"}
//
// and in a methodConfig
//
//	"retryPolicy": {"perAttemptRecvTimeout": "1s"}    RetryPolicy.AttemptTimeout
//	"hedgingPolicy": {"hedgingPercentile": 0.95}      HedgingPolicy.Percentile
//
// Fields of other names are ignored. A known field with a wrong value makes the whole
// config wrong: the error names the field, as in "methodConfig[1].retryPolicy.maxBackoff",
// its value and what it is to be.
func ParseServiceConfig(text string, policies ...balance.Parser) (*ServiceConfig, error) {
	doc, root := jsonfield.Parse("", []byte(text))
	if root.Absent() {
		root.Refuse("it must be an object")
	}
	o := root.Object()
	c := &ServiceConfig{
		Balancer:        readBalancer(o, policies),
		Methods:         readMethods(o.Field("methodConfig")),
		RetryThrottling: readThrottling(o.Field("retryThrottling").Object()),
		RetryBudget:     readBudget(o.Field("retryBudget").Object()),
		Health:          readHealth(o.Field("healthCheckConfig").Object()),

		MaxConnectionsPerEndpoint: readScaling(o.Field("connectionScaling").Object()),
	}
	if idempotent := o.Field("idempotent").Object(); !idempotent.Absent() {
		c.Idempotent = readRetry(idempotent)
	}
	if doc.Err() == nil {
		doc.Fail(c.check())
	}
	switch err := doc.Err(); {
	case err == nil:
		return c, nil
	case text == "" || strings.HasPrefix(text, "{") || json.Valid([]byte(text)):
		return nil, fmt.Errorf("curlew: service config: %w", err)
	default: // its beginning says what it is
		return nil, fmt.Errorf("curlew: service config %.200q: %w", text, err)
	}
}

// readBalancer reads the list of policies or, where there is none, the older field that
// gives just a name, in any case: in service_config.proto it is that of an enum.
func readBalancer(o jsonfield.Object, policies []balance.Parser) balance.Policy {
	name := o.Field("loadBalancingPolicy")
	s := name.String("")
	if list := o.Field("loadBalancingConfig"); !list.Absent() {
		p, err := balance.ParsePolicy(list.Raw(), policies...)
		if err != nil {
			o.Document().Fail(jsonfield.Under(list.Path(), err))
		}
		return p
	}
	if s == "" || strings.EqualFold(s, "unspecified") {
		return nil
	}
	for _, s := range []string{s, strings.ToLower(s)} {
		list, err := json.Marshal([]map[string]struct{}{{s: {}}})
		if err != nil {
			continue
		}
		if p, err := balance.ParsePolicy(list, policies...); err == nil {
			return p
		}
	}
	name.Refuse(`it must name a policy that needs no settings, such as "round_robin"; loadBalancingConfig takes all`)
	return nil
}

// readMethods checks the methods too, for here it is known where each is in the text:
// those that have no name are for no method, and left out.
func readMethods(list jsonfield.Value) []MethodConfig {
	var methods []MethodConfig
	seen := make(map[MethodName]bool)
	for _, v := range list.List() {
		m := readMethod(v.Object())
		if v.Document().Err() != nil {
			return nil
		}
		check := m.checkSettings
		if len(m.Names) > 0 {
			check = func() error { return m.check(seen) }
			methods = append(methods, m)
		}
		if err := check(); err != nil {
			v.Document().Fail(fmt.Errorf("%s.%w", v.Path(), err))
		}
	}
	return methods
}

func readMethod(o jsonfield.Object) MethodConfig {
	m := MethodConfig{
		Timeout:         o.Field("timeout").Duration(0),
		MaxSendBytes:    readLimit(o.Field("maxRequestMessageBytes")),
		MaxReceiveBytes: readLimit(o.Field("maxResponseMessageBytes")),
	}
	for _, v := range o.Field("name").List() {
		name := v.Object()
		m.Names = append(m.Names, MethodName{
			Service: name.Field("service").String(""),
			Method:  name.Field("method").String(""),
		})
	}
	if v := o.Field("waitForReady"); !v.Absent() {
		wait := v.Bool(false)
		m.WaitForReady = &wait
	}
	if retry := o.Field("retryPolicy").Object(); !retry.Absent() {
		m.Retry = readRetry(retry)
	}
	if hedging := o.Field("hedgingPolicy").Object(); !hedging.Absent() {
		m.Hedging = readHedging(hedging)
	}
	return m
}

// readLimit reads a limit of a message's size. In gRPC 0 is one that only empty messages
// keep, but in a MethodConfig it is none. No protobuf message has a single byte, so that
// a limit of 1 has the same effect.
func readLimit(v jsonfield.Value) int {
	n := v.Int(0, 0, math.MaxInt)
	if n == 0 && !v.Absent() {
		return 1
	}
	return n
}

// readRetry reads a retry policy. It needs no more than the number of attempts when that
// is 1, which is for idempotent to mean something.
func readRetry(o jsonfield.Object) *RetryPolicy {
	p := &RetryPolicy{MaxAttempts: readInt(o.Field("maxAttempts").Required())}
	if p.MaxAttempts < 2 {
		return p
	}
	p.InitialBackoff = o.Field("initialBackoff").Required().Duration(0)
	p.MaxBackoff = o.Field("maxBackoff").Required().Duration(0)
	p.BackoffMultiplier = o.Field("backoffMultiplier").Required().Float(0)
	p.Codes = readCodes(o.Field("retryableStatusCodes"))
	p.AttemptTimeout = o.Field("perAttemptRecvTimeout").Duration(0)
	return p
}

func readHedging(o jsonfield.Object) *HedgingPolicy {
	return &HedgingPolicy{
		MaxAttempts:   readInt(o.Field("maxAttempts").Required()),
		Delay:         o.Field("hedgingDelay").Duration(0),
		Percentile:    o.Field("hedgingPercentile").Float(0),
		NonFatalCodes: readCodes(o.Field("nonFatalStatusCodes")),
	}
}

// readInt reads a number whose bounds are checked together with the rest.
func readInt(v jsonfield.Value) int { return v.Int(0, math.MinInt, math.MaxInt) }

// readCodes reads status codes, which are numbers or names in any case (gRFC A6).
func readCodes(list jsonfield.Value) []Code {
	var codes []Code
	for _, v := range list.List() {
		if c, ok := readCode(v); ok {
			codes = append(codes, c)
		}
	}
	return codes
}

func readCode(v jsonfield.Value) (Code, bool) {
	var number uint32
	if json.Unmarshal(v.Raw(), &number) == nil && Code(number) <= Unauthenticated {
		return Code(number), true
	}
	var name string
	if json.Unmarshal(v.Raw(), &name) == nil {
		for c := OK; c <= Unauthenticated; c++ {
			if strings.EqualFold(c.String(), name) {
				return c, true
			}
		}
	}
	v.Refuse(`it must be a status code, such as "UNAVAILABLE" or 14`)
	return 0, false
}

func readThrottling(o jsonfield.Object) *RetryThrottling {
	if o.Absent() {
		return nil
	}
	return &RetryThrottling{
		MaxTokens:  o.Field("maxTokens").Required().Float(0),
		TokenRatio: o.Field("tokenRatio").Required().Float(0),
	}
}

func readBudget(o jsonfield.Object) *RetryBudget {
	if o.Absent() {
		return nil
	}
	return &RetryBudget{
		Ratio:        o.Field("ratio").Float(0.2),
		MinPerSecond: o.Field("minPerSecond").Float(10),
		Window:       o.Field("window").Duration(10 * time.Second),
	}
}

// readHealth returns nil without a name: that is how gRFC A17 switches watching off,
// and "" is the server as a whole.
func readHealth(o jsonfield.Object) *HealthConfig {
	name := o.Field("serviceName")
	if name.Absent() {
		return nil
	}
	return &HealthConfig{Service: name.String("")}
}

func readScaling(o jsonfield.Object) int {
	return readInt(o.Field("maxConnectionsPerSubchannel"))
}
