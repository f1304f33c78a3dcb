package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/bench/benchpb"
)

// A Client is one connection of a stack to the server.
type Client interface {
	GetUser(ctx context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error)
	Echo(ctx context.Context, req *benchpb.Payload) (*benchpb.Payload, error)
	// List calls receive with every message until the call fails or ends.
	List(ctx context.Context, req *benchpb.ListRequest, receive func(*benchpb.Payload)) error
	// Import sends what next returns until that is nil.
	Import(ctx context.Context, next func() *benchpb.Payload) (*benchpb.Summary, error)
	Chat(ctx context.Context) (Chat, error)
}

// A Chat is a bidirectional call.
type Chat interface {
	Send(*benchpb.Payload) error
	Recv() (*benchpb.Payload, error)
	CloseSend() error
}

// UnaryOnly is embedded by clients that do not stream.
type UnaryOnly struct{}

var errUnaryOnly = errors.New("this client makes unary calls only")

// Echo fails.
func (UnaryOnly) Echo(context.Context, *benchpb.Payload) (*benchpb.Payload, error) {
	return nil, errUnaryOnly
}

// List fails.
func (UnaryOnly) List(context.Context, *benchpb.ListRequest, func(*benchpb.Payload)) error {
	return errUnaryOnly
}

// Import fails.
func (UnaryOnly) Import(context.Context, func() *benchpb.Payload) (*benchpb.Summary, error) {
	return nil, errUnaryOnly
}

// Chat fails.
func (UnaryOnly) Chat(context.Context) (Chat, error) {
	return nil, errUnaryOnly
}

// A Target is where a client is to connect to.
type Target struct {
	Addr string
	TLS  *tls.Config // nil in the clear
}

// RunClient is a client program, with the flags that it has declared besides: it makes the calls that the command line
// asks for, each connection by connect, and prints what it measured.
func RunClient(connect func(context.Context, Target) (Client, error)) {
	var l load
	addr := flag.String("addr", "127.0.0.1:50051", "`address` of the server")
	ca := flag.String("ca", "", "`file` of the certificate to trust; without it HTTP/2 in the clear")
	conns := flag.Int("conns", 1, "`number` of connections")
	inflight := flag.Int("inflight", 1, "`number` of calls open at a time, over all connections")
	warmup := flag.Duration("warmup", 500*time.Millisecond, "`time` before the window")
	window := flag.Duration("time", 2*time.Second, "`time` of the window")
	flag.StringVar(&l.mode, "mode", "unary", "what to call: unary, list, import, chat, echo, download or upload")
	flag.IntVar(&l.size, "size", 112, "`bytes` of data in a payload")
	flag.DurationVar(&l.deadline, "deadline", 0, "`time` that a unary call may take; 0: no deadline")
	flag.Parse()

	call := l.caller()
	target := Target{Addr: *addr}
	if *ca != "" {
		target.TLS = trust(*ca)
	}
	clients := make([]Client, *conns)
	for i := range clients {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		var err error
		clients[i], err = connect(ctx, target)
		Check(err)
		cancel()
	}

	ctx, cancel := context.WithCancel(context.Background())
	var callers sync.WaitGroup
	for i := range *inflight {
		callers.Go(func() { call(ctx, clients[i%len(clients)]) })
	}
	time.Sleep(*warmup)
	l.meter.Begin()
	time.Sleep(*window)
	l.meter.End()

	l.stopping.Store(true)
	if l.mode == "list" || l.mode == "download" {
		cancel()
	}
	time.AfterFunc(10*time.Second, func() { Fail(l.mode + ": a call did not end") })
	callers.Wait()
	cancel()
}

// trust returns settings that take only the certificate in file.
func trust(file string) *tls.Config {
	pem, err := os.ReadFile(file)
	Check(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		Fail(file + ": no certificate")
	}
	return &tls.Config{RootCAs: roots}
}

// A load is what the callers do.
type load struct {
	mode     string
	size     int
	deadline time.Duration
	meter    Meter
	stopping atomic.Bool
}
