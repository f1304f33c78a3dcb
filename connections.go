package curlew

import (
	"fmt"
	"time"
)

// defaultPingInterval is gRPC's (gRFC A8).
const defaultPingInterval = 5 * time.Minute

// WithMaxConnectionAge has clients leave a connection that is so old, give or take
// a tenth: calls that are open may finish, new ones go over another connection, to
// another server maybe. So clients come to know servers that are new. What is left
// after the grace is ended with Unavailable; a grace of 0 is for ever. The default is
// that connections live as long as they like.
func WithMaxConnectionAge(age, grace time.Duration) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if age <= 0 || grace < 0 {
			return fmt.Errorf("curlew: WithMaxConnectionAge(%v, %v): the age must be positive, the grace not negative", age, grace)
		}
		c.h2.MaxAge, c.h2.MaxAgeGrace = age, grace
		return nil
	})
}

// WithMaxConnectionIdle closes connections that have had no calls for so long. The
// default is that they stay.
func WithMaxConnectionIdle(d time.Duration) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if d <= 0 {
			return fmt.Errorf("curlew: WithMaxConnectionIdle(%v): the time must be positive", d)
		}
		c.h2.MaxIdle = d
		return nil
	})
}

// WithKeepaliveEnforcement ends connections of clients that send HTTP/2 PING more
// often than the interval, three times, without requests or responses between
// (gRFC A8); on connections without calls more often than once in two hours, unless
// withoutCalls lets them. What clients send to measure the path while they receive,
// or to see whether a server that does not answer is there, is never too often. The
// default is five minutes and false; an interval of 0 lets everybody.
func WithKeepaliveEnforcement(interval time.Duration, withoutCalls bool) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if interval < 0 {
			return fmt.Errorf("curlew: WithKeepaliveEnforcement(%v): the interval is negative", interval)
		}
		c.h2.PingInterval, c.h2.PingIdle = interval, withoutCalls
		return nil
	})
}
