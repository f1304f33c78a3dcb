package stack

import (
	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
)

// notYet is what Curlew does not have yet of what scenarios ask for. What is removed
// here is to be wired below.
func notYet(what string) error { return &Missing{what + " yet"} }

// CurlewBalancer returns Curlew's policy for a way to balance.
func CurlewBalancer(b Balance) (balance.Policy, error) {
	if b == LatencyAware {
		return nil, notYet("balance.PeakEWMA")
	}
	return balance.RoundRobin(), nil
}

// curlewClientOptions says in Curlew's options what a scenario asks of a client.
func curlewClientOptions(o ClientOptions) ([]curlew.ClientOption, error) {
	policy, err := CurlewBalancer(o.Balance)
	if err != nil {
		return nil, err
	}
	opts := []curlew.ClientOption{curlew.WithBalancer(policy)}
	if o.Keepalive > 0 {
		opts = append(opts, curlew.WithKeepalive(o.Keepalive, o.KeepaliveAfter))
	}
	if o.MaxConnections > 0 {
		opts = append(opts, curlew.WithMaxConnectionsPerEndpoint(o.MaxConnections))
	}
	if o.Retries != nil || o.Idempotent || o.Hedging != nil {
		return nil, notYet("curlew.WithServiceConfig")
	}
	return opts, nil
}

// curlewServerOptions says in Curlew's options what a scenario asks of a server.
func curlewServerOptions(o ServerOptions) ([]curlew.ServerOption, error) {
	var opts []curlew.ServerOption
	if o.MaxStreams > 0 {
		opts = append(opts, curlew.WithMaxStreams(int(o.MaxStreams)))
	}
	if o.MaxAge > 0 {
		return nil, notYet("curlew.WithMaxConnectionAge")
	}
	if o.AdaptiveLimit {
		return nil, notYet("curlew.WithAdaptiveLimit")
	}
	return opts, nil
}
