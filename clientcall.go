package curlew

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A clientCall is one call at the client. A call has attempts: the first is part
// of the call's one allocation, another is made when the server certainly has
// not seen the one before. It is never reused.
type clientCall struct {
	call   Call
	caller Caller
	ctx    context.Context
	done   <-chan struct{}
	head   *transport.Head
	pick   balance.Call

	// What drives the call between its beginning and its end: a unary call's
	// messages, or body.
	req, res any
	body     func(*clientCall) error
	// foreign: body is the caller's own, and may return while it still sends.
	foreign bool
	// watched: somebody ends the call when its context ends, so that who receives waits
	// for one thing instead of two.
	watched bool

	prep    *prepared
	tries   int     // attempts that count for a policy; under sendMu, as what follows
	waits   int     // since the server last said how long
	retried bool    // once without being counted, after the request left
	record  *record // of attempts that failed; nil: none

	// The end of the call, which may come while another attempt is made.
	released atomic.Bool
	stop     atomic.Pointer[context.CancelFunc] // of what is being opened
	verdict  atomic.Uint32                      // class of the failure that the caller has been told, plus 1

	first attempt
	att   atomic.Pointer[attempt] // nil: not begun

	sendMu    sync.Mutex
	begun     bool
	sentEnd   bool
	plain     bool                // messages are sent uncompressed whatever the header says
	committed atomic.Bool         // the server has answered: nothing will be sent again
	sent      []transport.Encoded // messages so far, for another attempt; until committed
	sentSize  int
	whole     bool // sent has all messages
	sentArray [1]transport.Encoded
	closeOnce sync.Once // of a BidiCall

	recvMu sync.Mutex
	headed bool
	over   error // how the call ended, once Recv has said so; io.EOF for OK
}

// run performs the call with its interceptors.
func (c *clientCall) run(ctx context.Context, caller Caller, m *Method) error {
	s := caller.settings
	if s.err != nil {
		return s.err
	}
	if s.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}
	// The service config that the resolver brings is in force for the first call too.
	caller.client.channel.AwaitResolved(ctx)
	c.prep = caller.prepare(m)
	c.head = c.prep.head
	if c.prep.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.prep.timeout)
		defer cancel()
	}
	c.caller = caller
	c.pick = balance.Call{Method: m.Path, WaitForReady: c.prep.waitForReady, Header: &c.call.request}
	c.sent = c.sentArray[:0]
	c.whole = true
	c.call.client = c
	c.call.method = m
	c.call.Stream = c
	c.call.request = s.header
	err := caller.client.handler(ctx, &c.call)
	if !c.released.Load() {
		c.release(errEnded) // an interceptor did not call next
	}
	c.capture()
	return err
}

// perform is the innermost handler.
func (c *clientCall) perform(ctx context.Context) error {
	c.ctx = ctx
	c.done = ctx.Done()
	c.pick.Deadline, _ = ctx.Deadline()
	if c.prep.repeats() {
		c.prep.config.budget.Call()
	}
	err := c.exchange()
	c.release(err)
	return err
}

func (c *clientCall) exchange() error {
	if c.body == nil {
		return c.unary()
	}
	// Before two goroutines send and receive: the first message may have to wait
	// for the server to receive, and the server for somebody to receive what it
	// sends.
	if c.call.method.Kind == KindBidi {
		if err := c.begin(); err != nil {
			return err
		}
	}
	return c.body(c)
}

func (c *clientCall) unary() error {
	s := c.call.Stream
	if err := c.sendRequest(s); err != nil {
		return err
	}
	if err := s.CloseSend(); err != nil {
		return err
	}
	if c.caller.settings.oneWay {
		c.detach()
		return nil
	}
	return s.Recv(c.res)
}

// sendRequest sends the request of a unary call, which the caller leaves as it is until
// the call has ended. Where an interceptor has put its own stream in between, that may
// send others.
func (c *clientCall) sendRequest(s Stream) error {
	if s == Stream(c) {
		return c.send(c.req, true)
	}
	return s.Send(c.req)
}

// classOf returns what an attempt's end says of its endpoint.
func classOf(err error) balance.Class {
	if err == nil {
		return balance.Success
	}
	switch e := new(*Error); CodeOf(err) {
	case Canceled:
		return balance.Canceled
	case ResourceExhausted:
		if errors.As(err, e) && (*e).remote { // not a message too large for us
			return balance.Rejected
		}
	case Unavailable:
		return balance.Unavailable
	case DeadlineExceeded:
		return balance.TimedOut
	case Internal, Unknown, DataLoss:
		return balance.Broken
	}
	return balance.Failure
}

// classOfEnd returns what the call's end with err says of the endpoint of its last
// attempt. What is wrong only at this side, as an error that the caller's own function
// returns, says nothing.
func (c *clientCall) classOfEnd(err error) balance.Class {
	switch told := c.verdict.Load(); {
	case told != 0:
		return balance.Class(told - 1)
	case err == nil:
		return balance.Success
	case c.ctx.Err() == context.DeadlineExceeded:
		return balance.TimedOut
	}
	return balance.Canceled
}

// stoppable returns a context that also ends with the call, which does not wait for what
// is being opened then. There is one at a time.
func (c *clientCall) stoppable() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(c.ctx)
	c.stop.Store(&cancel)
	if c.released.Load() {
		cancel()
	}
	return ctx, cancel
}

// Send implements [Stream].
func (c *clientCall) Send(msg any) error { return c.send(msg, false) }

// send sends a message, which nobody changes before the call's end if it is lasting.
func (c *clientCall) send(msg any, lasting bool) error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	switch {
	case c.released.Load():
		return io.EOF // Recv tells why
	case c.sentEnd:
		return Errorf(Internal, "Send after CloseSend")
	}
	comp := c.head.Compressor
	if c.plain {
		comp = nil
	}
	many := c.call.method.Kind.ManyRequests()
	share := lasting || many && (!c.whole || c.committed.Load()) // it will not be kept
	e, err := transport.Encode(c.head.Codec, comp, msg, c.prep.maxSend, share)
	if err != nil {
		return errorOf(err)
	}
	kept := c.keep(e)
	if !many {
		if !kept || len(c.sent) > 1 {
			return Errorf(Internal, "a second request message in a call that has one")
		}
		return nil // it leaves with the header and the end, in CloseSend
	}
	err = c.transmit(e, false)
	if !kept {
		e.Free()
	}
	return err
}

// setCompression implements Call.SetCompression.
func (c *clientCall) setCompression(name string) error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	announced := c.head.Compressor
	switch {
	case name == wire.Identity:
		c.plain = true
		return nil
	case announced != nil && announced.Name() == name:
	case c.begun || len(c.sent) > 0:
		return Errorf(FailedPrecondition, "the request header has been sent and does not announce %q", name)
	default:
		with := c.caller.With(Compression(name))
		if with.settings.err != nil {
			return with.settings.err
		}
		c.head = with.prepare(c.call.method).head
	}
	c.plain = false
	return nil
}

// CloseSend implements [Stream].
func (c *clientCall) CloseSend() error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	if c.sentEnd || c.released.Load() {
		return nil
	}
	var msg transport.Encoded
	if !c.call.method.Kind.ManyRequests() && len(c.sent) > 0 {
		msg = c.sent[0]
	}
	if err := c.transmit(msg, true); err != nil && err != io.EOF {
		return err
	}
	c.sentEnd = true
	return nil
}

// begin opens the call's first attempt without a message, if nothing has yet.
func (c *clientCall) begin() error {
	if c.att.Load() != nil {
		return nil // and somebody may be sending, waiting for the peer to receive
	}
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	if c.begun || c.released.Load() {
		return nil
	}
	return c.transmit(transport.Encoded{}, false)
}

// transmit sends msg, opening the call with it if it has not been. sendMu is held.
func (c *clientCall) transmit(msg transport.Encoded, end bool) error {
	// A call that was given up must not look complete to the server, as a cut
	// upload would with its end.
	if c.done != nil && c.ctx.Err() != nil {
		return c.attachLocked(contextError(c.ctx))
	}
	if !c.begun {
		if err := c.checkHeader(); err != nil {
			return err
		}
		c.begun, c.tries = true, 1
		if !c.foreign {
			return c.open(c.ctx, msg, end, FirstAttempt)
		}
		ctx, cancel := c.stoppable()
		defer cancel()
		return c.open(ctx, msg, end, FirstAttempt)
	}
	a := c.att.Load()
	if a == nil {
		return io.EOF // the first attempt could not be opened: Recv tells
	}
	err := a.ts.Push(msg, end, c.done)
	switch {
	case err == nil:
		return nil
	case err == h2.ErrDone:
		return c.attachLocked(contextError(c.ctx))
	}
	if st := a.ts.Verdict(); st != nil {
		failure := c.failureOf(a, c.explain(st))
		if wait, kind := c.next(a, failure); kind != noAttempt {
			return c.retry(a, failure, wait, kind, end)
		}
	}
	return err
}

func (c *clientCall) checkHeader() error {
	if err := c.call.request.check(); err != nil {
		return err
	}
	if c.head.Method != nil {
		if err := c.head.Method.Check(c.call.request.fields); err != nil {
			return errorOf(err)
		}
	}
	if c.caller.settings.token != nil {
		fields, err := c.authorize(c.ctx, c.call.request.fields)
		if err != nil {
			return err
		}
		c.call.request.fields = fields
	}
	return nil
}

// explain returns the error that a caller sees for one of an attempt.
func (c *clientCall) explain(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if err == h2.ErrDone || (c.ctx.Err() != nil && errors.Is(err, h2.ErrReset)) {
		return contextError(c.ctx)
	}
	var st *transport.Status
	if errors.As(err, &st) && st.Code == wire.Canceled && !c.pick.Deadline.IsZero() && !time.Now().Before(c.pick.Deadline) {
		// The server's clock was first (PROTOCOL-HTTP2 "Client Cancellation").
		return Errorf(DeadlineExceeded, "the deadline has passed").Because(context.DeadlineExceeded)
	}
	return errorOf(err)
}

var errEnded = Errorf(Canceled, "the call has ended")

// release ends the call with err and frees what it holds. Somebody may be
// receiving still, beside an interceptor that has returned or a Close.
func (c *clientCall) release(err error) {
	c.released.Store(true)
	if stop := c.stop.Load(); stop != nil {
		(*stop)()
	}
	a := c.att.Load()
	if a != nil {
		c.finishAttempt(a, c.classOfEnd(err))
	}
	if err == nil && c.prep.repeats() {
		c.prep.config.throttle.Succeeded()
	}
	c.recvMu.Lock()
	if c.over == nil {
		if c.over = err; err == nil {
			c.over = errEnded
		}
	}
	if a != nil {
		a.ts.Free()
	}
	c.recvMu.Unlock()
	c.sendMu.Lock()
	c.forget()
	latest := c.att.Load()
	c.sendMu.Unlock()
	if latest != a { // opened meanwhile, and ended at once
		c.recvMu.Lock()
		latest.ts.Free()
		c.recvMu.Unlock()
	}
}

// capture gives the response's metadata to those who asked for it.
func (c *clientCall) capture() {
	s := c.caller.settings
	if s.intoHeader != nil {
		*s.intoHeader = c.call.response
	}
	if s.intoTrailer != nil {
		*s.intoTrailer = c.call.trailer
	}
	if s.intoPeer != nil {
		*s.intoPeer = c.peer()
	}
}

func (c *clientCall) peer() Peer {
	a := c.att.Load()
	if a == nil {
		return Peer{}
	}
	p := a.ts.Peer()
	return Peer{Addr: p.Remote, LocalAddr: p.Local, TLS: p.TLS}
}

// oneWayTime is how long a one-way call without a deadline may go on.
const oneWayTime = time.Minute

// detach leaves the attempt to end by itself.
func (c *clientCall) detach() {
	a := c.att.Load()
	if a == nil || !a.ended.CompareAndSwap(false, true) {
		return
	}
	limit := oneWayTime
	if !c.pick.Deadline.IsZero() {
		limit = time.Until(c.pick.Deadline)
	}
	if a.timer != nil {
		a.timer.Stop() // nobody waits for the answer
	}
	a.ts.Abandon(limit)
	a.picked.Done(balance.Outcome{Class: balance.Success})
}
