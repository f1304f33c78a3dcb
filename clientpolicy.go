package curlew

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/retry"
	"github.com/curlew-rpc/curlew/internal/transport"
)

// A configInForce is a service config and what is counted for it.
type configInForce struct {
	ServiceConfig
	byName   map[string]*MethodConfig
	throttle *retry.Throttle // nil: none
	budget   *retry.Budget
}

// The default of ServiceConfig.RetryBudget.
var defaultBudget = RetryBudget{Ratio: 0.1, MinPerSecond: 10, Window: 10 * time.Second}

// The default of ServiceConfig.Idempotent.
var defaultIdempotent = RetryPolicy{
	MaxAttempts:       3,
	InitialBackoff:    50 * time.Millisecond,
	MaxBackoff:        time.Second,
	BackoffMultiplier: 2,
	Codes:             []Code{Unavailable},
}

// put returns c in force after before, whose counts go on where they count the same.
// before may be nil.
func (c ServiceConfig) put(before *configInForce) *configInForce {
	f := &configInForce{ServiceConfig: c, byName: make(map[string]*MethodConfig)}
	for i := range c.Methods {
		for _, n := range c.Methods[i].Names {
			f.byName[n.String()] = &c.Methods[i]
		}
	}
	budget := f.retryBudget()
	switch {
	case before != nil && before.retryBudget() == budget:
		f.budget = before.budget
	default:
		f.budget = retry.NewBudget(budget.Ratio, budget.MinPerSecond, budget.Window, time.Now())
	}
	switch t := c.RetryThrottling; {
	case t == nil:
	case before != nil && before.RetryThrottling != nil && *before.RetryThrottling == *t:
		f.throttle = before.throttle
	default:
		f.throttle = retry.NewThrottle(t.MaxTokens, t.TokenRatio)
	}
	return f
}

func (f *configInForce) retryBudget() RetryBudget {
	if f.RetryBudget == nil {
		return defaultBudget
	}
	return *f.RetryBudget
}

// method returns the settings for a method, and whether its service was named.
func (f *configInForce) method(path string) (mc *MethodConfig, named bool) {
	if len(f.byName) == 0 {
		return nil, false
	}
	name := strings.TrimPrefix(path, "/")
	if mc = f.byName[name]; mc != nil && name != "" {
		return mc, true
	}
	if service, _, ok := strings.Cut(name, "/"); ok {
		if mc = f.byName[service+"/"]; mc != nil {
			return mc, true
		}
	}
	return f.byName[""], false
}

// A prepared is all that is the same for the calls of a method that are made with the
// same settings under the same service config.
type prepared struct {
	config       *configInForce
	head         *transport.Head
	maxSend      int
	timeout      time.Duration // of the service config; 0: none
	waitForReady bool
	retry        *RetryPolicy // nil: only what the server has not seen is sent again
	hedge        *hedgePolicy // nil: none
	codes        uint32       // of retry or hedge: bits by code
}

// A hedgePolicy is a HedgingPolicy and what its delay is worked out from.
type hedgePolicy struct {
	*HedgingPolicy
	latencies *retry.Latencies
}

// delay returns how long to wait for an answer before the next attempt.
func (h *hedgePolicy) delay(now time.Time) time.Duration {
	if h.Percentile > 0 {
		if d, ok := h.latencies.Percentile(h.Percentile, now); ok {
			return d
		}
	}
	return h.Delay
}

// prepare returns what is known of the calls of a method.
func (c Caller) prepare(m *Method) *prepared {
	config := c.client.config.Load()
	if p, ok := c.settings.prepared.entries.Load(m); ok {
		if p := p.(*prepared); p.config == config {
			return p
		}
	}
	p := c.prepareFor(m, config)
	c.settings.prepared.add(m, p)
	return p
}

// A methodCache keeps what has been worked out of methods. Proxies make methods as they
// go, so it is emptied when it is full.
type methodCache struct {
	entries sync.Map
	added   atomic.Int32 // since it was empty
}

const maxCached = 1024

func (m *methodCache) add(key, value any) {
	if m.added.Add(1) > maxCached {
		m.entries.Clear()
		m.added.Store(1)
	}
	m.entries.Store(key, value)
}

// latenciesOf returns how long a method's calls take.
func (c *Client) latenciesOf(path string) *retry.Latencies {
	if l, ok := c.latencies.entries.Load(path); ok {
		return l.(*retry.Latencies)
	}
	l := new(retry.Latencies)
	c.latencies.add(path, l) // another one, made at the same time, knows as little
	return l
}

func (c Caller) prepareFor(m *Method, config *configInForce) *prepared {
	s := c.settings
	p := &prepared{config: config, maxSend: s.maxSend}
	if p.maxSend == 0 {
		p.maxSend = s.common.maxSend
	}
	head := &transport.Head{Codec: s.codec, Compressor: s.compressor, Compressors: s.common.compressors, MaxReceive: s.maxReceive}
	if head.Codec == nil {
		head.Codec = s.common.codecs[0]
	}
	if head.MaxReceive == 0 {
		head.MaxReceive = s.common.maxReceive
	}
	mc, named := config.method(m.Path)
	if mc != nil {
		p.maxSend = least(p.maxSend, mc.MaxSendBytes)
		head.MaxReceive = least(head.MaxReceive, mc.MaxReceiveBytes)
		p.timeout = mc.Timeout
	}
	switch {
	case s.waitForReady != nil:
		p.waitForReady = *s.waitForReady
	case mc != nil && mc.WaitForReady != nil:
		p.waitForReady = *mc.WaitForReady
	}
	p.setAttempts(c.client, m, mc, named)
	head.ManyRequests, head.ManyResponses = m.Kind.ManyRequests(), m.Kind.ManyResponses()
	head.Get = c.client.setup.Get && m.Kind == KindUnary && m.Idempotency == NoSideEffects
	p.head = transport.NewHead(head, c.client.scheme, c.client.authority, c.client.prefix+m.Path, c.client.userAgent)
	c.client.usesProtocol(p.head)
	return p
}

// least returns the lesser of two limits, of which 0 is none.
func least(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// setAttempts chooses between retries and hedges.
func (p *prepared) setAttempts(c *Client, m *Method, mc *MethodConfig, named bool) {
	idempotent := m.Idempotency != IdempotencyUnknown
	switch {
	case mc != nil && mc.Retry != nil:
		p.retry = mc.Retry
	case mc != nil && mc.Hedging != nil && (named || idempotent):
		if m.Kind == KindBidi {
			return
		}
		p.hedge = &hedgePolicy{mc.Hedging, c.latenciesOf(m.Path)}
		p.codes = bitsOf(mc.Hedging.NonFatalCodes)
		return
	case idempotent && p.config.Idempotent != nil:
		p.retry = p.config.Idempotent
	case idempotent:
		p.retry = &defaultIdempotent
	}
	switch {
	case p.retry == nil:
	case p.retry.MaxAttempts < 2:
		p.retry = nil
	default:
		p.codes = bitsOf(p.retry.Codes)
	}
}

func bitsOf(codes []Code) (b uint32) {
	for _, c := range codes {
		if c < 32 {
			b |= 1 << c
		}
	}
	return b
}

// maxAttempts bounds what a policy may ask for (gRFC A6).
const maxAttempts = 5
