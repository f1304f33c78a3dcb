package curlew

import (
	"fmt"
	"sync"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/channel"
)

// WithServiceConfig says how the service is to be called where its resolver does not
// say it: the default service config. What is wrong with it NewClient says.
func WithServiceConfig(sc ServiceConfig) ClientOption {
	return clientOption(func(c *clientConfig) error {
		c.service = &sc
		if err := sc.check(); err != nil {
			return fmt.Errorf("curlew: WithServiceConfig: %w", err)
		}
		return nil
	})
}

// WithoutResolverConfig has the client ignore the service configs of its resolver, as
// they come by DNS for instance.
func WithoutResolverConfig() ClientOption {
	return clientOption(func(c *clientConfig) error {
		c.ownConfig = true
		return nil
	})
}

// WithPolicyParsers lets the service configs of the resolver name balancing policies of
// the program's own.
func WithPolicyParsers(parsers ...balance.Parser) ClientOption {
	return clientOption(func(c *clientConfig) error {
		c.parsers = append(c.parsers, parsers...)
		return nil
	})
}

// configs makes the settings of a client's connections, and the config of its calls, of
// what the resolver brings.
type configs struct {
	client *Client
	given  *clientConfig

	mu   sync.Mutex        // a resolver that was left may still be at its last update
	text string            // of last
	last *channel.Settings // nil: there was none
}

// settings implements channel.Config.Settings.
func (r *configs) settings(text string) (*channel.Settings, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.given.ownConfig {
		text = ""
	}
	if r.last != nil && text == r.text {
		return r.last, nil
	}
	sc := r.given.service
	if sc == nil {
		sc = &ServiceConfig{}
	}
	if text != "" {
		parsed, err := ParseServiceConfig(text, r.given.parsers...)
		switch {
		case err == nil:
			sc = parsed
		case r.last != nil || r.given.service == nil:
			return r.last, fmt.Errorf("the resolver's service config: %w", err)
		default: // gRFC A21: the default is better than none
			return r.putLocked(sc), fmt.Errorf("the resolver's service config: %w", err)
		}
	}
	s := r.putLocked(sc)
	r.text, r.last = text, s
	return s, nil
}

// putLocked has calls follow sc, and returns what it says of connections.
func (r *configs) putLocked(sc *ServiceConfig) *channel.Settings {
	r.client.config.Store(sc.put(r.client.config.Load()))
	s := &channel.Settings{Policy: r.given.policy, MaxConnsPerEndpoint: r.given.maxConns}
	if s.Policy == nil {
		s.Policy = sc.Balancer
	}
	if s.Policy == nil {
		s.Policy = balance.PickFirst()
	}
	if s.MaxConnsPerEndpoint == 0 {
		s.MaxConnsPerEndpoint = max(sc.MaxConnectionsPerEndpoint, 1)
	}
	if sc.Health != nil {
		s.WatchHealth, s.HealthService = true, sc.Health.Service
	}
	return s
}
