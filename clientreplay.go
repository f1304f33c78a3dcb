package curlew

import (
	"fmt"
	"sync/atomic"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// A replay bounds what the calls of a client keep for further attempts.
type replay struct {
	perCall   int
	perClient int64
	kept      atomic.Int64 // by streaming calls
}

// The defaults of WithReplayBuffer.
const (
	defaultReplayPerCall   = 256 << 10
	defaultReplayPerClient = 16 << 20
)

// WithReplayBuffer bounds, in bytes, the request messages that streaming calls keep for
// another attempt: of one call, and of all calls of the client together. A call that has
// sent more before the server began to answer is not tried again; 0 keeps none. The one
// message of a call that has one is kept whatever its size. The defaults are 256 KiB and
// 16 MiB.
func WithReplayBuffer(perCall, perClient int) ClientOption {
	return clientOption(func(c *clientConfig) error {
		if perCall < 0 || perClient < perCall {
			return fmt.Errorf("curlew: WithReplayBuffer(%d, %d): the first must not be negative, nor more than the second", perCall, perClient)
		}
		c.replayPerCall, c.replayPerClient = perCall, perClient
		return nil
	})
}

// keep stores a message for another attempt, and reports whether it did. The
// one message of a call that has one is always kept. sendMu is held.
func (c *clientCall) keep(e transport.Encoded) bool {
	size := e.Len()
	if c.committed.Load() || c.whole && c.call.method.Kind.ManyRequests() && !c.mayKeep(size) {
		c.whole = false
		c.forget()
	}
	if !c.whole {
		return false
	}
	c.sent = append(c.sent, e)
	c.sentSize += size
	return true
}

// mayKeep takes room for size more bytes, if there is some.
func (c *clientCall) mayKeep(size int) bool {
	r := &c.caller.client.replay
	if c.sentSize+size > r.perCall {
		return false
	}
	if r.kept.Add(int64(size)) > r.perClient {
		r.kept.Add(-int64(size))
		return false
	}
	return true
}

// forget frees what was kept. sendMu is held.
func (c *clientCall) forget() {
	for _, e := range c.sent {
		e.Free()
	}
	clear(c.sent)
	c.sent = c.sent[:0]
	if c.call.method.Kind.ManyRequests() {
		c.caller.client.replay.kept.Add(-int64(c.sentSize))
	}
	c.sentSize = 0
}
