package curlew

import "github.com/curlew-rpc/curlew/internal/transport"

// Extend has f change a server when it is made. It is how packages of this module,
// such as web, bring further protocols to a server: what they need of it is what
// [Server.Host] returns.
func Extend(f func(*Server) error) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if f != nil {
			c.extend = append(c.extend, f)
		}
		return notNil("Extend", f == nil)
	})
}

// Host returns the server as packages of this module see it that bring protocols.
func (s *Server) Host() *transport.Host { return s.host }

func (s *Server) newHost(tc *transport.ServerConfig) *transport.Host {
	h := transport.NewHost(tc)
	h.Lookup = s.lookup
	h.Page = s.page
	h.Err = s.broken
	h.OnRegister = func(f func() error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.registered = append(s.registered, f)
	}
	h.Codecs, h.Compressors = s.codecs, s.compressors
	return h
}
