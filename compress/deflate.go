package compress

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/curlew-rpc/curlew/compress/internal/inflate"
)

// Deflate returns the compressor that HTTP and gRPC call deflate, which is the zlib
// format (RFC 1950), at zlib.BestSpeed, level 1. It compresses as [Gzip] does and
// is there for peers that have nothing else: a server lists it with
// WithCompressors.
//
// Decompress takes one zlib stream. Bytes behind it are an error, and so is one
// that asks for a preset dictionary.
func Deflate() Compressor {
	return deflateCompressor{zlib.BestSpeed}
}

// DeflateLevel returns the deflate compressor at a level of compress/zlib, from
// zlib.HuffmanOnly (-2) to zlib.BestCompression (9). Any other is an error. The
// level is the sender's affair: every Decompress reads every level.
func DeflateLevel(level int) (Compressor, error) {
	if level < zlib.HuffmanOnly || level > zlib.BestCompression {
		return nil, fmt.Errorf("compress: deflate level %d is not within %d..%d", level, zlib.HuffmanOnly, zlib.BestCompression)
	}
	return deflateCompressor{level}, nil
}

type deflateCompressor struct{ level int }

// As large as gzip's, and likewise used again; there is one pool of writers a level.
var (
	deflateWriters [zlib.BestCompression - zlib.HuffmanOnly + 1]sync.Pool
	deflateReaders sync.Pool
)

// Name returns "deflate".
func (deflateCompressor) Name() string { return "deflate" }

type deflateWriter struct {
	zlib *zlib.Writer
	out  []byte
}

func (w *deflateWriter) Write(p []byte) (int, error) {
	w.out = append(w.out, p...)
	return len(p), nil
}

func (c deflateCompressor) Compress(dst, src []byte) ([]byte, error) {
	pool := &deflateWriters[c.level-zlib.HuffmanOnly]
	w, _ := pool.Get().(*deflateWriter)
	if w == nil {
		w = new(deflateWriter)
		var err error
		if w.zlib, err = zlib.NewWriterLevel(w, c.level); err != nil {
			return dst, fmt.Errorf("compress: deflate: %w", err)
		}
	} else {
		w.zlib.Reset(w)
	}
	w.out = dst
	_, err := w.zlib.Write(src)
	if err == nil {
		err = w.zlib.Close()
	}
	out := w.out
	w.out = nil
	if err != nil { // cannot be: the destination is memory
		return dst, fmt.Errorf("compress: deflate: %w", err)
	}
	pool.Put(w)
	return out, nil
}

type deflateReader struct {
	zlib io.ReadCloser // nil until there was a good header: it cannot be made without
	in   bytes.Reader
	out  inflate.Appender
}

var errBehind = errors.New("bytes behind the end")

func (c deflateCompressor) Decompress(dst, src []byte, limit int) ([]byte, error) {
	if limit < 0 {
		return dst, ErrTooLarge
	}
	r, _ := deflateReaders.Get().(*deflateReader)
	if r == nil {
		r = new(deflateReader)
	}
	r.in.Reset(src)
	out, err := r.decompress(dst, 2*len(src), limit)
	r.in.Reset(nil)
	deflateReaders.Put(r)
	switch {
	case err == nil:
		return out, nil
	case err == ErrTooLarge:
		return out[:len(dst)], err
	case err == io.EOF: // within the header
		err = io.ErrUnexpectedEOF
	}
	return out[:len(dst)], fmt.Errorf("compress: deflate: %w", err)
}

// decompress appends to dst until the stream ends, which includes the checksum, or
// gives more than limit bytes.
func (r *deflateReader) decompress(dst []byte, hint, limit int) ([]byte, error) {
	var err error
	if r.zlib == nil {
		r.zlib, err = zlib.NewReader(&r.in)
	} else {
		err = r.zlib.(zlib.Resetter).Reset(&r.in, nil)
	}
	if err != nil {
		return dst, err
	}
	out, err := r.out.Append(dst, r.zlib, hint, limit)
	if err == nil && r.in.Len() > 0 {
		err = errBehind
	}
	return out, err
}
