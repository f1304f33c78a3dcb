// Package compress has the interface through which messages are compressed, gzip,
// and deflate. Compressors that need more than the standard library are modules of
// their own: compress/zstd, compress/snappy and compress/brotli.
package compress

import "github.com/curlew-rpc/curlew/compress/internal/inflate"

// A Compressor compresses and decompresses whole messages. Implementations must
// be safe for concurrent use, and must keep neither dst nor src nor what they
// hold after they return.
//
// A message of no bytes is never given to either method: it is sent as it is.
type Compressor interface {
	// Name returns the token for grpc-encoding, in lower case: "gzip". It is
	// always the same.
	Name() string

	// Compress appends the compressed form of src to dst and returns the
	// extended slice, or dst as it was and an error.
	Compress(dst, src []byte) ([]byte, error)

	// Decompress appends what src decompresses to, at most limit bytes, to dst
	// and returns the extended slice. Where there is more it stops at once and
	// the error is [ErrTooLarge]: a few bytes can hold gigabytes. Truncated or
	// damaged input is an error. On an error the slice returned has the
	// length of dst, so that its memory can be used again.
	Decompress(dst, src []byte, limit int) ([]byte, error)
}

// ErrTooLarge says that a message is larger than the limit once decompressed.
var ErrTooLarge = inflate.ErrTooLarge
