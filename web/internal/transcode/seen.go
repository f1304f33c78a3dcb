package transcode

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// maxSeenList is how many fields a list is searched for.
const maxSeenList = 16

// seen knows which fields parameters have set: a field can have two names, and a value
// that is its default.
type seen struct {
	list  [maxSeenList]*param
	n     int
	paths map[string]struct{}
}

// add adds a field, and reports whether it is new.
func (s *seen) add(p *param) bool {
	if s.paths == nil {
		for _, other := range s.list[:s.n] {
			if other == p || len(other.path) == len(p.path) && p.within(other) {
				return false
			}
		}
		if s.n < maxSeenList {
			s.list[s.n] = p
			s.n++
			return true
		}
		s.paths = map[string]struct{}{}
		for _, other := range s.list {
			s.paths[pathKey(other)] = struct{}{}
		}
	}
	key := pathKey(p)
	if _, ok := s.paths[key]; ok {
		return false
	}
	s.paths[key] = struct{}{}
	return true
}

// pathKey returns the numbers of the fields that lead to a field.
func pathKey(p *param) string {
	var space [32]byte
	key := space[:0]
	for _, fd := range p.path {
		key = protowire.AppendVarint(key, uint64(fd.Number()))
	}
	return string(key)
}
