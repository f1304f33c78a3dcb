// Package brotli is a compressor of messages by Brotli (RFC 7932), which browsers
// know and which suits text.
//
//	curlew.NewServer(curlew.WithCompressors(compress.Gzip(), brotli.New()))
package brotli

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/compress/internal/inflate"
)

// defaultLevel takes up to three times as long as gzip at its fastest, and its output
// is an eighth to a third smaller. Higher levels take much longer for little.
const defaultLevel = 2

// New returns the compressor at a level that suits messages.
//
// Decompress takes one stream; bytes behind it are an error. Besides what it
// returns it takes memory for the stream's window, which the format limits to 16 MiB.
// The format has no checksum.
func New() compress.Compressor { return compressor{defaultLevel} }

// NewLevel returns the compressor at a level from 0, the fastest, to 11, the
// smallest, which is for what is sent many times. Any other is an error. The level is
// the sender's affair: every Decompress reads every level.
func NewLevel(level int) (compress.Compressor, error) {
	if level < brotli.BestSpeed || level > brotli.BestCompression {
		return nil, fmt.Errorf("brotli: level %d is not within %d..%d", level, brotli.BestSpeed, brotli.BestCompression)
	}
	return compressor{level}, nil
}

type compressor struct{ level int }

// Writers and readers hold tables and windows, so both are used again. There is one
// pool of writers a level.
var (
	writers [brotli.BestCompression + 1]sync.Pool
	readers sync.Pool
)

// Name returns "br", by which HTTP knows it.
func (compressor) Name() string { return "br" }

type writer struct {
	brotli *brotli.Writer
	out    []byte
}

func (w *writer) Write(p []byte) (int, error) {
	w.out = append(w.out, p...)
	return len(p), nil
}

func (c compressor) Compress(dst, src []byte) ([]byte, error) {
	w, _ := writers[c.level].Get().(*writer)
	if w == nil {
		w = new(writer)
		w.brotli = brotli.NewWriterLevel(w, c.level)
	} else {
		w.brotli.Reset(w)
	}
	w.out = dst
	_, err := w.brotli.Write(src)
	if err == nil {
		err = w.brotli.Close()
	}
	out := w.out
	w.out = nil
	if err != nil { // cannot be: the destination is memory
		return dst, fmt.Errorf("brotli: %w", err)
	}
	writers[c.level].Put(w)
	return out, nil
}

type reader struct {
	brotli brotli.Reader
	in     bytes.Reader
	out    inflate.Appender
}

func (compressor) Decompress(dst, src []byte, limit int) ([]byte, error) {
	if limit < 0 {
		return dst, compress.ErrTooLarge
	}
	if len(src) == 0 {
		return dst, fmt.Errorf("brotli: %w", io.ErrUnexpectedEOF)
	}
	r, _ := readers.Get().(*reader)
	if r == nil {
		r = new(reader)
	}
	r.in.Reset(src)
	err := r.brotli.Reset(&r.in)
	out := dst
	if err == nil {
		out, err = r.out.Append(dst, &r.brotli, 4*len(src), limit)
	}
	r.in.Reset(nil)
	readers.Put(r)
	switch err {
	case nil:
		return out, nil
	case compress.ErrTooLarge:
		return out[:len(dst)], err
	}
	return out[:len(dst)], fmt.Errorf("brotli: %w", err)
}
