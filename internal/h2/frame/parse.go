package frame

import "encoding/binary"

// The parsers below take the payload of a frame whose header passed Check. What
// they return aliases it.

// unpad strips the padding of DATA, HEADERS and PUSH_PROMISE, whose fixed part
// is fixed octets long.
func unpad(h Header, payload []byte, fixed int) ([]byte, error) {
	pad := 0
	if h.Flags.Has(FlagPadded) {
		if len(payload) == 0 {
			return nil, connError(CodeFrameSize, h.Type.String()+" without its padding length")
		}
		pad = int(payload[0])
		payload = payload[1:]
	}
	if pad+fixed > len(payload) {
		if pad > 0 {
			return nil, connError(CodeProtocol, "padding longer than the payload")
		}
		return nil, connError(CodeFrameSize, h.Type.String()+" too short")
	}
	return payload[:len(payload)-pad], nil
}

// ParseData returns the data of a DATA frame without its padding.
func ParseData(h Header, payload []byte) (data []byte, err error) { return unpad(h, payload, 0) }

// A Priority is the deprecated priority signal of RFC 7540 §5.3.
type Priority struct {
	DependsOn uint32
	Exclusive bool
	Weight    uint8 // one less than the weight
}

const priorityLen = 5

// ParseHeaders returns the field block fragment of a HEADERS frame, and its
// priority if it has one.
func ParseHeaders(h Header, payload []byte) (fragment []byte, prio Priority, err error) {
	fixed := 0
	if h.Flags.Has(FlagPriority) {
		fixed = priorityLen
	}
	if fragment, err = unpad(h, payload, fixed); err != nil {
		return nil, prio, err
	}
	if fixed > 0 {
		prio = ParsePriority(fragment)
	}
	return fragment[fixed:], prio, nil
}

// ParsePriority parses the payload of a PRIORITY frame.
func ParsePriority(payload []byte) Priority {
	d := binary.BigEndian.Uint32(payload)
	return Priority{DependsOn: d & MaxStreamID, Exclusive: d>>31 != 0, Weight: payload[4]}
}

// ParseRSTStream parses the payload of a RST_STREAM frame.
func ParseRSTStream(payload []byte) ErrCode { return ErrCode(binary.BigEndian.Uint32(payload)) }

// ParseGoAway parses the payload of a GOAWAY frame.
func ParseGoAway(payload []byte) (lastStreamID uint32, code ErrCode, debug []byte) {
	return binary.BigEndian.Uint32(payload) & MaxStreamID, ErrCode(binary.BigEndian.Uint32(payload[4:])), payload[8:]
}

// ParseWindowUpdate parses the payload of a WINDOW_UPDATE frame. An increment
// of zero is an error whose extent depends on the stream (RFC 9113 §6.9).
func ParseWindowUpdate(payload []byte) (increment uint32) {
	return binary.BigEndian.Uint32(payload) & MaxWindow
}
