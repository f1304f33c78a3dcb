// Client is how fast a unary call can be made in Go at all: its callers send the same bytes, those of all callers that
// are ready by one write, and wait for the end of their stream. It knows neither deadlines nor limits of streams.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/peers/floor/wire"
	"google.golang.org/protobuf/proto"
)

func main() { peer.RunClient(connect) }

type client struct {
	peer.UnaryOnly
	conn    net.Conn
	request []byte // gRPC's prefix and message

	writing sync.Mutex // held while writing; taken before mu
	mu      sync.Mutex
	first   []byte // the header block of the first call, and of all others
	others  []byte
	stream  uint32
	calls   map[uint32]*call
	out     []byte
	spare   []byte
	leaving bool // a caller is about to write out
}

// A call waits until its stream has ended.
type call struct {
	received int
	done     chan struct{}
}

var calls = sync.Pool{New: func() any { return &call{done: make(chan struct{}, 1)} }}

func connect(ctx context.Context, target peer.Target) (peer.Client, error) {
	conn, scheme, err := dial(ctx, target)
	if err != nil {
		return nil, err
	}
	msg, err := proto.Marshal(&benchpb.GetUserRequest{Id: peer.UserID})
	if err != nil {
		return nil, err
	}
	const post = 0x83 // RFC 7541 appendix A
	first := []byte{post, scheme}
	first = wire.AppendKept(first, 0x44, ":path", "/"+peer.Service+"/GetUser")
	first = wire.AppendKept(first, 0x41, ":authority", target.Addr)
	first = wire.AppendKept(first, 0x5f, "content-type", "application/grpc")
	first = wire.AppendKept(first, 0x40, "te", "trailers")
	c := &client{
		conn:    conn,
		request: wire.Message(msg),
		first:   first,
		// The newest of the kept fields has the index 62.
		others: []byte{post, scheme, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62},
		stream: 1,
		calls:  map[uint32]*call{},
	}
	hello := wire.Append([]byte(wire.Preface), wire.Settings, 0, 0)
	if _, err := conn.Write(append(hello, wire.WideWindow()...)); err != nil {
		return nil, err
	}
	go func() { peer.Check(c.receive()) }()
	return c, nil
}

// dial connects, and returns the field of the header table that is the scheme.
func dial(ctx context.Context, target peer.Target) (net.Conn, byte, error) {
	if target.TLS == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", target.Addr)
		return conn, 0x86, err
	}
	settings := target.TLS.Clone()
	settings.NextProtos = []string{"h2"}
	conn, err := (&tls.Dialer{Config: settings}).DialContext(ctx, "tcp", target.Addr)
	return conn, 0x87, err
}

func (c *client) GetUser(context.Context, *benchpb.GetUserRequest) (*benchpb.User, error) {
	call := calls.Get().(*call)
	call.received = 0
	c.mu.Lock()
	block := c.others
	if c.stream == 1 {
		block = c.first
	}
	c.calls[c.stream] = call
	c.out = wire.Append(c.out, wire.Headers, wire.EndHeaders, c.stream, block...)
	c.out = wire.Append(c.out, wire.Data, wire.EndStream, c.stream, c.request...)
	c.stream += 2
	write := !c.leaving
	c.leaving = true
	c.mu.Unlock()
	if write {
		runtime.Gosched() // callers that are ready go along
		if err := c.flush(nil); err != nil {
			return nil, err
		}
	}
	<-call.done
	if want := len(wire.Message(nil)) + peer.UserBytes; call.received != want {
		return nil, fmt.Errorf("the answer has %d bytes, want %d", call.received, want)
	}
	calls.Put(call)
	return nil, nil
}

// flush writes what is to be written, and more after that.
func (c *client) flush(more []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	out := append(c.out, more...)
	c.out, c.leaving = c.spare[:0], false
	c.mu.Unlock()
	_, err := c.conn.Write(out)
	c.spare = out
	return err
}

// receive ends calls as their streams end.
func (c *client) receive() error {
	r := wire.NewReader(c.conn)
	var upkeep []byte
	for {
		if err := r.Read(); err != nil {
			return err
		}
		c.mu.Lock()
		for f, ok := r.Next(); ok; f, ok = r.Next() {
			upkeep = r.Upkeep(upkeep, f)
			if f.Type == wire.Reset || f.Type == wire.GoAway {
				return errors.New("the server gave up")
			}
			if f.Type != wire.Data && f.Type != wire.Headers {
				continue
			}
			call := c.calls[f.Stream]
			if call == nil {
				return fmt.Errorf("stream %d is not open", f.Stream)
			}
			if f.Type == wire.Data {
				call.received += len(f.Payload)
			}
			if f.Flags&wire.EndStream != 0 {
				delete(c.calls, f.Stream)
				call.done <- struct{}{}
			}
		}
		c.mu.Unlock()
		if len(upkeep) > 0 {
			if err := c.flush(upkeep); err != nil {
				return err
			}
			upkeep = upkeep[:0]
		}
	}
}
