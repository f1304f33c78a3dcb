package curlew

import (
	"io"

	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// Recv implements [Stream]. It returns io.EOF only for a call that ended with
// the status OK, and otherwise the call's error.
func (c *clientCall) Recv(msg any) error {
	c.recvMu.Lock()
	defer c.recvMu.Unlock()
	if c.over != nil {
		return c.over
	}
	if err := c.begin(); err != nil && err != io.EOF {
		c.over = err
		return err
	}
	for hedged := false; ; {
		a := c.att.Load()
		if a == nil {
			c.over = Errorf(Unavailable, "the call has no connection")
			return c.over
		}
		if c.prep.hedge != nil && !hedged && !c.headed && c.complete() {
			hedged = true
			c.hedge(c.prep.hedge)
			a = c.att.Load()
		}
		err := c.receive(a, msg)
		switch err {
		case nil:
			return nil
		case io.EOF:
			c.over = err
			return err
		}
		err = c.failureOf(a, err)
		if again, rerr := c.again(a, err); again {
			if rerr == nil {
				c.headed = false
				c.call.response, c.call.trailer = Header{}, Header{}
				continue
			}
			err = rerr
		}
		c.over = c.attach(err)
		return c.over
	}
}

// complete reports whether the whole request has been sent, and could be once more.
func (c *clientCall) complete() bool {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	return c.sentEnd && c.whole && !c.committed.Load()
}

// again makes another attempt if a's failure, err, allows it.
func (c *clientCall) again(a *attempt, err error) (bool, error) {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	if c.att.Load() != a {
		return true, nil // the sender was first
	}
	wait, kind := c.next(a, err)
	if kind == noAttempt {
		return false, nil
	}
	return true, c.retry(a, err, wait, kind, false)
}

// failureOf returns the error of an attempt that has had its time, in place of err.
func (c *clientCall) failureOf(a *attempt, err error) error {
	if a.late.Load() && c.ctx.Err() == nil {
		return Errorf(DeadlineExceeded, "no answer within %v, which the retry policy gives an attempt", c.prep.retry.AttemptTimeout)
	}
	return err
}

// receive receives from one attempt.
func (c *clientCall) receive(a *attempt, msg any) error {
	many := c.call.method.Kind.ManyResponses()
	if !many && !c.headed {
		// The one sleep of a unary call: until everything is there.
		if err := a.ts.Complete(c.done); err != nil {
			return c.explain(err)
		}
	}
	if !c.headed {
		if err := c.takeHeader(a); err != nil {
			return err
		}
	}
	done := c.done
	if c.watched {
		done = nil
	}
	err := a.ts.Receive(msg, done)
	switch {
	case err == io.EOF:
		return c.ending(a, many)
	case err != nil:
		return c.failed(a, err)
	case many:
		return nil
	}
	if err := a.ts.NoMore(c.done); err != nil {
		return c.failed(a, err)
	}
	if st := c.takeTrailer(a); st != nil {
		return c.explain(st)
	}
	c.over = io.EOF
	return nil
}

// failed returns the error of an attempt whose content cannot be read. A status
// that the server has sent all the same says more than what is missing.
func (c *clientCall) failed(a *attempt, err error) error {
	if err != h2.ErrDone && a.ts.Ended() {
		if st := c.takeTrailer(a); st != nil && st.Remote {
			return c.explain(st)
		}
	}
	return c.explain(err)
}

// ending returns how a response without further messages ended.
func (c *clientCall) ending(a *attempt, many bool) error {
	st := c.takeTrailer(a)
	switch {
	case st != nil:
		return c.explain(st)
	case !many:
		return errorOf(transport.NewStatus(wire.Unimplemented, "the response has no message"))
	}
	return io.EOF
}

// takeHeader receives the response header; from then on the server has answered.
func (c *clientCall) takeHeader(a *attempt) error {
	fields, err := a.ts.Header(c.done)
	if err != nil {
		return c.explain(err)
	}
	c.headed = true
	if a.ts.Answered() {
		c.committed.Store(true)
		if a.timer != nil {
			a.timer.Stop()
		}
	}
	c.call.response = Header{fields}
	if into := c.caller.settings.intoHeader; into != nil {
		*into = c.call.response
	}
	return nil
}

func (c *clientCall) takeTrailer(a *attempt) *transport.Status {
	fields, st := a.ts.Trailer()
	if a.picked.ReportsWanted() {
		if r, ok := a.ts.LoadReport(); ok {
			a.picked.Report(reportOf(r))
		}
	}
	c.call.trailer = Header{fields}
	return st
}
