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
	for {
		a := c.att.Load()
		if a == nil {
			c.over = Errorf(Unavailable, "the call has no connection")
			return c.over
		}
		err := c.receive(a, msg)
		if err == nil {
			return nil
		}
		if again, rerr := c.again(a); again {
			if rerr == nil {
				continue
			}
			err = rerr
		}
		c.over = err
		return err
	}
}

// again makes another attempt if a's failure allows it.
func (c *clientCall) again(a *attempt) (bool, error) {
	if !a.ts.Unprocessed() {
		return false, nil
	}
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	if c.att.Load() != a {
		return true, nil // the sender was first
	}
	if !c.mayRetry(a) {
		return false, nil
	}
	return true, c.retry(a, false)
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
	c.committed.Store(true)
	c.call.response = Header{fields}
	if into := c.caller.settings.intoHeader; into != nil {
		*into = c.call.response
	}
	return nil
}

func (c *clientCall) takeTrailer(a *attempt) *transport.Status {
	fields, st := a.ts.Trailer()
	c.call.trailer = Header{fields}
	return st
}
