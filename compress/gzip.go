package compress

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/curlew-rpc/curlew/compress/internal/inflate"
)

// Gzip returns the gzip compressor (RFC 1952) at gzip.BestSpeed, level 1: on messages
// it takes half to a fifth of the time of gzip's own default, 6, and its output
// is up to an eighth larger. [GzipLevel] is for links where bytes cost more than time.
//
// Decompress accepts what the format allows, a series of members, whose contents
// are joined and limited together. Bytes after the last member are an error, also
// zeros, because a message has a length and nothing pads it.
func Gzip() Compressor {
	return gzipCompressor{gzip.BestSpeed}
}

// GzipLevel returns the gzip compressor at a level of compress/gzip, from
// gzip.HuffmanOnly (-2) to gzip.BestCompression (9). Any other is an error. The
// level is the sender's affair: every Decompress reads every level.
func GzipLevel(level int) (Compressor, error) {
	if level < gzip.HuffmanOnly || level > gzip.BestCompression {
		return nil, fmt.Errorf("compress: gzip level %d is not within %d..%d", level, gzip.HuffmanOnly, gzip.BestCompression)
	}
	return gzipCompressor{level}, nil
}

type gzipCompressor struct{ level int }

// A writer holds several hundred kilobytes of tables and a reader some forty, so
// both are used again. There is one pool of writers a level.
var (
	gzipWriters [gzip.BestCompression - gzip.HuffmanOnly + 1]sync.Pool
	gzipReaders sync.Pool
)

// Name returns "gzip".
func (gzipCompressor) Name() string { return "gzip" }

type gzipWriter struct {
	gzip *gzip.Writer
	out  []byte
}

func (w *gzipWriter) Write(p []byte) (int, error) {
	w.out = append(w.out, p...)
	return len(p), nil
}

func (c gzipCompressor) Compress(dst, src []byte) ([]byte, error) {
	pool := &gzipWriters[c.level-gzip.HuffmanOnly]
	w, _ := pool.Get().(*gzipWriter)
	if w == nil {
		w = new(gzipWriter)
		var err error
		if w.gzip, err = gzip.NewWriterLevel(w, c.level); err != nil {
			return dst, fmt.Errorf("compress: gzip: %w", err)
		}
	} else {
		w.gzip.Reset(w)
	}
	w.out = dst
	_, err := w.gzip.Write(src)
	if err == nil {
		err = w.gzip.Close()
	}
	out := w.out
	w.out = nil
	if err != nil { // cannot be: the destination is memory
		return dst, fmt.Errorf("compress: gzip: %w", err)
	}
	pool.Put(w)
	return out, nil
}

type gzipReader struct {
	gzip gzip.Reader
	in   bytes.Reader
	out  inflate.Appender
}

var errEmpty = errors.New("compress: gzip: input is empty")

func (c gzipCompressor) Decompress(dst, src []byte, limit int) ([]byte, error) {
	if len(src) == 0 {
		return dst, errEmpty
	}
	if limit < 0 {
		return dst, ErrTooLarge
	}
	r, _ := gzipReaders.Get().(*gzipReader)
	if r == nil {
		r = new(gzipReader)
	}
	r.in.Reset(src)
	out, err := r.decompress(dst, sizeHint(src, limit), limit)
	r.in.Reset(nil)
	r.gzip.Header = gzip.Header{} // names and comments of the peer's
	gzipReaders.Put(r)
	switch {
	case err == nil:
		return out, nil
	case err == ErrTooLarge:
		return out[:len(dst)], err
	case err == io.EOF: // within the first header: there was something, but not enough
		err = io.ErrUnexpectedEOF
	}
	return out[:len(dst)], fmt.Errorf("compress: gzip: %w", err)
}

// decompress appends to dst until the input ends, which includes the checksum, or
// gives more than limit bytes.
func (r *gzipReader) decompress(dst []byte, hint, limit int) ([]byte, error) {
	if err := r.gzip.Reset(&r.in); err != nil {
		return dst, err
	}
	return r.out.Append(dst, &r.gzip, hint, limit)
}

// sizeHint guesses the size of what src decompresses to by the last four bytes,
// which in a message of one member is its size modulo 2^32. They are the peer's
// claim, so they are believed only up to eight times what it has really sent.
func sizeHint(src []byte, limit int) int {
	if len(src) < 18 { // the smallest header and trailer
		return 0
	}
	claim := uint64(binary.LittleEndian.Uint32(src[len(src)-4:]))
	return int(min(claim, uint64(len(src))*8, uint64(limit)))
}
