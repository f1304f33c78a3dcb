package stack

import (
	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
)

// notYet is what Curlew does not have yet of what scenarios ask for. What is removed
// here is to be wired below.
func notYet(what string) error { return &Missing{what + " yet"} }

// curlewClientOptions says in Curlew's options what a scenario asks of a client.
func curlewClientOptions(o ClientOptions) ([]curlew.ClientOption, error) {
	var opts []curlew.ClientOption
	switch o.Balance {
	case LatencyAware:
		return nil, notYet("balance.PeakEWMA")
	default:
		opts = append(opts, curlew.WithBalancer(balance.RoundRobin()))
	}
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
