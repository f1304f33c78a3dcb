// Package wire is as little of HTTP/2 as answers and makes one unary call: frames are told apart by their headers, and
// header blocks are written but never read.
package wire

import (
	"encoding/binary"
	"errors"
	"io"
)

// Preface is what a client sends first.
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// The frames that matter, RFC 9113 §6.
const (
	Data         = 0x0
	Headers      = 0x1
	Reset        = 0x3
	Settings     = 0x4
	Ping         = 0x6
	GoAway       = 0x7
	WindowUpdate = 0x8
)

// The flags that matter.
const (
	Ack        = 0x1
	EndStream  = 0x1
	EndHeaders = 0x4
)

const headerSize = 9

// A Frame is valid until the next is read.
type Frame struct {
	Type, Flags byte
	Stream      uint32
	Payload     []byte
}

// Append appends a frame to out.
func Append(out []byte, kind, flags byte, stream uint32, payload ...byte) []byte {
	n := len(payload)
	out = append(out, byte(n>>16), byte(n>>8), byte(n), kind, flags)
	out = binary.BigEndian.AppendUint32(out, stream)
	return append(out, payload...)
}

// AppendField appends to a header block a field that is kept in no table (RFC 7541 §6.2.2). Both strings are short.
func AppendField(block []byte, name, value string) []byte {
	return appendString(appendString(append(block, 0), name), value)
}

// AppendKept appends to a header block a field that the other side is to keep in its table (RFC 7541 §6.2.1); prefix is
// 0x40 and the name's place in the static table, or 0x40 alone and the name follows. Strings are short.
func AppendKept(block []byte, prefix byte, name, value string) []byte {
	block = append(block, prefix)
	if prefix == 0x40 {
		block = appendString(block, name)
	}
	return appendString(block, value)
}

func appendString(block []byte, s string) []byte {
	return append(append(block, byte(len(s))), s...)
}

// Message returns a message with gRPC's prefix.
func Message(msg []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(msg))), msg...)
}

// WideWindow is a WINDOW_UPDATE of the connection that lets the other side send for a long time.
func WideWindow() []byte {
	return Append(nil, WindowUpdate, 0, 0, 0x3f, 0xff, 0xff, 0xff)
}

// renewAfter is how much data may have come before the window is made wide again.
const renewAfter = 0x30000000

// A Reader reads frames. What it has to say itself, in answer to SETTINGS and PING and to keep the window wide, it
// appends to what is to be written.
type Reader struct {
	conn     io.Reader
	buf      [64 << 10]byte
	from, to int
	received int // bytes of DATA since the window was made wide
}

// NewReader returns a Reader of conn.
func NewReader(conn io.Reader) *Reader {
	return &Reader{conn: conn}
}

// Read waits for bytes.
func (r *Reader) Read() error {
	r.to = copy(r.buf[:], r.buf[r.from:r.to])
	r.from = 0
	if r.to == len(r.buf) {
		return errors.New("a frame is larger than was allowed")
	}
	n, err := r.conn.Read(r.buf[r.to:])
	r.to += n
	if n > 0 {
		return nil
	}
	return err
}

// Skip drops the n bytes of a preface, which it waits for.
func (r *Reader) Skip(n int) error {
	for r.to-r.from < n {
		if err := r.Read(); err != nil {
			return err
		}
	}
	r.from += n
	return nil
}

// Next returns the next frame of those that have been read as a whole, if there is one.
func (r *Reader) Next() (Frame, bool) {
	b := r.buf[r.from:r.to]
	if len(b) < headerSize {
		return Frame{}, false
	}
	end := headerSize + int(b[0])<<16 + int(b[1])<<8 + int(b[2])
	if len(b) < end {
		return Frame{}, false
	}
	r.from += end
	return Frame{Type: b[3], Flags: b[4], Stream: binary.BigEndian.Uint32(b[5:]), Payload: b[headerSize:end]}, true
}

// Upkeep appends to out what f asks of the connection: nothing, for most frames.
func (r *Reader) Upkeep(out []byte, f Frame) []byte {
	switch {
	case f.Type == Data:
		if r.received += len(f.Payload); r.received > renewAfter {
			n := uint32(r.received)
			r.received = 0
			return Append(out, WindowUpdate, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		}
	case f.Type == Settings && f.Flags&Ack == 0:
		return Append(out, Settings, Ack, 0)
	case f.Type == Ping && f.Flags&Ack == 0:
		return Append(out, Ping, Ack, 0, f.Payload...)
	}
	return out
}
