package grpcweb

import (
	"encoding/binary"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// PrefixLen is the number of bytes before each frame of a body. Prefixes are laid out
// as gRPC's, so [grpc.MessageLength] holds for them.
const PrefixLen = grpc.PrefixLen

// The flags of a prefix.
const (
	flagCompressed = 1 << 0
	flagTrailer    = 1 << 7
)

// A Prefix precedes each frame of a body, which holds a message or, as the last one of
// a response, the trailers. Length is the peer's claim: check it against the limit, and
// grow the buffer with the bytes that arrive rather than with the claim.
type Prefix struct {
	Compressed bool   // the content is compressed with the stream's grpc-encoding
	Trailer    bool   // the content is the trailers, see [ParseTrailer]: never in a request
	Length     uint32 // bytes of the content as sent
}

var errPrefixFlags = &grpc.Error{Code: grpc.Internal, Message: "message prefix has a reserved flag set"}

// ParsePrefix reads the first PrefixLen bytes of b, which must have that many. A flag
// that is not defined is a [*grpc.Error] with Internal.
func ParsePrefix(b []byte) (Prefix, error) {
	_ = b[PrefixLen-1]
	if b[0]&^(flagCompressed|flagTrailer) != 0 {
		return Prefix{}, errPrefixFlags
	}
	return Prefix{
		Compressed: b[0]&flagCompressed != 0,
		Trailer:    b[0]&flagTrailer != 0,
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
	if p.Trailer {
		b[0] |= flagTrailer
	}
	binary.BigEndian.PutUint32(b[1:], p.Length)
}
