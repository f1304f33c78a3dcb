// Package frame parses and appends HTTP/2 frames (RFC 9113 §4 and §6). It does
// no I/O and keeps no state: what one frame says is judged here, what it means
// after another by the connection.
package frame

import (
	"encoding/binary"
	"fmt"
)

const (
	// HeaderLen is the length of a frame's header, RFC 9113 §4.1.
	HeaderLen = 9
	// DefaultMaxSize is the least value of SETTINGS_MAX_FRAME_SIZE and its default.
	DefaultMaxSize = 16384
	// MaxMaxSize is the greatest.
	MaxMaxSize = 1<<24 - 1
	// MaxStreamID is the greatest stream identifier.
	MaxStreamID = 1<<31 - 1
	// MaxWindow is the greatest flow-control window, RFC 9113 §6.9.1.
	MaxWindow = 1<<31 - 1
	// Preface is what a client sends first, RFC 9113 §3.4.
	Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

// A Type is the type of a frame. Types other than those below are ignored.
type Type uint8

// The types of RFC 9113 §6.
const (
	TypeData         Type = 0x0
	TypeHeaders      Type = 0x1
	TypePriority     Type = 0x2
	TypeRSTStream    Type = 0x3
	TypeSettings     Type = 0x4
	TypePushPromise  Type = 0x5
	TypePing         Type = 0x6
	TypeGoAway       Type = 0x7
	TypeWindowUpdate Type = 0x8
	TypeContinuation Type = 0x9
)

var typeNames = [...]string{"DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"}

// String returns the name of RFC 9113.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("frame type %#x", uint8(t))
}

// Flags are the flags of a frame; which mean something depends on its type.
type Flags uint8

// The flags of RFC 9113 §6.
const (
	FlagEndStream  Flags = 0x1
	FlagAck        Flags = 0x1
	FlagEndHeaders Flags = 0x4
	FlagPadded     Flags = 0x8
	FlagPriority   Flags = 0x20
)

// Has reports whether all flags of g are set.
func (f Flags) Has(g Flags) bool { return f&g == g }

// A Header is the header of a frame. Length is that of the payload.
type Header struct {
	Length   uint32
	Type     Type
	Flags    Flags
	StreamID uint32
}

// ParseHeader parses the first HeaderLen octets of b. The reserved bit is ignored.
func ParseHeader(b []byte) Header {
	_ = b[8]
	return Header{
		Length:   uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]),
		Type:     Type(b[3]),
		Flags:    Flags(b[4]),
		StreamID: binary.BigEndian.Uint32(b[5:]) & MaxStreamID,
	}
}

// PutHeader puts h into the first HeaderLen octets of b.
func PutHeader(b []byte, h Header) {
	_ = b[8]
	b[0], b[1], b[2] = byte(h.Length>>16), byte(h.Length>>8), byte(h.Length)
	b[3], b[4] = byte(h.Type), byte(h.Flags)
	binary.BigEndian.PutUint32(b[5:], h.StreamID)
}

// AppendHeader appends h.
func AppendHeader(dst []byte, h Header) []byte {
	return append(dst,
		byte(h.Length>>16), byte(h.Length>>8), byte(h.Length), byte(h.Type), byte(h.Flags),
		byte(h.StreamID>>24), byte(h.StreamID>>16), byte(h.StreamID>>8), byte(h.StreamID))
}

// Check judges what the header alone tells: a length over maxSize, our
// SETTINGS_MAX_FRAME_SIZE; stream 0 where there must be another, or the other way
// round; lengths that are fixed. Frames of unknown types may have any stream and
// any length up to maxSize (RFC 9113 §5.5).
//
// The error is an *Error, of the connection except for a PRIORITY frame of a wrong
// length (RFC 9113 §6.3). Of DATA that is too long RFC 9113 §4.2 would let us make an
// error of the stream, but a peer that ignores our limits is better let go.
func (h Header) Check(maxSize uint32) error {
	if h.Length > maxSize {
		return connError(CodeFrameSize, "frame longer than SETTINGS_MAX_FRAME_SIZE")
	}
	switch h.Type {
	case TypeData, TypeHeaders, TypePriority, TypeRSTStream, TypePushPromise, TypeContinuation:
		if h.StreamID == 0 {
			return connError(CodeProtocol, "frame of a stream on stream 0")
		}
	case TypeSettings, TypePing, TypeGoAway:
		if h.StreamID != 0 {
			return connError(CodeProtocol, "frame of the connection on a stream")
		}
	}
	return h.checkLength()
}

func (h Header) checkLength() error {
	ok := true
	switch h.Type {
	case TypePriority:
		if h.Length != 5 {
			return &Error{CodeFrameSize, h.StreamID, h.Type.String() + " of a wrong length"}
		}
	case TypeRSTStream, TypeWindowUpdate:
		ok = h.Length == 4
	case TypePing:
		ok = h.Length == 8
	case TypeGoAway:
		ok = h.Length >= 8
	case TypeSettings:
		ok = h.Length%settingLen == 0 && (h.Length == 0 || !h.Flags.Has(FlagAck))
	}
	if !ok {
		return connError(CodeFrameSize, h.Type.String()+" of a wrong length")
	}
	return nil
}
