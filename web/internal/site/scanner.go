package site

// A scanner finds the first JSON value of bytes that grow, looking at each once. That
// the value is well formed is for others to see.
type scanner struct {
	from    int // where the value begins
	off     int // what has been looked at
	begun   bool
	text    bool // within a string
	escaped bool // behind a backslash
	depth   int  // of arrays and objects
}

// feed looks at what is new in b, which begins as it did before; final says that nothing
// follows. It returns where the value begins and ends, and whether all of it is there.
// While none has begun, from is the number of bytes.
func (s *scanner) feed(b []byte, final bool) (from, to int, whole bool) {
	for ; s.off < len(b); s.off++ {
		c := b[s.off]
		switch {
		case s.escaped:
			s.escaped = false
		case s.text:
			switch c {
			case '\\':
				s.escaped = true
			case '"':
				s.text = false
				if s.depth == 0 {
					s.off++
					return s.from, s.off, true
				}
			}
		case !s.begun:
			if space(c) {
				continue
			}
			s.begun, s.from = true, s.off
			s.open(c)
		case s.depth == 0: // a number or a word
			if space(c) {
				return s.from, s.off, true
			}
		default:
			s.open(c)
			if c == '}' || c == ']' {
				if s.depth--; s.depth == 0 {
					s.off++
					return s.from, s.off, true
				}
			}
		}
	}
	if !s.begun {
		return len(b), len(b), false
	}
	bare := s.depth == 0 && !s.text
	return s.from, len(b), final && bare
}

func (s *scanner) open(c byte) {
	switch c {
	case '{', '[':
		s.depth++
	case '"':
		s.text = true
	}
}

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ',' }
