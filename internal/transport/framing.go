package transport

import (
	"errors"
	"fmt"
	"io"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/h2"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// An Encoded is a length-prefixed message that is to be sent. Its zero value is none.
type Encoded struct {
	buf *bufpool.Buf
	// more is what follows the bytes of buf, with the message's own bytes among it;
	// nil: nothing.
	more *[][]byte
}

// Len returns the number of bytes.
func (e Encoded) Len() int {
	n := 0
	if e.buf != nil {
		n = len(e.buf.B)
	}
	if e.more != nil {
		for _, p := range *e.more {
			n += len(p)
		}
	}
	return n
}

// AppendTo appends the bytes to dst.
func (e Encoded) AppendTo(dst []byte) []byte {
	if e.buf != nil {
		dst = append(dst, e.buf.B...)
	}
	if e.more != nil {
		for _, p := range *e.more {
			dst = append(dst, p...)
		}
	}
	return dst
}

// Join returns messages as one piece, which shares nothing with them.
func Join(all []Encoded) Encoded {
	n := 0
	for _, e := range all {
		n += e.Len()
	}
	b := bufpool.Get(n)
	for _, e := range all {
		b.B = e.AppendTo(b.B)
	}
	return Encoded{buf: b}
}

// Free gives back what the message takes, the message's own bytes aside.
func (e Encoded) Free() { e.buf.Free() }

// PutBare has the message sent with out without its prefix.
func (e Encoded) PutBare(out *h2.Outgoing) {
	e.Put(out)
	out.Data = out.Data[wire.PrefixLen:]
}

// Put has the message sent with out.
func (e Encoded) Put(out *h2.Outgoing) {
	if e.buf != nil {
		out.Data = e.buf.B
	}
	if e.more != nil {
		out.More = *e.more
	}
}

// Encode returns msg as a length-prefixed message, compressed if comp is not
// nil. max bounds its length before compression. With share, long bytes may be left
// in msg, which is not to be changed then until they are sent.
func Encode(cdc codec.Codec, comp compress.Compressor, msg any, max int, share bool) (Encoded, error) {
	e, n, err := marshal(cdc, msg, max, share && comp == nil)
	if err != nil {
		e.Free()
		if st, ok := err.(*Status); ok {
			return Encoded{}, st
		}
		return Encoded{}, &Status{Code: wire.Internal, Message: "encoding a message: " + err.Error(), Cause: err}
	}
	if n > max {
		e.Free()
		return Encoded{}, tooLarge("to send", n, max)
	}
	b := e.buf
	if comp == nil || n == 0 {
		wire.PutPrefix(b.B, wire.Prefix{Length: uint32(n)})
		return e, nil
	}
	z := bufpool.Get(wire.PrefixLen + n)
	z.B, err = comp.Compress(z.B[:wire.PrefixLen], b.B[wire.PrefixLen:])
	b.Free()
	if err != nil {
		z.Free()
		return Encoded{}, &Status{Code: wire.Internal, Message: "compressing a message: " + err.Error(), Cause: err}
	}
	wire.PutPrefix(z.B, wire.Prefix{Compressed: true, Length: uint32(len(z.B) - wire.PrefixLen)})
	return Encoded{buf: z}, nil
}

// marshal encodes msg behind room for its prefix, and returns how long the encoding
// is. A codec that can size a message does so once, and what is too large is not
// encoded at all.
func marshal(cdc codec.Codec, msg any, max int, share bool) (e Encoded, n int, err error) {
	const guess = 512
	sized, ok := cdc.(codec.SizedAppender)
	if !ok {
		b := bufpool.Get(wire.PrefixLen + guess)
		b.B, err = cdc.Append(b.B[:wire.PrefixLen], msg)
		return Encoded{buf: b}, len(b.B) - wire.PrefixLen, err
	}
	size := sized.Size(msg)
	if size > max {
		return Encoded{}, 0, tooLarge("to send", size, max)
	}
	if share && size >= shareSize {
		if parted, ok := cdc.(codec.PartedAppender); ok {
			if long := parted.Long(msg); long > 0 {
				e, err = marshalParted(parted, msg, size, long)
				return e, size, err
			}
		}
	}
	b := bufpool.Get(wire.PrefixLen + size)
	b.B, err = sized.AppendSized(b.B[:wire.PrefixLen], msg, size)
	return Encoded{buf: b}, len(b.B) - wire.PrefixLen, err
}

// shareSize is how long a message must be for it to be asked for long parts.
const shareSize = 32 << 10

// marshalParted encodes msg without long bytes of it, and lines up the pieces.
func marshalParted(cdc codec.PartedAppender, msg any, size, long int) (Encoded, error) {
	b := bufpool.Get(wire.PrefixLen + size - long)
	out, parts, err := cdc.AppendParted(b.B[:wire.PrefixLen], msg, size)
	if b.B = out; err != nil || len(parts) == 0 {
		return Encoded{buf: b}, err
	}
	more := make([][]byte, 0, 2*len(parts))
	for i, p := range parts {
		more = append(more, p.Bytes)
		end := len(out)
		if i+1 < len(parts) {
			end = parts[i+1].At
		}
		if end > p.At {
			more = append(more, out[p.At:end])
		}
	}
	b.B = out[:parts[0].At]
	return Encoded{b, &more}, nil
}

func tooLarge(what string, n, max int) *Status {
	return NewStatus(wire.ResourceExhausted, fmt.Sprintf("message of %d bytes %s, the limit is %d", n, what, max))
}

// A Receiver reads length-prefixed messages from a stream.
type Receiver struct {
	Codec codec.Codec
	Comp  compress.Compressor // nil: messages may not be compressed
	Max   int                 // bytes of a message, also when decompressed
}

// Next receives one message into msg. The error is io.EOF after the last
// message, h2.ErrDone, or a *Status.
func (r *Receiver) Next(s Content, done <-chan struct{}, msg any) error {
	b, err := s.Peek(wire.PrefixLen, done)
	if err != nil {
		if err == io.EOF && len(b) > 0 {
			return NewStatus(wire.Internal, "the stream ends inside a message prefix")
		}
		return StatusOf(err)
	}
	p, err := wire.ParsePrefix(b)
	if err != nil {
		return StatusOf(err)
	}
	if uint64(p.Length) > uint64(r.Max) {
		return tooLarge("received", int(p.Length), r.Max)
	}
	if p.Compressed && r.Comp == nil {
		return NewStatus(wire.Internal, "a compressed message although the header names no compression")
	}
	n := wire.PrefixLen + int(p.Length)
	if b, err = s.Peek(n, done); err != nil {
		if err == io.EOF {
			return NewStatus(wire.Internal, "the stream ends inside a message")
		}
		return StatusOf(err)
	}
	err = r.Decode(b[wire.PrefixLen:n], p.Compressed, msg)
	s.Discard(n)
	return err
}

// Only receives the one message of a request that has one into msg.
func (r *Receiver) Only(s Content, done <-chan struct{}, msg any) error {
	switch err := r.Next(s, done, msg); err {
	case nil:
		return Ended(s, done, "request")
	case io.EOF:
		return NewStatus(wire.Unimplemented, "the request has no message")
	default:
		return err
	}
}

// Decode decodes the bytes of one message, which are compressed or not.
func (r *Receiver) Decode(b []byte, compressed bool, msg any) error {
	// Some peers set the flag on empty messages, which no compressor has seen.
	if compressed && len(b) > 0 {
		out := bufpool.Get(min(4*len(b), r.Max))
		defer out.Free()
		var err error
		if out.B, err = r.Comp.Decompress(out.B, b, r.Max); err != nil {
			code := wire.Internal
			if errors.Is(err, compress.ErrTooLarge) {
				code = wire.ResourceExhausted
			}
			return &Status{Code: code, Message: "decompressing a message: " + err.Error(), Cause: err}
		}
		b = out.B
	}
	if err := r.Codec.Unmarshal(b, msg); err != nil {
		return &Status{Code: wire.Internal, Message: "decoding a message: " + err.Error(), Cause: err}
	}
	return nil
}

// Ended returns nil if no further message follows, which unary calls ask
// where exactly one may come.
func Ended(s Content, done <-chan struct{}, what string) error {
	switch b, err := s.Peek(1, done); {
	case err == io.EOF && len(b) == 0:
		return nil
	case err == nil || err == io.EOF:
		return NewStatus(wire.Unimplemented, "more than one "+what+" message")
	default:
		return StatusOf(err)
	}
}
