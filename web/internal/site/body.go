package site

import (
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// minCompressed is how long a body must be that is compressed for a client which has
// not compressed its own.
const minCompressed = 1 << 10

// A body is the message of a response that is its content, compressed as HTTP does it.
type body struct {
	msg    transport.Encoded
	zipped *bufpool.Buf // instead of msg
	by     compress.Compressor
	forced compress.Compressor
	plain  bool
}

func (b *body) held() bool { return b.msg != transport.Encoded{} || b.zipped != nil }

func (b *body) setCompressor(c compress.Compressor) bool {
	b.forced, b.plain = c, c == nil
	return !b.held()
}

// compressor returns what a body of n bytes is compressed with, nil for nothing.
func (b *body) compressor(r *callRoute, prefer compress.Compressor, n int) compress.Compressor {
	switch {
	case b.plain || n == 0:
		return nil
	case b.forced != nil:
		return b.forced
	case r.out != nil:
		return r.out
	case n >= minCompressed:
		return prefer
	}
	return nil
}

// hold keeps a message of at most max bytes.
func (b *body) hold(r *callRoute, prefer compress.Compressor, msg any, max int, share bool) error {
	if b.held() {
		return transport.NewStatus(wire.Internal, "a second response message in a call that has one")
	}
	// What may be compressed is to be in one piece.
	e, err := transport.Encode(r.req.Codec, nil, msg, max, share && prefer == nil && b.forced == nil)
	if err != nil {
		return err
	}
	c := b.compressor(r, prefer, e.Len()-wire.PrefixLen)
	if c == nil {
		b.msg = e
		return nil
	}
	defer e.Free()
	var out transport.Outgoing
	e.PutBare(&out)
	return b.zip(c, out.Data)
}

func (b *body) zip(c compress.Compressor, content []byte) (err error) {
	z := bufpool.Get(len(content))
	if z.B, err = c.Compress(z.B, content); err != nil {
		z.Free()
		return &transport.Status{Code: wire.Internal, Message: "compressing a message: " + err.Error(), Cause: err}
	}
	b.zipped, b.by = z, c
	return nil
}

// put has the body sent with out, and its encoding announced.
func (b *body) put(out *transport.Outgoing, fields *[]transport.Field) {
	switch {
	case b.zipped != nil:
		out.Data = b.zipped.B
		*fields = append(*fields, transport.Field{Name: "content-encoding", Value: b.by.Name()})
	case b.held():
		b.msg.PutBare(out)
	}
}

func (b *body) free() {
	b.msg.Free()
	b.zipped.Free()
	b.msg, b.zipped = transport.Encoded{}, nil
}
