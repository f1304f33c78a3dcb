package grpc

import (
	"encoding/binary"
	"math"
)

// PrefixLen is the number of bytes before each message.
const PrefixLen = 5

// A Prefix precedes each message on a stream (PROTOCOL-HTTP2
// "Length-Prefixed-Message"). Messages are not aligned with DATA frames. Length
// is the peer's claim: check it against the limit, and grow the buffer with the
// bytes that arrive rather than with the claim.
type Prefix struct {
	Compressed bool   // the message is compressed with the stream's grpc-encoding
	Length     uint32 // bytes of the message as sent
}

// ParsePrefix reads the first PrefixLen bytes of b, which must have that many. A
// flag other than the compressed one is an [*Error] with Internal.
func ParsePrefix(b []byte) (Prefix, error) {
	_ = b[PrefixLen-1]
	if b[0] > 1 {
		return Prefix{}, errPrefixFlags
	}
	return Prefix{Compressed: b[0] == 1, Length: binary.BigEndian.Uint32(b[1:])}, nil
}

// MessageLength returns the length of the message that content begins with, its
// prefix included, or 0 if there is not enough of it to tell.
func MessageLength(content []byte) int {
	if len(content) < PrefixLen {
		return 0
	}
	return PrefixLen + int(min(binary.BigEndian.Uint32(content[1:]), math.MaxInt32-PrefixLen))
}

var errPrefixFlags = &Error{Internal, "message prefix has a reserved flag set"}

// PutPrefix writes p into the first PrefixLen bytes of b, which must have that many.
func PutPrefix(b []byte, p Prefix) {
	_ = b[PrefixLen-1]
	b[0] = 0
	if p.Compressed {
		b[0] = 1
	}
	binary.BigEndian.PutUint32(b[1:], p.Length)
}
