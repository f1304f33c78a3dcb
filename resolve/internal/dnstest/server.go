package dnstest

import (
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"
)

// A Server answers over UDP and TCP on a port of the loopback interface. A name that it
// was not told of does not exist. Its methods may be called concurrently.
type Server struct {
	udp net.PacketConn
	tcp net.Listener

	mu       sync.Mutex
	names    map[string][]Record
	rcodes   map[uint16]byte
	silent   map[uint16]bool
	truncate bool
	asked    map[key]int
}

type key struct {
	name string
	typ  uint16
}

// Any stands for every type.
const Any = 255

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	s := &Server{
		names: make(map[string][]Record), rcodes: make(map[uint16]byte),
		silent: make(map[uint16]bool), asked: make(map[key]int),
	}
	s.udp, s.tcp = listenBoth(t)
	var all sync.WaitGroup
	t.Cleanup(func() {
		s.udp.Close()
		s.tcp.Close()
		all.Wait()
	})
	all.Go(s.serveUDP)
	all.Go(s.serveTCP)
	return s
}

// Addr returns host and port.
func (s *Server) Addr() string { return s.udp.LocalAddr().String() }

// Set has a name have these records, and no others. Without any it exists.
func (s *Server) Set(name string, records ...Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[fqdn(name)] = records
}

// Remove has a name not exist.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.names, fqdn(name))
}

// Fail has questions of a type, or Any, answered with an error; 0 ends that.
func (s *Server) Fail(typ uint16, rcode byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcodes[typ] = rcode
}

// Ignore has questions of a type, or Any, not answered.
func (s *Server) Ignore(typ uint16, ignore bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent[typ] = ignore
}

// Truncate has answers over UDP say that they are not whole.
func (s *Server) Truncate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.truncate = true
}

// Asked returns how often a question came.
func (s *Server) Asked(name string, typ uint16) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[key{fqdn(name), typ}]
}

func fqdn(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) + "." }

// answer returns nil for what is to be ignored.
func (s *Server) answer(query []byte, udp bool) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, typ, _ := question(query)
	s.asked[key{name, typ}]++
	if s.silent[typ] || s.silent[Any] {
		return nil
	}
	for _, t := range []uint16{typ, Any} {
		if s.rcodes[t] != 0 {
			return Response(query, s.rcodes[t], false)
		}
	}
	all, exists := s.names[name]
	if !exists {
		return Response(query, NameError, false)
	}
	var records []Record
	for _, r := range all {
		if r.Type == typ || r.Type == TypeCNAME {
			records = append(records, r)
		}
	}
	return Response(query, 0, udp && s.truncate, records...)
}

func (s *Server) serveUDP() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.udp.ReadFrom(buf)
		if err != nil {
			return
		}
		if msg := s.answer(buf[:n], true); msg != nil {
			_, _ = s.udp.WriteTo(msg, from)
		}
	}
}

func (s *Server) serveTCP() {
	for {
		c, err := s.tcp.Accept()
		if err != nil {
			return
		}
		buf := make([]byte, 1500)
		if n, err := c.Read(buf); err == nil && n > 2 {
			if msg := s.answer(buf[2:n], false); msg != nil {
				_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...))
			}
		}
		c.Close()
	}
}

// listenBoth listens on one port number for packets and for streams.
func listenBoth(t testing.TB) (net.PacketConn, net.Listener) {
	for range 20 {
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if tcp, err := net.Listen("tcp", udp.LocalAddr().String()); err == nil {
			return udp, tcp
		}
		udp.Close() // somebody else has that port for streams
	}
	t.Fatal("no port is free for both")
	return nil, nil
}
