package resolve

import (
	"encoding/binary"
	"time"
)

// Types and class of resource records (RFC 1035 §3.2, RFC 3596 §2.1).
const (
	typeA     = 1
	typeCNAME = 5
	typeAAAA  = 28
	classIN   = 1
)

// messageTTL returns the least time to live among the answers of a DNS message
// that lead to addresses, and whether it has an address at all. It believes
// nothing: what is cut short or malformed has none.
func messageTTL(msg []byte) (time.Duration, bool) {
	const header = 12 // RFC 1035 §4.1.1
	if len(msg) < header || msg[2]&0x80 == 0 || msg[3]&0x0f != 0 {
		return 0, false // not a response, or an error
	}
	questions := binary.BigEndian.Uint16(msg[4:])
	answers := binary.BigEndian.Uint16(msg[6:])
	rest, ok := msg[header:], true
	for range questions {
		if rest, ok = skipName(rest); !ok || len(rest) < 4 {
			return 0, false
		}
		rest = rest[4:]
	}
	var least uint32
	seen, addresses := false, false
	for range answers {
		if rest, ok = skipName(rest); !ok || len(rest) < 10 {
			return 0, false
		}
		typ, class := binary.BigEndian.Uint16(rest), binary.BigEndian.Uint16(rest[2:])
		ttl, size := binary.BigEndian.Uint32(rest[4:]), int(binary.BigEndian.Uint16(rest[8:]))
		if len(rest) < 10+size {
			return 0, false
		}
		rest = rest[10+size:]
		if class != classIN || typ != typeA && typ != typeAAAA && typ != typeCNAME {
			continue
		}
		if ttl > 1<<31-1 {
			ttl = 0 // RFC 2181 §8
		}
		if !seen || ttl < least {
			seen, least = true, ttl
		}
		addresses = addresses || typ != typeCNAME
	}
	return time.Duration(least) * time.Second, addresses
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
