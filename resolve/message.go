package resolve

import (
	"encoding/binary"
	"time"
)

// Types and class of resource records (RFC 1035 §3.2, RFC 3596 §2.1, RFC 2782).
const (
	typeA     = 1
	typeCNAME = 5
	typeAAAA  = 28
	typeSRV   = 33
	classIN   = 1
)

// An answer is what a DNS message says to one question.
type answer struct {
	name  string // of the question, as in the message
	typ   uint16 // of the question
	found bool   // there are records of that type
	ttl   time.Duration
}

// readAnswer reads a response: whether records of the type asked for are there, and
// the least time to live of them and of the aliases that lead to them. ok is false
// of what is no whole answer: a query, an error, a message that is cut short or
// malformed. That a name does not exist is an answer.
func readAnswer(msg []byte) (a answer, ok bool) {
	const (
		header    = 12 // RFC 1035 §4.1.1
		truncated = 0x02
		nameError = 3
	)
	if len(msg) < header || msg[2]&0x80 == 0 || msg[2]&truncated != 0 {
		return answer{}, false
	}
	if rcode := msg[3] & 0x0f; rcode != 0 && rcode != nameError {
		return answer{}, false
	}
	if binary.BigEndian.Uint16(msg[4:]) != 1 {
		return answer{}, false // nobody asks two questions at once (RFC 9619)
	}
	rest, ok := skipName(msg[header:])
	if !ok || len(rest) < 4 {
		return answer{}, false
	}
	a.name = string(msg[header : len(msg)-len(rest)])
	a.typ = binary.BigEndian.Uint16(rest)
	ttl, found, ok := leastTTL(rest[4:], binary.BigEndian.Uint16(msg[6:]), a.typ)
	a.ttl, a.found = ttl, found
	return a, ok
}

// leastTTL goes through records. found is whether one has the type.
func leastTTL(rest []byte, records, typ uint16) (ttl time.Duration, found, ok bool) {
	var least uint32
	seen := false
	for range records {
		if rest, ok = skipName(rest); !ok || len(rest) < 10 {
			return 0, false, false
		}
		has, class := binary.BigEndian.Uint16(rest), binary.BigEndian.Uint16(rest[2:])
		ttl, size := binary.BigEndian.Uint32(rest[4:]), int(binary.BigEndian.Uint16(rest[8:]))
		if len(rest) < 10+size {
			return 0, false, false
		}
		rest = rest[10+size:]
		if class != classIN || has != typ && has != typeCNAME {
			continue
		}
		if ttl > 1<<31-1 {
			ttl = 0 // RFC 2181 §8
		}
		if !seen || ttl < least {
			seen, least = true, ttl
		}
		found = found || has == typ
	}
	return time.Duration(least) * time.Second, found, true
}

// skipName returns what follows a name (RFC 1035 §4.1.4). A pointer ends it.
func skipName(b []byte) ([]byte, bool) {
	for len(b) > 0 {
		switch n := int(b[0]); {
		case n == 0:
			return b[1:], true
		case n&0xc0 == 0xc0:
			if len(b) < 2 {
				return nil, false
			}
			return b[2:], true
		case n&0xc0 != 0 || len(b) < 1+n:
			return nil, false
		default:
			b = b[1+n:]
		}
	}
	return nil, false
}
