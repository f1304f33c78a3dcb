// Package stack lets different implementations of gRPC do the same: serve the
// WorkService and call it, behind one small interface.
package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/curlew-rpc/curlew"
)

// A Stack is an implementation of gRPC.
type Stack interface {
	Name() string

	// NewServer returns a server whose work h does.
	NewServer(h Handler, o ServerOptions) (Server, error)

	// NewClient returns a client of a target. It may connect at the first call only.
	NewClient(t Target, o ClientOptions) (Client, error)
}

// All returns the stacks, ours first.
func All() []Stack { return []Stack{curlewStack{}, grpcGo{}, connectGo{}} }

// ByName returns the stack of a name.
func ByName(name string) (Stack, error) {
	for _, s := range All() {
		if s.Name() == name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("there is no stack %q", name)
}

// A Handler does the work of a request. The code is OK, or that of the failure to
// answer with.
type Handler interface {
	Handle(ctx context.Context, id uint64) (server uint32, code curlew.Code)
}

// A Server serves the WorkService. Its methods are called as net/http's are.
type Server interface {
	Serve(net.Listener) error
	// Shutdown takes no more calls, waits for those under way until ctx ends, and
	// then cuts them.
	Shutdown(ctx context.Context)
}

// A Client calls the WorkService. Its methods may be called concurrently.
type Client interface {
	// Call calls Do, or Look, which is idempotent.
	Call(ctx context.Context, id uint64, idempotent bool) (server uint32, code curlew.Code, err error)
	// Converse begins a call of Converse.
	Converse(ctx context.Context) (Conversation, error)
	// Code returns the code of an error of the stack's; nil is OK.
	Code(err error) curlew.Code
	Close()
}

// A Conversation is a call of Converse. One goroutine sends and receives.
type Conversation interface {
	Send(id uint64) error
	Recv() (id uint64, err error) // io.EOF when the call has ended well
	CloseSend() error
}

// A Target says where servers are: at the addresses, or where a DNS server says.
type Target struct {
	Addrs []string

	DNS  string // "host:port" of the DNS server; empty: Addrs
	Name string // "name:port" to look up
}

// A Balance is how calls are spread.
type Balance int

const (
	RoundRobin   Balance = iota // over all servers
	LatencyAware                // to the servers that answer soon, as well as the stack can
)

// Retries says that calls of all methods are tried again when they fail with
// UNAVAILABLE.
type Retries struct {
	Attempts   int
	Backoff    time.Duration // before the second attempt; doubles
	MaxTokens  float64       // of the throttle (gRFC A6); 0: the stack's default
	TokenRatio float64
}

// Hedging says that calls are sent once more when there is no answer.
type Hedging struct {
	Attempts   int
	Percentile float64       // of the calls lately that are answered without
	Delay      time.Duration // until that is known
}

// ClientOptions are what a scenario asks of a client.
type ClientOptions struct {
	Balance        Balance
	Retries        *Retries // nil: none but what every client does by itself
	Idempotent     bool     // calls of the idempotent method are retried
	Hedging        *Hedging
	Keepalive      time.Duration // 0: the default
	KeepaliveAfter time.Duration // how long an answer may take
	MaxConnections int           // to one server; 0: the default
	Reconnect      bool          // connections are made again without a call
}

// ServerOptions are what a scenario asks of a server.
type ServerOptions struct {
	MaxStreams    uint32        // of a connection; 0: the default
	MaxAge        time.Duration // of a connection; 0: none
	MaxAgeGrace   time.Duration
	AdaptiveLimit bool // refuses what is too much
	FrequentPings bool // lets clients send pings every second
}

// Missing is the error of a stack that does not have what is asked of it.
type Missing struct{ What string }

func (m *Missing) Error() string { return "there is no " + m.What }

// IsMissing reports whether err says that a stack does not have something.
func IsMissing(err error) bool {
	var m *Missing
	return errors.As(err, &m)
}

const service = "/curlew.interop.v1.WorkService/"
