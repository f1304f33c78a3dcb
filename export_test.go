package curlew

// ServerConns returns how many connections a server has.
func ServerConns(s *Server) int { return s.transport.Conns() }
