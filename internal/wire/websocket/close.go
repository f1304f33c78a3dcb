package websocket

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// A CloseCode says why a connection is closed (§7.4).
type CloseCode uint16

// The codes that this package and its callers use. NoStatus and Abnormal never cross
// the wire.
const (
	Normal         CloseCode = 1000
	GoingAway      CloseCode = 1001
	ProtocolError  CloseCode = 1002
	Unsupported    CloseCode = 1003 // data of a kind that cannot be accepted
	NoStatus       CloseCode = 1005 // a close frame had no code
	Abnormal       CloseCode = 1006 // there was no close frame
	InvalidPayload CloseCode = 1007
	PolicyViolated CloseCode = 1008
	TooBig         CloseCode = 1009
	InternalError  CloseCode = 1011
)

// Sendable reports whether a close frame may carry the code: one that is registered
// with IANA for that, or one for libraries (3000 to 3999) or applications (4000 to 4999).
func (c CloseCode) Sendable() bool {
	switch {
	case c >= 1000 && c <= 1003, c >= 1007 && c <= 1014, c >= 3000 && c <= 4999:
		return true
	}
	return false
}

// An Error is a violation by the peer, with the code that the connection is closed
// with. It must not be modified: errors are shared.
type Error struct {
	Code    CloseCode
	Message string
}

// Error returns the message and the code.
func (e *Error) Error() string {
	return "websocket: " + e.Message + " (" + strconv.Itoa(int(e.Code)) + ")"
}

var (
	errCloseLength = &Error{ProtocolError, "close frame with half a code"}
	errCloseCode   = &Error{ProtocolError, "close frame with a code that no frame may carry"}
	errCloseReason = &Error{InvalidPayload, "close frame whose reason is not UTF-8"}
)

// ParseClose reads the payload of a close frame, unmasked (§5.5.1). One that is empty
// has the code NoStatus. What is malformed is an [*Error].
func ParseClose(payload []byte) (c CloseCode, reason string, err error) {
	switch len(payload) {
	case 0:
		return NoStatus, "", nil
	case 1:
		return 0, "", errCloseLength
	}
	c = CloseCode(binary.BigEndian.Uint16(payload))
	if !c.Sendable() {
		return 0, "", errCloseCode
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", errCloseReason
	}
	return c, string(payload[2:]), nil
}

// AppendClose appends the payload of a close frame: none for a code that no frame may
// carry. Bytes of the reason that are not UTF-8 are replaced by U+FFFD each, and it is cut
// to what a control frame holds.
func AppendClose(dst []byte, c CloseCode, reason string) []byte {
	if !c.Sendable() {
		return dst
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(c))
	left := maxControl - 2
	for _, r := range reason { // gives U+FFFD for a byte that is not UTF-8
		if left -= utf8.RuneLen(r); left < 0 {
			break
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
