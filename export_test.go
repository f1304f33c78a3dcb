package curlew

// ServerConns returns how many connections a server has.
func ServerConns(s *Server) int { return s.transport.Conns() }

// ServerCall returns a call of a method as a limiter sees it.
func ServerCall(s *Server, m *Method) *Call {
	c := newServerCall(s, &serverMethod{Method: m, srv: s})
	c.call.server = c
	c.call.method = m
	return &c.call
}
