package curlew

import (
	"fmt"
	"time"
)

// timeouts bound how long calls may take; 0 is no bound.
type timeouts struct {
	without time.Duration // for clients that give none
	most    time.Duration
}

// of returns the timeout of a call whose client has given it asked, or none.
func (t timeouts) of(asked time.Duration, given bool) (time.Duration, bool) {
	if !given && t.without > 0 {
		asked, given = t.without, true
	}
	if t.most > 0 && (!given || asked > t.most) {
		return t.most, true
	}
	return asked, given
}

// WithDefaultTimeout gives unary calls a deadline whose clients have given them
// none. It counts from the arrival of the request's header; the handler's context
// ends with it. The default is that such calls may take for ever.
func WithDefaultTimeout(d time.Duration) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if d <= 0 {
			return fmt.Errorf("curlew: WithDefaultTimeout(%v): the timeout must be positive", d)
		}
		c.timeouts.without = d
		return nil
	})
}

// WithMaxTimeout bounds the time that clients may give unary calls, or those may
// take that are given none. The default is no bound.
func WithMaxTimeout(d time.Duration) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if d <= 0 {
			return fmt.Errorf("curlew: WithMaxTimeout(%v): the timeout must be positive", d)
		}
		c.timeouts.most = d
		return nil
	})
}

// WithServiceTimeouts says for one service, in place of the server's
// WithDefaultTimeout and WithMaxTimeout, how long calls may take that are given no
// time, and how long any may; 0 is for ever. It holds for calls of all kinds, those
// that are meant to last included. See [ForMethods].
func WithServiceTimeouts(without, most time.Duration) ServiceOption {
	return func(c *serviceConfig) {
		if without < 0 || most < 0 {
			c.errs = append(c.errs, fmt.Errorf("WithServiceTimeouts(%v, %v): a timeout is negative", without, most))
		}
		c.timeouts = &timeouts{without, most}
	}
}
