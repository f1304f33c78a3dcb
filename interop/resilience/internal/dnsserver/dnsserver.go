// Package dnsserver is a DNS server on loopback whose answers a test changes, and
// which can fall silent.
package dnsserver

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A Server answers for every name with the same addresses. Its methods may be called
// concurrently.
type Server struct {
	conn *net.UDPConn
	done chan struct{}

	mu      sync.Mutex
	addrs   []netip.Addr
	ttl     time.Duration
	silent  bool
	queries int // for addresses
}

// New starts a server whose answers hold for ttl, to the second. Close it.
func New(ttl time.Duration, addrs ...netip.Addr) (*Server, error) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	s := &Server{conn: conn, done: make(chan struct{}), addrs: addrs, ttl: ttl}
	go s.serve()
	return s, nil
}

// Addr returns where it listens.
func (s *Server) Addr() string { return s.conn.LocalAddr().String() }

// Set changes the addresses.
func (s *Server) Set(addrs ...netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addrs = addrs
}

// Silence has the server answer nothing, or answer again.
func (s *Server) Silence(silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = silent
}

// Queries returns how often it was asked for addresses.
func (s *Server) Queries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queries
}

// Close stops the server.
func (s *Server) Close() {
	s.conn.Close()
	<-s.done
}

func (s *Server) serve() {
	defer close(s.done)
	buf := make([]byte, 4096)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if answer := s.answer(buf[:n]); answer != nil {
			s.conn.WriteToUDPAddrPort(answer, from)
		}
	}
}

// answer returns the answer to a query, nil for none.
func (s *Server) answer(query []byte) []byte {
	var p dnsmessage.Parser
	header, err := p.Start(query)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.Type == dnsmessage.TypeA {
		s.queries++
	}
	if s.silent {
		return nil
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: header.ID, Response: true, Authoritative: true, RecursionDesired: header.RecursionDesired, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	if q.Type == dnsmessage.TypeA {
		for _, a := range s.addrs {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: uint32(s.ttl.Seconds())},
				Body:   &dnsmessage.AResource{A: a.As4()},
			})
		}
	}
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}
