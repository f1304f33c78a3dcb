package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/curlew-rpc/curlew/bench/benchpb"
)

// caller returns what calls on one client, again and again until the load is stopping.
func (l *load) caller() func(context.Context, Client) {
	switch l.mode {
	case "unary":
		req := &benchpb.GetUserRequest{Id: UserID}
		return l.unary(UserBytes, func(ctx context.Context, c Client) error {
			_, err := c.GetUser(ctx, req)
			return err
		})
	case "echo":
		req := NewPayload(l.size)
		return l.unary(l.size, func(ctx context.Context, c Client) error {
			_, err := c.Echo(ctx, req)
			return err
		})
	case "list", "download":
		return l.list
	case "import", "upload":
		return l.imports
	case "chat":
		return l.chat
	}
	Fail("unknown mode " + l.mode)
	return nil
}

// unary returns a caller that makes one call after the other, each answered by size bytes.
func (l *load) unary(size int, call func(context.Context, Client) error) func(context.Context, Client) {
	return func(ctx context.Context, c Client) {
		for !l.stopping.Load() {
			start := time.Now()
			l.check(l.limited(ctx, c, call))
			l.meter.RoundTrip(start, size)
		}
	}
}

// limited makes a call with the deadline, if there is one.
func (l *load) limited(ctx context.Context, c Client, call func(context.Context, Client) error) error {
	if l.deadline != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.deadline)
		defer cancel()
	}
	return call(ctx, c)
}

// list reads one endless stream, which is cancelled in the end.
func (l *load) list(ctx context.Context, c Client) {
	err := c.List(ctx, &benchpb.ListRequest{Size: int32(l.size)}, func(msg *benchpb.Payload) {
		l.meter.Message(len(msg.GetData()))
	})
	if !l.stopping.Load() {
		Fail(fmt.Sprintf("%s: the stream ended: %v", l.mode, err))
	}
}

// imports sends one stream, and checks that the server counted as much.
func (l *load) imports(ctx context.Context, c Client) {
	msg := NewPayload(l.size)
	var sent int64
	sum, err := c.Import(ctx, func() *benchpb.Payload {
		if sent > 0 {
			l.meter.Message(l.size)
		}
		if l.stopping.Load() {
			return nil
		}
		sent++
		return msg
	})
	l.check(err)
	if sum.GetCount() != sent || sum.GetBytes() != sent*int64(l.size) {
		Fail(fmt.Sprintf("%s: sent %d messages, the server counted %d of %d bytes", l.mode, sent, sum.GetCount(), sum.GetBytes()))
	}
}

// chat plays ping-pong on one stream.
func (l *load) chat(ctx context.Context, c Client) {
	stream, err := c.Chat(ctx)
	l.check(err)
	ping := NewPayload(l.size)
	for !l.stopping.Load() {
		start := time.Now()
		l.check(stream.Send(ping))
		pong, err := stream.Recv()
		l.check(err)
		l.meter.RoundTrip(start, len(pong.GetData()))
	}
	l.check(stream.CloseSend())
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		Fail(fmt.Sprintf("%s: the stream did not end well: %v", l.mode, err))
	}
}

// check ends the process if a call failed.
func (l *load) check(err error) {
	if err != nil {
		Fail(fmt.Sprintf("%s: %v", l.mode, err))
	}
}
