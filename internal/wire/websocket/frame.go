package websocket

import (
	"encoding/binary"
	"math"
)

// An Opcode says what a frame is (§5.2).
type Opcode byte

// The opcodes that are defined.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xa
)

// Control reports whether the frame is one of the connection's rather than of a message:
// it is never fragmented, has at most 125 bytes, and may come between fragments (§5.5).
func (op Opcode) Control() bool { return op&0x8 != 0 }

func (op Opcode) defined() bool { return op <= Binary || op >= Close && op <= Pong }

// maxControl bounds the payload of control frames.
const maxControl = 125

// MaxHeaderLen is the most bytes that a frame's header has.
const MaxHeaderLen = 14

// A Header precedes the payload of each frame. Length is the peer's claim: check it
// against the limit, and grow the buffer with the bytes that arrive rather than with the
// claim.
type Header struct {
	Final  bool // the last frame of its message
	Opcode Opcode
	Masked bool    // the payload is masked, as all of a client's are and none of a server's
	Key    [4]byte // what it is masked with
	Length uint64  // bytes of the payload
}

// Bits and values of the first two bytes of a header, §5.2.
const (
	bitFinal    = 0x80
	bitsRSV     = 0x70
	bitsOpcode  = 0x0f
	bitMask     = 0x80
	bitsLength  = 0x7f
	lengthIs16  = 126
	lengthIs64  = 127
	lengthIsMin = 1 << 16 // the least that needs 64 bits
)

var (
	errReserved      = &Error{ProtocolError, "frame has a reserved bit set"}
	errOpcode        = &Error{ProtocolError, "frame has a reserved opcode"}
	errFragmented    = &Error{ProtocolError, "control frame is fragmented"}
	errControlLength = &Error{ProtocolError, "control frame has more than 125 bytes"}
	errNotMasked     = &Error{ProtocolError, "frame of a client is not masked"}
	errMasked        = &Error{ProtocolError, "frame of a server is masked"}
	errLength        = &Error{ProtocolError, "frame's length is not in its shortest form"}
	errLengthSign    = &Error{ProtocolError, "frame's length has 64 bits"}
)

// ParseHeader reads the header that b begins with and returns its length n, or 0 if there
// is not enough of it to tell. fromClient says whose frame it is. What is malformed is an
// [*Error], as soon as that is seen.
func ParseHeader(b []byte, fromClient bool) (h Header, n int, err error) {
	if len(b) < 2 {
		return Header{}, 0, nil
	}
	h = Header{
		Final:  b[0]&bitFinal != 0,
		Opcode: Opcode(b[0] & bitsOpcode),
		Masked: b[1]&bitMask != 0,
		Length: uint64(b[1] & bitsLength),
	}
	switch {
	case b[0]&bitsRSV != 0:
		return Header{}, 0, errReserved
	case !h.Opcode.defined():
		return Header{}, 0, errOpcode
	case h.Opcode.Control() && !h.Final:
		return Header{}, 0, errFragmented
	case h.Opcode.Control() && h.Length > maxControl:
		return Header{}, 0, errControlLength
	case fromClient && !h.Masked:
		return Header{}, 0, errNotMasked
	case !fromClient && h.Masked:
		return Header{}, 0, errMasked
	}
	n = 2
	switch h.Length {
	case lengthIs16:
		if len(b) < n+2 {
			return Header{}, 0, nil
		}
		h.Length = uint64(binary.BigEndian.Uint16(b[n:]))
		if h.Length < lengthIs16 {
			return Header{}, 0, errLength
		}
		n += 2
	case lengthIs64:
		if len(b) < n+8 {
			return Header{}, 0, nil
		}
		h.Length = binary.BigEndian.Uint64(b[n:])
		if h.Length < lengthIsMin {
			return Header{}, 0, errLength
		}
		if h.Length > math.MaxInt64 {
			return Header{}, 0, errLengthSign
		}
		n += 8
	}
	if h.Masked {
		if len(b) < n+len(h.Key) {
			return Header{}, 0, nil
		}
		n += copy(h.Key[:], b[n:n+len(h.Key)])
	}
	return h, n, nil
}

// AppendHeader appends a header, whose Length must be less than 2^63.
func AppendHeader(dst []byte, h Header) []byte {
	first, second := byte(h.Opcode), byte(0)
	if h.Final {
		first |= bitFinal
	}
	if h.Masked {
		second = bitMask
	}
	switch {
	case h.Length < lengthIs16:
		dst = append(dst, first, second|byte(h.Length))
	case h.Length < lengthIsMin:
		dst = append(dst, first, second|lengthIs16)
		dst = binary.BigEndian.AppendUint16(dst, uint16(h.Length))
	default:
		dst = append(dst, first, second|lengthIs64)
		dst = binary.BigEndian.AppendUint64(dst, h.Length)
	}
	if h.Masked {
		dst = append(dst, h.Key[:]...)
	}
	return dst
}

// AppendFrame appends a frame: the header, whose Length is that of the payload, and the
// payload, masked if the header says so.
func AppendFrame(dst []byte, h Header, payload []byte) []byte {
	h.Length = uint64(len(payload))
	dst = AppendHeader(dst, h)
	start := len(dst)
	dst = append(dst, payload...)
	if h.Masked {
		Mask(dst[start:], h.Key, 0)
	}
	return dst
}
