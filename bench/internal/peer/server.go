package peer

import (
	"crypto/tls"
	"flag"
	"net"
)

// A Server is what the command line of a server program says.
type Server struct {
	Addr, Cert, Key string
}

// ParseServer parses the command line, with the flags that the program has declared besides.
func ParseServer() Server {
	var s Server
	flag.StringVar(&s.Addr, "addr", "127.0.0.1:50051", "`address` to listen on")
	flag.StringVar(&s.Cert, "cert", "", "`file` of the certificate; without it HTTP/2 in the clear")
	flag.StringVar(&s.Key, "key", "", "`file` of the certificate's key")
	flag.Parse()
	return s
}

// Listen listens on the address.
func (s Server) Listen() net.Listener {
	l, err := net.Listen("tcp", s.Addr)
	Check(err)
	return l
}

// TLS returns the settings for HTTP/2 over TLS 1.3, or nil if the server is to serve in the clear.
func (s Server) TLS() *tls.Config {
	if s.Cert == "" {
		return nil
	}
	cert, err := tls.LoadX509KeyPair(s.Cert, s.Key)
	Check(err)
	return &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS13,
		NextProtos:   []string{"h2"},
	}
}
