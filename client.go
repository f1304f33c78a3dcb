package curlew

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/channel"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/resolve"
)

// A Client calls the services of one target. It finds the target's endpoints,
// keeps connections to them and spreads calls over them. It connects when the
// first call needs it. Its methods may be called concurrently; programs make
// one for each target and keep it.
type Client struct {
	common
	channel   *channel.Channel[transport.Conn]
	config    atomic.Pointer[configInForce]
	replay    replay
	latencies methodCache // of methods that are hedged: path to *retry.Latencies
	handler   Handler     // the interceptors around perform
	settings  *callSettings
	scheme    string
	authority string
	prefix    string // of paths
	userAgent string
	setup     transport.ClientSetup
	allowBare bool // tokens may cross the wire in clear
}

type clientConfig struct {
	common
	resolver    resolve.Resolver
	policy      balance.Policy // nil: as the service config says
	dial        func(ctx context.Context, network, address string) (net.Conn, error)
	proxy       func(address string) (*url.URL, error)
	authority   string
	application string
	connTimeout time.Duration
	idleTimeout time.Duration
	maxConns    int
	service     *ServiceConfig // nil: none was given
	parsers     []balance.Parser
	ownConfig   bool
	setup       transport.ClientSetup

	replayPerCall, replayPerClient int
	allowBare                      bool
	calls                          []CallOption
}

type clientOption func(*clientConfig) error

func (o clientOption) applyClient(c *clientConfig) error { return o(c) }

// WithResolver finds the target's endpoints with r instead of the resolver for
// the target's scheme.
func WithResolver(r resolve.Resolver) ClientOption {
	return clientOption(func(c *clientConfig) error {
		c.resolver = r
		return notNil("WithResolver", r == nil)
	})
}

// WithBalancer spreads calls over endpoints by p, whatever a service config says. The
// default is the service config's choice, or else [balance.PickFirst].
func WithBalancer(p balance.Policy) ClientOption {
	return clientOption(func(c *clientConfig) error {
		c.policy = p
		return notNil("WithBalancer", p == nil)
	})
}

// WithDialer opens sockets with dial, which gets a network ("tcp", "unix") and
// an address of the resolver's. TLS is put on top of what it returns.
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) ClientOption {
	return clientOption(func(c *clientConfig) error {
		c.dial = dial
		return notNil("WithDialer", dial == nil)
	})
}

func notNil(option string, isNil bool) error {
	if isNil {
		return fmt.Errorf("curlew: %s: the argument is nil", option)
	}
	return nil
}

// WithAuthority sets the authority of requests and the name that the server's
// certificate is verified for. The default is the host of the target.
func WithAuthority(name string) ClientOption {
	return clientOption(func(c *clientConfig) error {
		if name == "" || wire.CheckValue("authority", name) != nil {
			return fmt.Errorf("curlew: WithAuthority(%q): no valid authority", name)
		}
		c.authority = wire.TrimValue(name)
		return nil
	})
}

// WithUserAgent puts the application's own name before the library's in the
// user-agent of requests, for instance "shop/1.2".
func WithUserAgent(application string) ClientOption {
	return clientOption(func(c *clientConfig) error {
		if wire.CheckValue("application", application) != nil {
			return fmt.Errorf("curlew: WithUserAgent(%q): no valid header value", application)
		}
		c.application = wire.TrimValue(application)
		return nil
	})
}

// WithConnectTimeout limits each attempt to connect. The default is 20 seconds.
func WithConnectTimeout(d time.Duration) ClientOption {
	return clientOption(func(c *clientConfig) error {
		if d <= 0 {
			return fmt.Errorf("curlew: WithConnectTimeout(%v): the timeout must be positive", d)
		}
		c.connTimeout = d
		return nil
	})
}

// WithIdleTimeout closes the connections when there have been no calls for so
// long; the next call connects again. The default is 30 minutes, negative is never.
func WithIdleTimeout(d time.Duration) ClientOption {
	return clientOption(func(c *clientConfig) error {
		if d == 0 {
			return errors.New("curlew: WithIdleTimeout(0): use a negative duration for never")
		}
		c.idleTimeout = d
		return nil
	})
}

// WithMaxConnectionsPerEndpoint limits the connections to one endpoint. A second one is
// opened when a server allows no more streams on the first; when all are full,
// calls wait in line. The default is what the service config says, or else 1.
func WithMaxConnectionsPerEndpoint(n int) ClientOption {
	return clientOption(func(c *clientConfig) error {
		if n < 1 {
			return fmt.Errorf("curlew: WithMaxConnectionsPerEndpoint(%d): the limit must be at least 1", n)
		}
		c.maxConns = n
		return nil
	})
}

// The defaults of WithSilenceDetection.
const (
	defaultSuspicion = 250 * time.Millisecond
	defaultSilence   = 10 * time.Second
)

// WithSilenceDetection says how soon a server is noticed that has gone without a word,
// because its machine or the network has failed. When a call has had no answer, and
// nothing else was heard on its connection, for after, the client asks the server for a
// sign of life, sparingly enough for servers of any kind. While there is none, new calls
// go to other endpoints, or to a new connection; after giveUp the old one is given up,
// and its calls fail with Unavailable. On Linux giveUp is also the kernel's own limit
// for what the server has not acknowledged (TCP_USER_TIMEOUT). The defaults are 250
// milliseconds and 10 seconds; a negative after switches it all off.
func WithSilenceDetection(after, giveUp time.Duration) ClientOption {
	return clientOption(func(c *clientConfig) error {
		switch {
		case after < 0:
			after, giveUp = 0, 0
		case after < 10*time.Millisecond || giveUp < time.Second:
			return fmt.Errorf("curlew: WithSilenceDetection(%v, %v): the first must be at least 10ms, or negative for never, the second at least 1s", after, giveUp)
		}
		c.h2.Suspicion, c.h2.SilenceTimeout = after, giveUp
		return nil
	})
}

// WithCallOptions are options of every call, before those of the call itself.
func WithCallOptions(opts ...CallOption) ClientOption {
	return clientOption(func(c *clientConfig) error {
		c.calls = append(c.calls, opts...)
		return nil
	})
}

// NewClient returns a client for target: "host:port", "dns:///host:port",
// "unix:path", "static:///a:1,b:2" and the like, see [resolve.ParseTarget]. It
// does no I/O.
func NewClient(target string, opts ...ClientOption) (*Client, error) {
	cfg := clientConfig{common: defaults(), replayPerCall: defaultReplayPerCall, replayPerClient: defaultReplayPerClient}
	cfg.h2.Suspicion, cfg.h2.SilenceTimeout = defaultSuspicion, defaultSilence
	for _, o := range opts {
		if o == nil {
			return nil, errors.New("curlew: NewClient: an option is nil")
		}
		if err := o.applyClient(&cfg); err != nil {
			return nil, err
		}
	}
	to, err := cfg.aim(target)
	if err != nil {
		return nil, err
	}
	c := &Client{
		common:    cfg.common,
		scheme:    to.scheme,
		authority: cfg.authority,
		prefix:    to.prefix,
		userAgent: wire.UserAgent(cfg.application, version()),
		setup:     cfg.setup,
		allowBare: cfg.allowBare,
		replay:    replay{perCall: cfg.replayPerCall, perClient: int64(cfg.replayPerClient)},
	}
	conf := &configs{client: c, given: &cfg}
	if cfg.service == nil {
		c.config.Store(new(ServiceConfig).put(nil))
	} else {
		c.config.Store(cfg.service.put(nil))
	}
	c.handler = chain(cfg.interceptors, func(ctx context.Context, call *Call) error { return call.client.perform(ctx) })
	if c.settings, err = (&callSettings{common: &c.common}).with(cfg.calls); err != nil {
		return nil, err
	}
	c.channel = channel.New(channel.Config[transport.Conn]{
		Target:         to.target,
		Resolver:       cfg.resolver,
		Settings:       conf.settings,
		Health:         c.watchHealth,
		Reports:        c.watchLoad,
		Dial:           to.dial,
		ConnectTimeout: cfg.connTimeout,
		IdleTimeout:    cfg.idleTimeout,
		Logger:         cfg.log,
	})
	return c, nil
}

func hostOf(authority string) string {
	if host, _, err := net.SplitHostPort(authority); err == nil {
		return host
	}
	return authority
}

// version is that of the module in the program, for the user-agent.
var version = sync.OnceValue(func() string {
	const module = "github.com/curlew-rpc/curlew"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == module && m.Version != "" && m.Version != "(devel)" {
				return m.Version
			}
		}
	}
	return "devel"
})

// Ready connects, if the client has not, and returns when a call would find a
// connection, or with an error that says why not when ctx ends.
func (c *Client) Ready(ctx context.Context) error {
	return c.pickError(ctx, c.channel.Ready(ctx))
}

// State returns whether the client is connected.
func (c *Client) State() balance.State { return c.channel.State() }

// WaitState waits until the state is another than from, and returns ctx's error
// if it ends first.
func (c *Client) WaitState(ctx context.Context, from balance.State) error {
	return c.channel.WaitState(ctx, from)
}

// Connect begins to connect without waiting for a call.
func (c *Client) Connect() { c.channel.Connect() }

// Close ends the client: calls under way fail with Unavailable, further ones
// with Canceled. It returns when everything has ended.
func (c *Client) Close() error {
	err := c.channel.Close()
	if t := c.setup.Transport; t != nil {
		err = errors.Join(err, t.Close())
	}
	return err
}

// Caller returns what generated code calls through.
func (c *Client) Caller() Caller { return Caller{c, c.settings} }

// pickError returns the error that users see for one of the channel.
func (c *Client) pickError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var ce *channel.Error
	if !errors.As(err, &ce) {
		return Errorf(Unavailable, "%v", err).Because(err)
	}
	switch ce.Kind {
	case channel.Context:
		return Errorf(contextError(ctx).code, "%v", ce).Because(ce)
	case channel.Closed:
		return Errorf(Canceled, "the client is closed").Because(ce)
	}
	return Errorf(Unavailable, "%v", ce).Because(ce)
}
