package connect

import (
	"encoding/binary"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// PrefixLen is the number of bytes before each message of a stream. Prefixes are laid
// out as gRPC's, so [grpc.MessageLength] holds for them.
const PrefixLen = grpc.PrefixLen

// The flags of an envelope.
const (
	flagCompressed = 1 << 0
	flagEnd        = 1 << 1
)

// A Prefix precedes each message of a stream ("Streaming-Request"). Length is the
// peer's claim: check it against the limit, and grow the buffer with the bytes that
// arrive rather than with the claim.
type Prefix struct {
	Compressed bool   // the message is compressed with the stream's connect-content-encoding
	End        bool   // it ends the stream, see [ParseEndStream]: never in a request
	Length     uint32 // bytes of the message as sent
}

var errPrefixFlags = &grpc.Error{Code: grpc.Internal, Message: "envelope has a reserved flag set"}

// ParsePrefix reads the first PrefixLen bytes of b, which must have that many. A flag
// that is not defined is a [*grpc.Error] with Internal.
func ParsePrefix(b []byte) (Prefix, error) {
	_ = b[PrefixLen-1]
	if b[0]&^(flagCompressed|flagEnd) != 0 {
		return Prefix{}, errPrefixFlags
	}
	return Prefix{
		Compressed: b[0]&flagCompressed != 0,
		End:        b[0]&flagEnd != 0,
		Length:     binary.BigEndian.Uint32(b[1:]),
	}, nil
}

// PutPrefix writes p into the first PrefixLen bytes of b, which must have that many.
func PutPrefix(b []byte, p Prefix) {
	_ = b[PrefixLen-1]
	b[0] = 0
	if p.Compressed {
		b[0] |= flagCompressed
	}
	if p.End {
		b[0] |= flagEnd
	}
	binary.BigEndian.PutUint32(b[1:], p.Length)
}
