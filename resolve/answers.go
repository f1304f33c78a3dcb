package resolve

import (
	"sync"
	"time"
)

// answers collects what a DNS server answers to the questions of one look-up, which
// are asked at the same time. It is safe for concurrent use.
type answers struct {
	mu    sync.Mutex
	known bool
	ttl   time.Duration // the shortest that any answer holds
	names map[string]*answered
}

// answered says what is known of a name.
type answered struct {
	a, aaaa bool // the question has an answer
	found   bool // there are addresses
}

// add notes an answer; what is none is ignored.
func (s *answers) add(msg []byte) {
	a, ok := readAnswer(msg)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.found && (!s.known || a.ttl < s.ttl) {
		s.known, s.ttl = true, a.ttl
	}
	if s.names == nil {
		s.names = make(map[string]*answered, 1)
	}
	n := s.names[a.name]
	if n == nil {
		n = new(answered)
		s.names[a.name] = n
	}
	n.a = n.a || a.typ == typeA
	n.aaaa = n.aaaa || a.typ == typeAAAA
	n.found = n.found || a.found
}

// minTTL returns 0 when nothing is known; an answer that must not be kept at all
// counts as a second.
func (s *answers) minTTL() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known {
		return 0
	}
	return max(s.ttl, time.Second)
}

// half reports whether only one of the two families of addresses of a name is known.
// Package net then returns the one as if the other did not exist.
func (s *answers) half() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.names {
		if n.found && n.a != n.aaaa {
			return true
		}
	}
	return false
}
