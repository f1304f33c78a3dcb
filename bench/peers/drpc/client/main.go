// Client is the bench's drpc client. A drpc connection carries one call at a time, so that there are as many connections
// as calls in flight, however few -conns allows.
package main

import (
	"context"
	"crypto/tls"
	"net"
	"sync"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/peers/drpc/benchdrpc"
	"storj.io/drpc"
	"storj.io/drpc/drpcconn"
)

func main() { peer.RunClient(connect) }

// A client lends its connections to one call each.
type client struct {
	target peer.Target
	mu     sync.Mutex
	idle   []*drpcconn.Conn
}

func connect(ctx context.Context, target peer.Target) (peer.Client, error) {
	c := &client{target: target}
	conn, err := c.take(ctx)
	if err == nil {
		c.give(conn)
	}
	return c, err
}

func (c *client) take(ctx context.Context) (*drpcconn.Conn, error) {
	c.mu.Lock()
	if last := len(c.idle) - 1; last >= 0 {
		conn := c.idle[last]
		c.idle = c.idle[:last]
		c.mu.Unlock()
		return conn, nil
	}
	c.mu.Unlock()
	dial := new(net.Dialer).DialContext
	if c.target.TLS != nil {
		dial = (&tls.Dialer{Config: c.target.TLS}).DialContext
	}
	conn, err := dial(ctx, "tcp", c.target.Addr)
	if err != nil {
		return nil, err
	}
	return drpcconn.NewWithOptions(conn, drpcconn.Options{Manager: benchdrpc.Limits()}), nil
}

func (c *client) give(conn *drpcconn.Conn) {
	c.mu.Lock()
	c.idle = append(c.idle, conn)
	c.mu.Unlock()
}

func (c *client) invoke(ctx context.Context, method string, req, res drpc.Message) error {
	conn, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer c.give(conn)
	return conn.Invoke(ctx, method, benchdrpc.Encoding{}, req, res)
}

func (c *client) GetUser(ctx context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error) {
	user := new(benchpb.User)
	return user, c.invoke(ctx, benchdrpc.GetUser, req, user)
}

func (c *client) Echo(ctx context.Context, req *benchpb.Payload) (*benchpb.Payload, error) {
	res := new(benchpb.Payload)
	return res, c.invoke(ctx, benchdrpc.Echo, req, res)
}

// stream begins a stream on a connection that is used for nothing else: each caller makes one.
func (c *client) stream(ctx context.Context, method string) (drpc.Stream, error) {
	conn, err := c.take(ctx)
	if err != nil {
		return nil, err
	}
	return conn.NewStream(ctx, method, benchdrpc.Encoding{})
}

func (c *client) List(ctx context.Context, req *benchpb.ListRequest, receive func(*benchpb.Payload)) error {
	stream, err := c.stream(ctx, benchdrpc.List)
	if err != nil {
		return err
	}
	if err := benchdrpc.Send(stream, req); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		msg, err := benchdrpc.Recv[benchpb.Payload](stream)
		if err != nil {
			return err
		}
		receive(msg)
	}
}

func (c *client) Import(ctx context.Context, next func() *benchpb.Payload) (*benchpb.Summary, error) {
	stream, err := c.stream(ctx, benchdrpc.Import)
	if err != nil {
		return nil, err
	}
	for msg := next(); msg != nil; msg = next() {
		if err := benchdrpc.Send(stream, msg); err != nil {
			return nil, err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	return benchdrpc.Recv[benchpb.Summary](stream)
}

type chat struct{ drpc.Stream }

func (c chat) Send(msg *benchpb.Payload) error { return benchdrpc.Send(c.Stream, msg) }

func (c chat) Recv() (*benchpb.Payload, error) { return benchdrpc.Recv[benchpb.Payload](c.Stream) }

func (c *client) Chat(ctx context.Context) (peer.Chat, error) {
	stream, err := c.stream(ctx, benchdrpc.Chat)
	return chat{stream}, err
}
