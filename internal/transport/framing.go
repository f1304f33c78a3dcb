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

// Encode returns msg as a length-prefixed message, compressed if comp is not
// nil. max bounds its length before compression.
func Encode(cdc codec.Codec, comp compress.Compressor, msg any, max int) (*bufpool.Buf, error) {
	b, err := marshal(cdc, msg, max)
	if err != nil {
		b.Free()
		if st, ok := err.(*Status); ok {
			return nil, st
		}
		return nil, &Status{Code: wire.Internal, Message: "encoding a message: " + err.Error(), Cause: err}
	}
	n := len(b.B) - wire.PrefixLen
	if n > max {
		b.Free()
		return nil, tooLarge("to send", n, max)
	}
	if comp == nil || n == 0 {
		wire.PutPrefix(b.B, wire.Prefix{Length: uint32(n)})
		return b, nil
	}
	z := bufpool.Get(wire.PrefixLen + n)
	z.B, err = comp.Compress(z.B[:wire.PrefixLen], b.B[wire.PrefixLen:])
	b.Free()
	if err != nil {
		z.Free()
		return nil, &Status{Code: wire.Internal, Message: "compressing a message: " + err.Error(), Cause: err}
	}
	wire.PutPrefix(z.B, wire.Prefix{Compressed: true, Length: uint32(len(z.B) - wire.PrefixLen)})
	return z, nil
}

// marshal encodes msg behind room for its prefix. A codec that can size a
// message does so once, and what is too large is not encoded at all.
func marshal(cdc codec.Codec, msg any, max int) (*bufpool.Buf, error) {
	const guess = 512
	var err error
	sized, ok := cdc.(codec.SizedAppender)
	if !ok {
		b := bufpool.Get(wire.PrefixLen + guess)
		b.B, err = cdc.Append(b.B[:wire.PrefixLen], msg)
		return b, err
	}
	size := sized.Size(msg)
	if size > max {
		return &bufpool.Buf{B: make([]byte, wire.PrefixLen)}, tooLarge("to send", size, max)
	}
	b := bufpool.Get(wire.PrefixLen + size)
	b.B, err = sized.AppendSized(b.B[:wire.PrefixLen], msg, size)
	return b, err
}

func tooLarge(what string, n, max int) *Status {
	return NewStatus(wire.ResourceExhausted, fmt.Sprintf("message of %d bytes %s, the limit is %d", n, what, max))
}

// recv reads length-prefixed messages from a stream.
type recv struct {
	codec codec.Codec
	comp  compress.Compressor // nil: messages may not be compressed
	max   int                 // bytes of a message, also when decompressed
}

// next receives one message into msg. The error is io.EOF after the last
// message, h2.ErrDone, or a *Status.
func (r *recv) next(s *h2.Stream, done <-chan struct{}, msg any) error {
	b, err := s.Peek(wire.PrefixLen, done)
	if err != nil {
		if err == io.EOF && len(b) > 0 {
			return NewStatus(wire.Internal, "the stream ends inside a message prefix")
		}
		return statusOf(err)
	}
	p, err := wire.ParsePrefix(b)
	if err != nil {
		return statusOf(err)
	}
	if uint64(p.Length) > uint64(r.max) {
		return tooLarge("received", int(p.Length), r.max)
	}
	if p.Compressed && r.comp == nil {
		return NewStatus(wire.Internal, "a compressed message without grpc-encoding")
	}
	n := wire.PrefixLen + int(p.Length)
	if b, err = s.Peek(n, done); err != nil {
		if err == io.EOF {
			return NewStatus(wire.Internal, "the stream ends inside a message")
		}
		return statusOf(err)
	}
	err = r.decode(b[wire.PrefixLen:n], p.Compressed, msg)
	s.Discard(n)
	return err
}

func (r *recv) decode(b []byte, compressed bool, msg any) error {
	// Some peers set the flag on empty messages, which no compressor has seen.
	if compressed && len(b) > 0 {
		out := bufpool.Get(min(4*len(b), r.max))
		defer out.Free()
		var err error
		if out.B, err = r.comp.Decompress(out.B, b, r.max); err != nil {
			code := wire.Internal
			if errors.Is(err, compress.ErrTooLarge) {
				code = wire.ResourceExhausted
			}
			return &Status{Code: code, Message: "decompressing a message: " + err.Error(), Cause: err}
		}
		b = out.B
	}
	if err := r.codec.Unmarshal(b, msg); err != nil {
		return &Status{Code: wire.Internal, Message: "decoding a message: " + err.Error(), Cause: err}
	}
	return nil
}

// ended returns nil if no further message follows, which unary calls ask
// where exactly one may come.
func (r *recv) ended(s *h2.Stream, done <-chan struct{}, what string) error {
	switch b, err := s.Peek(1, done); {
	case err == io.EOF && len(b) == 0:
		return nil
	case err == nil || err == io.EOF:
		return NewStatus(wire.Unimplemented, "more than one "+what+" message")
	default:
		return statusOf(err)
	}
}
