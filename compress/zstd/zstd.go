// Package zstd is a compressor of messages by Zstandard (RFC 8878): smaller than
// gzip in less time.
//
//	curlew.NewServer(curlew.WithCompressors(compress.Gzip(), zstd.New()))
package zstd

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/compress/internal/inflate"
)

// maxWindow is the largest window that memory is taken for, which is what RFC 8878
// §3.1.1.1.2 recommends that every decoder accept.
const maxWindow = 8 << 20

// New returns the compressor, which sends with checksums and at the fastest level.
//
// Decompress takes a series of frames, whose contents are joined and limited
// together, without dictionaries. A frame that says that it holds more than the limit
// is refused before it is decoded. One frame that says how much it holds, as all do
// that were made in one piece, is decoded into what is returned; otherwise memory for
// the window is taken besides, and one of more than 8 MiB is an error. Nothing runs
// concurrently.
func New() compress.Compressor { return compressor{} }

type compressor struct{}

// Encoders and decoders hold tables, and those that stream a window, so all are used
// again.
var encoders, decoders, streams sync.Pool

// Name returns "zstd".
func (compressor) Name() string { return "zstd" }

func (compressor) Compress(dst, src []byte) ([]byte, error) {
	e, _ := encoders.Get().(*zstd.Encoder)
	if e == nil {
		var err error
		e, err = zstd.NewWriter(nil, // which starts nothing: EncodeAll is all that is used
			zstd.WithEncoderConcurrency(1),
			zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithWindowSize(maxWindow/8),
			zstd.WithLowerEncoderMem(true),
			zstd.WithZeroFrames(true))
		if err != nil {
			return dst, fmt.Errorf("zstd: %w", err)
		}
	}
	out := e.EncodeAll(src, dst)
	encoders.Put(e)
	return out, nil
}

func (compressor) Decompress(dst, src []byte, limit int) ([]byte, error) {
	if limit < 0 {
		return dst, compress.ErrTooLarge
	}
	var h zstd.Header
	if err := h.Decode(src); err != nil {
		return dst, fmt.Errorf("zstd: %w", err)
	}
	if h.HasFCS && h.FrameContentSize > uint64(limit) {
		return dst, compress.ErrTooLarge
	}
	if h.HasFCS {
		if out, ok := decodeFrame(dst, src, int(h.FrameContentSize)); ok {
			return out, nil
		}
		// There are more frames, or something is wrong, and this tells what.
	}
	return decodeStream(dst, src, limit)
}

// decodeFrame appends the content of src to dst if it is one good frame of n bytes.
func decodeFrame(dst, src []byte, n int) ([]byte, bool) {
	d, _ := decoders.Get().(*zstd.Decoder)
	if d == nil {
		var err error
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return dst, false
		}
	}
	dst = slices.Grow(dst, n)
	out, err := d.DecodeAll(src, dst[:len(dst):len(dst)+n])
	decoders.Put(d)
	return out, err == nil
}

// A stream decodes frames piece by piece.
type stream struct {
	zstd *zstd.Decoder
	in   bytes.Reader
	out  inflate.Appender
}

// decodeStream appends the content of the frames in src to dst.
func decodeStream(dst, src []byte, limit int) ([]byte, error) {
	s, _ := streams.Get().(*stream)
	if s == nil {
		s = new(stream)
		var err error
		s.zstd, err = zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(1), // or it would start goroutines
			zstd.WithDecoderMaxWindow(maxWindow),
			zstd.WithDecodeBuffersBelow(0)) // or it would decode into memory before it is read
		if err != nil {
			return dst, fmt.Errorf("zstd: %w", err)
		}
	}
	s.in.Reset(src)
	out, err := dst, s.zstd.Reset(&s.in)
	if err == nil {
		out, err = s.out.Append(dst, s.zstd, 4*len(src), limit)
	}
	s.in.Reset(nil)
	streams.Put(s)
	switch err {
	case nil:
		return out, nil
	case compress.ErrTooLarge:
		return out[:len(dst)], err
	}
	return out[:len(dst)], fmt.Errorf("zstd: %w", err)
}
