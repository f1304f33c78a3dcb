package curlew

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/balance"
)

// A ServiceConfig says how a service is to be called. A program gives a client one by
// [WithServiceConfig]; a resolver may bring another, which then counts instead. It
// means what gRPC's service config means
// (github.com/grpc/grpc/blob/master/doc/service_config.md), which [ParseServiceConfig]
// reads. It must not be changed once a client has it.
type ServiceConfig struct {
	// Balancer is the balancing policy; nil leaves the choice to the client.
	Balancer balance.Policy

	// Methods are settings of methods. For a method that counts which names it
	// most exactly: by service and method, by service, or by neither.
	Methods []MethodConfig

	// Idempotent is the retry policy of methods that their .proto file declares
	// idempotent or without side effects (idempotency_level), where Methods has
	// neither a retry nor a hedging policy for them. nil is 3 attempts on UNAVAILABLE,
	// with about 50 milliseconds before the second; a policy of one attempt switches it
	// off.
	Idempotent *RetryPolicy

	// RetryThrottling stops retries and hedges while too many calls fail. nil does not.
	RetryThrottling *RetryThrottling

	// RetryBudget bounds retries and hedges by the number of calls. nil is a tenth of
	// the calls of the last ten seconds, or 10 a second where that is more.
	RetryBudget *RetryBudget

	// Health, if not nil, has the client watch the health of the endpoints and call
	// only those that serve (gRFC A17). Pick-first does not watch.
	Health *HealthConfig

	// MaxConnectionsPerEndpoint, if not 0, is how many connections an endpoint may get
	// when the streams that it allows on one are used up (gRFC A105).
	MaxConnectionsPerEndpoint int
}

// A HealthConfig names what is asked for the health of an endpoint.
type HealthConfig struct {
	// Service is the name to ask for; empty is the server as a whole.
	Service string
}

// A MethodName says which methods a MethodConfig is for: those of a service when
// Method is empty, all when both are.
type MethodName struct {
	Service string // "package.Service"
	Method  string // "Method"
}

// String returns for instance "package.Service/Method", "package.Service/" or "".
func (n MethodName) String() string {
	if n.Service == "" {
		return n.Method
	}
	return n.Service + "/" + n.Method
}

// A MethodConfig has the settings of some methods.
type MethodConfig struct {
	// Names are the methods that it is for.
	Names []MethodName

	// WaitForReady, if not nil, has calls wait for a connection or not, unless they
	// have the option [WaitForReady].
	WaitForReady *bool

	// Timeout, if not 0, bounds calls: the earlier of it and a call's own deadline counts.
	Timeout time.Duration

	// MaxSendBytes and MaxReceiveBytes, if not 0, bound messages: the least of them
	// and of the limits of client and call counts.
	MaxSendBytes, MaxReceiveBytes int

	// Retry has calls retried. Only one of Retry and Hedging may be set.
	Retry *RetryPolicy

	// Hedging has calls made several times at once. Under a name without a service it
	// is for those methods alone that their .proto file declares idempotent.
	Hedging *HedgingPolicy
}

// A RetryPolicy has a call tried again when it fails with one of some codes before the
// server has begun to answer (gRFC A6). Before the n-th further attempt the client
// waits min(InitialBackoff * BackoffMultiplier^(n-1), MaxBackoff), a fifth more or
// less, or what the server asks for.
type RetryPolicy struct {
	// MaxAttempts is how often the call is tried in all, at least 1; more than 5
	// count as 5.
	MaxAttempts int

	// InitialBackoff and MaxBackoff bound the wait before an attempt. Positive.
	InitialBackoff, MaxBackoff time.Duration

	// BackoffMultiplier is how the wait grows. Positive.
	BackoffMultiplier float64

	// Codes are those after which the call is tried again. At least one.
	Codes []Code

	// AttemptTimeout, if not 0, bounds each attempt by itself: one that has had no
	// answer by then is given up and another made, as for one of Codes.
	AttemptTimeout time.Duration
}

// A HedgingPolicy has a call sent to further endpoints while there is no answer, and
// takes the first that comes (gRFC A6). The server does the work more than once.
type HedgingPolicy struct {
	// MaxAttempts is how often the call is sent in all, at least 2; more than 5 count as 5.
	MaxAttempts int

	// Delay is how long to wait for an answer before the call is sent once more;
	// 0 sends all at once.
	Delay time.Duration

	// Percentile, if not 0, is the part of the method's calls, above 0 and below 1,
	// that are to be answered before another attempt: with 0.95 a call is sent once
	// more when it has taken longer than 95 of 100 did lately. Delay is what counts
	// until enough calls have been seen.
	Percentile float64

	// NonFatalCodes are those after which the other attempts go on, and the next is
	// made at once. Any other ends the call.
	NonFatalCodes []Code
}

// RetryThrottling stops retries and hedges while more than half of MaxTokens are used
// up: each failure that could be retried takes a token, each success gives TokenRatio
// back (gRFC A6).
type RetryThrottling struct {
	MaxTokens  float64 // above 0, at most 1000
	TokenRatio float64 // above 0; three decimals count
}

// A RetryBudget bounds retries and hedges to a part of the calls, so that a service that
// fails is not buried under the repetitions of what it could not do the first time.
type RetryBudget struct {
	Ratio        float64       // retries a call, 0 to 1
	MinPerSecond float64       // retries that are allowed where Ratio would be fewer
	Window       time.Duration // over which calls are counted; at least a second
}

// check returns what is wrong with the config; the error names the field as in JSON.
func (c *ServiceConfig) check() error {
	seen := make(map[MethodName]bool)
	for i := range c.Methods {
		if err := c.Methods[i].check(seen); err != nil {
			return fmt.Errorf("methodConfig[%d].%w", i, err)
		}
	}
	if p := c.Idempotent; p != nil && p.MaxAttempts != 1 {
		if p.MaxAttempts < 1 {
			return fmt.Errorf("idempotent.maxAttempts: %d; it must be at least 2, or 1 for none", p.MaxAttempts)
		}
		if err := p.check(); err != nil {
			return fmt.Errorf("idempotent.%w", err)
		}
	}
	if t := c.RetryThrottling; t != nil {
		if !(t.MaxTokens > 0 && t.MaxTokens <= 1000) {
			return fmt.Errorf("retryThrottling.maxTokens: %v; it must be above 0 and at most 1000", t.MaxTokens)
		}
		if !(t.TokenRatio > 0) {
			return fmt.Errorf("retryThrottling.tokenRatio: %v; it must be above 0", t.TokenRatio)
		}
	}
	if b := c.RetryBudget; b != nil {
		switch {
		case !(b.Ratio >= 0 && b.Ratio <= 1):
			return fmt.Errorf("retryBudget.ratio: %v; it must be from 0 to 1", b.Ratio)
		case !(b.MinPerSecond >= 0):
			return fmt.Errorf("retryBudget.minPerSecond: %v; it must not be negative", b.MinPerSecond)
		case b.Window < time.Second:
			return fmt.Errorf("retryBudget.window: %v; it must be at least 1s", b.Window)
		}
	}
	if c.MaxConnectionsPerEndpoint < 0 {
		return fmt.Errorf("connectionScaling.maxConnectionsPerSubchannel: %d; it must not be negative", c.MaxConnectionsPerEndpoint)
	}
	return nil
}

// check notes the names in seen, those of the methods checked before.
func (m *MethodConfig) check(seen map[MethodName]bool) error {
	if len(m.Names) == 0 {
		return fmt.Errorf("name: there is none; at least one is needed, and {} is for all methods")
	}
	for i, n := range m.Names {
		switch {
		case n.Service == "" && n.Method != "":
			return fmt.Errorf("name[%d].service: it is missing, and method is %q; name the service too", i, n.Method)
		case strings.Contains(n.Service, "/") || strings.Contains(n.Method, "/"):
			return fmt.Errorf("name[%d]: %q; names have no slash: give service and method apart", i, n)
		case seen[n]:
			return fmt.Errorf("name[%d]: %q; it is named before already, and may be once only", i, n)
		}
		seen[n] = true
	}
	return m.checkSettings()
}

func (m *MethodConfig) checkSettings() error {
	switch {
	case m.Timeout < 0:
		return fmt.Errorf("timeout: %v; it must not be negative", m.Timeout)
	case m.MaxSendBytes < 0:
		return fmt.Errorf("maxRequestMessageBytes: %d; it must not be negative", m.MaxSendBytes)
	case m.MaxReceiveBytes < 0:
		return fmt.Errorf("maxResponseMessageBytes: %d; it must not be negative", m.MaxReceiveBytes)
	case m.Retry != nil && m.Hedging != nil:
		return fmt.Errorf("hedgingPolicy: there is a retryPolicy too; remove one of them")
	case m.Retry != nil:
		if err := m.Retry.check(); err != nil {
			return fmt.Errorf("retryPolicy.%w", err)
		}
	case m.Hedging != nil:
		if err := m.Hedging.check(); err != nil {
			return fmt.Errorf("hedgingPolicy.%w", err)
		}
	}
	return nil
}

func (p *RetryPolicy) check() error {
	switch {
	case p.MaxAttempts < 2:
		return fmt.Errorf("maxAttempts: %d; it must be at least 2", p.MaxAttempts)
	case p.InitialBackoff <= 0:
		return fmt.Errorf("initialBackoff: %v; it must be positive", p.InitialBackoff)
	case p.MaxBackoff <= 0:
		return fmt.Errorf("maxBackoff: %v; it must be positive", p.MaxBackoff)
	case !(p.BackoffMultiplier > 0):
		return fmt.Errorf("backoffMultiplier: %v; it must be positive", p.BackoffMultiplier)
	case p.AttemptTimeout < 0:
		return fmt.Errorf("perAttemptRecvTimeout: %v; it must not be negative", p.AttemptTimeout)
	case len(p.Codes) == 0 && p.AttemptTimeout == 0:
		return fmt.Errorf("retryableStatusCodes: there are none; at least one is needed")
	case slices.Contains(p.Codes, OK):
		return fmt.Errorf("retryableStatusCodes: OK; it is no failure: remove it")
	}
	return nil
}

func (p *HedgingPolicy) check() error {
	switch {
	case p.MaxAttempts < 2:
		return fmt.Errorf("maxAttempts: %d; it must be at least 2", p.MaxAttempts)
	case p.Delay < 0:
		return fmt.Errorf("hedgingDelay: %v; it must not be negative", p.Delay)
	case !(p.Percentile >= 0 && p.Percentile < 1):
		return fmt.Errorf("hedgingPercentile: %v; it must be above 0 and below 1", p.Percentile)
	case slices.Contains(p.NonFatalCodes, OK):
		return fmt.Errorf("nonFatalStatusCodes: OK; it is no failure: remove it")
	}
	return nil
}
