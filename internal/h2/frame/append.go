package frame

import "encoding/binary"

// The functions below append whole frames. They check nothing: callers see to it
// that payloads are within the peer's SETTINGS_MAX_FRAME_SIZE, that a stream
// identifier is not 0 where there must be one nor above MaxStreamID, and that
// values are within their range.

// AppendData appends a DATA frame.
func AppendData(dst []byte, streamID uint32, endStream bool, data []byte) []byte {
	var flags Flags
	if endStream {
		flags = FlagEndStream
	}
	dst = AppendHeader(dst, Header{uint32(len(data)), TypeData, flags, streamID})
	return append(dst, data...)
}

// AppendHeaders appends a field block as a HEADERS frame and as many
// CONTINUATION frames as it takes with payloads of at most maxFrame octets, which
// is not 0. No other frame may come between them (RFC 9113 §6.10).
func AppendHeaders(dst []byte, streamID uint32, endStream bool, maxFrame uint32, block []byte) []byte {
	var flags Flags
	if endStream {
		flags = FlagEndStream
	}
	for t := TypeHeaders; ; t = TypeContinuation {
		n := min(len(block), int(maxFrame))
		if n == len(block) {
			flags |= FlagEndHeaders
		}
		dst = AppendHeader(dst, Header{uint32(n), t, flags, streamID})
		dst = append(dst, block[:n]...)
		if block = block[n:]; len(block) == 0 {
			return dst
		}
		flags = 0
	}
}

// AppendPriority appends a PRIORITY frame.
func AppendPriority(dst []byte, streamID uint32, p Priority) []byte {
	dst = AppendHeader(dst, Header{priorityLen, TypePriority, 0, streamID})
	d := p.DependsOn & MaxStreamID
	if p.Exclusive {
		d |= 1 << 31
	}
	return append(binary.BigEndian.AppendUint32(dst, d), p.Weight)
}

// AppendRSTStream appends a RST_STREAM frame.
func AppendRSTStream(dst []byte, streamID uint32, code ErrCode) []byte {
	dst = AppendHeader(dst, Header{4, TypeRSTStream, 0, streamID})
	return binary.BigEndian.AppendUint32(dst, uint32(code))
}

// AppendSettings appends a SETTINGS frame.
func AppendSettings(dst []byte, settings ...Setting) []byte {
	dst = AppendHeader(dst, Header{uint32(settingLen * len(settings)), TypeSettings, 0, 0})
	for _, s := range settings {
		dst = binary.BigEndian.AppendUint16(dst, uint16(s.ID))
		dst = binary.BigEndian.AppendUint32(dst, s.Value)
	}
	return dst
}

// AppendSettingsAck appends the acknowledgement of a SETTINGS frame.
func AppendSettingsAck(dst []byte) []byte {
	return AppendHeader(dst, Header{0, TypeSettings, FlagAck, 0})
}

// AppendPing appends a PING frame, or the answer to one.
func AppendPing(dst []byte, ack bool, data [8]byte) []byte {
	var flags Flags
	if ack {
		flags = FlagAck
	}
	dst = AppendHeader(dst, Header{8, TypePing, flags, 0})
	return append(dst, data[:]...)
}

// AppendGoAway appends a GOAWAY frame.
func AppendGoAway(dst []byte, lastStreamID uint32, code ErrCode, debug string) []byte {
	dst = AppendHeader(dst, Header{uint32(8 + len(debug)), TypeGoAway, 0, 0})
	dst = binary.BigEndian.AppendUint32(dst, lastStreamID)
	dst = binary.BigEndian.AppendUint32(dst, uint32(code))
	return append(dst, debug...)
}

// AppendWindowUpdate appends a WINDOW_UPDATE frame; increment is at least 1.
func AppendWindowUpdate(dst []byte, streamID uint32, increment uint32) []byte {
	dst = AppendHeader(dst, Header{4, TypeWindowUpdate, 0, streamID})
	return binary.BigEndian.AppendUint32(dst, increment)
}
