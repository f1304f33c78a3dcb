// Package marked has a gzip compressor that leaves a mark in what it decompresses,
// by which a handler or a caller sees whether a message came compressed. The
// standard cases of compression ask that, and no stack's API tells it of a single
// message.
package marked

import (
	"bytes"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/compress"
)

// field is the number of the field that the mark is. No message declares it, so
// it turns up among the unknown fields.
const field = protowire.MaxValidNumber

var mark = protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), 1)

// Was reports whether m was compressed when it came.
func Was(m proto.Message) bool { return bytes.Contains(m.ProtoReflect().GetUnknown(), mark) }

// Gzip returns a compressor for Curlew.
func Gzip() compress.Compressor { return gzip{compress.Gzip()} }

type gzip struct{ compress.Compressor }

func (g gzip) Decompress(dst, src []byte, limit int) ([]byte, error) {
	dst, err := g.Compressor.Decompress(dst, src, limit)
	if err != nil {
		return dst, err
	}
	return append(dst, mark...), nil
}

// Reader returns what is in r, decompressed, and the mark.
func Reader(r io.Reader) io.Reader { return io.MultiReader(r, bytes.NewReader(mark)) }
