package curlew

import "time"

// ServerConns returns how many connections a server has.
func ServerConns(s *Server) int { return s.transport.Conns() }

// ServerCall returns a call of a method as a limiter sees it.
func ServerCall(s *Server, m *Method) *Call {
	c := newGRPCCall(s, &serverMethod{Method: m, srv: s}, time.Time{})
	c.call.server = &c.serverCall
	c.call.method = m
	return &c.call
}

// HedgeDelay returns how long a hedged call of a method would wait now before its second
// attempt.
func HedgeDelay(c *Client, m *Method) time.Duration {
	return c.Caller().prepare(m).hedge.delay(time.Now())
}

// Prepared prepares a method, and returns how many the client keeps prepared.
func Prepared(c *Client, m *Method) (n int) {
	c.Caller().prepare(m)
	c.settings.prepared.entries.Range(func(any, any) bool {
		n++
		return true
	})
	return n
}

// Replayable returns how many bytes a client's streaming calls keep for other attempts.
func Replayable(c *Client) int64 { return c.replay.kept.Load() }
