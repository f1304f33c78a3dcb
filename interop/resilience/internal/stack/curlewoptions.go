package stack

import (
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
)

// CurlewBalancer returns Curlew's policy for a way to balance.
func CurlewBalancer(b Balance) balance.Policy {
	if b == LatencyAware {
		return balance.PeakEWMA(balance.PeakEWMAConfig{})
	}
	return balance.RoundRobin()
}

// curlewClientOptions says in Curlew's options what a scenario asks of a client.
func curlewClientOptions(o ClientOptions) []curlew.ClientOption {
	opts := []curlew.ClientOption{curlew.WithBalancer(CurlewBalancer(o.Balance))}
	if o.Keepalive > 0 {
		opts = append(opts, curlew.WithKeepalive(o.Keepalive, o.KeepaliveAfter))
	}
	if o.MaxConnections > 0 {
		opts = append(opts, curlew.WithMaxConnectionsPerEndpoint(o.MaxConnections))
	}
	// Idempotent methods are retried without being told.
	if o.Retries != nil || o.Hedging != nil {
		opts = append(opts, curlew.WithServiceConfig(curlewServiceConfig(o)))
	}
	return opts
}

// curlewServiceConfig says how methods are retried and hedged.
func curlewServiceConfig(o ClientOptions) (sc curlew.ServiceConfig) {
	mc := curlew.MethodConfig{Names: []curlew.MethodName{{}}}
	if h := o.Hedging; h != nil {
		mc.Hedging = &curlew.HedgingPolicy{MaxAttempts: h.Attempts, Delay: h.Delay, Percentile: h.Percentile, NonFatalCodes: []curlew.Code{curlew.Unavailable}}
	}
	if r := o.Retries; r != nil {
		mc.Retry = &curlew.RetryPolicy{
			MaxAttempts: r.Attempts, InitialBackoff: r.Backoff, MaxBackoff: time.Second, BackoffMultiplier: 2,
			Codes: []curlew.Code{curlew.Unavailable},
		}
		if r.MaxTokens > 0 {
			sc.RetryThrottling = &curlew.RetryThrottling{MaxTokens: r.MaxTokens, TokenRatio: r.TokenRatio}
		}
	}
	sc.Methods = []curlew.MethodConfig{mc}
	return sc
}

// curlewServerOptions says in Curlew's options what a scenario asks of a server.
func curlewServerOptions(o ServerOptions) []curlew.ServerOption {
	var opts []curlew.ServerOption
	if o.MaxStreams > 0 {
		opts = append(opts, curlew.WithMaxStreams(int(o.MaxStreams)))
	}
	if o.MaxAge > 0 {
		opts = append(opts, curlew.WithMaxConnectionAge(o.MaxAge, o.MaxAgeGrace))
	}
	if o.AdaptiveLimit {
		opts = append(opts, curlew.WithLimits(curlew.AdaptiveLimit(curlew.AdaptiveConfig{})))
	}
	if o.FrequentPings {
		opts = append(opts, curlew.WithKeepaliveEnforcement(0, true))
	}
	return opts
}
