// Package snappy is a compressor of messages by Snappy, in its framed format: little
// CPU, and less saved than by gzip.
//
//	curlew.NewServer(curlew.WithCompressors(compress.Gzip(), snappy.New()))
//
// The format is github.com/google/snappy/blob/main/framing_format.txt.
package snappy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/curlew-rpc/curlew/compress"
)

// New returns the compressor.
//
// Decompress verifies the checksum of every chunk. The format does not say where it
// ends, so what is cut off between two chunks cannot be told from what is whole;
// a message's own length does.
func New() compress.Compressor { return compressor{} }

type compressor struct{}

// Name returns "snappy".
func (compressor) Name() string { return "snappy" }

const (
	identifier = "\xff\x06\x00\x00sNaPpY" // with which a stream begins
	headerSize = 4                        // of a chunk: its type, and three bytes of length
	crcSize    = 4
	maxBlock   = 64 << 10 // a chunk's content, uncompressed
)

// Types of chunks. Those below skippable that are not listed are errors.
const (
	chunkCompressed   = 0x00
	chunkUncompressed = 0x01
	chunkSkippable    = 0x80
	chunkIdentifier   = 0xff
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the CRC-32C of b, masked as the format has it.
func checksum(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

func (compressor) Compress(dst, src []byte) ([]byte, error) {
	dst = append(dst, identifier...)
	for block := range slices.Chunk(src, maxBlock) {
		dst = appendChunk(dst, block)
	}
	return dst, nil
}

// appendChunk appends a block, as it is if compressing saves less than an eighth.
func appendChunk(dst, block []byte) []byte {
	start := len(dst)
	dst = slices.Grow(dst, headerSize+crcSize+s2.MaxEncodedLen(len(block)))
	body := dst[start+headerSize+crcSize : cap(dst)]
	kind, size := byte(chunkCompressed), len(s2.EncodeSnappy(body, block))
	if size >= len(block)-len(block)/8 {
		kind, size = chunkUncompressed, copy(body, block)
	}
	size += crcSize
	dst = append(dst, kind, byte(size), byte(size>>8), byte(size>>16))
	dst = binary.LittleEndian.AppendUint32(dst, checksum(block))
	return dst[:start+headerSize+size]
}

var (
	errNoIdentifier = errors.New("the stream identifier is missing")
	errChecksum     = errors.New("wrong checksum")
	errBlockSize    = errors.New("a chunk holds more than 65536 bytes")
)

func (compressor) Decompress(dst, src []byte, limit int) ([]byte, error) {
	out, err := decompress(dst, src, limit)
	switch err {
	case nil:
		return out, nil
	case compress.ErrTooLarge:
		return out[:len(dst)], err
	}
	return out[:len(dst)], fmt.Errorf("snappy: %w", err)
}

// decompress appends the content of the chunks in src to dst, which grows by what a
// chunk says it holds, at most 64 KiB, only when the chunk is there.
func decompress(dst, src []byte, limit int) ([]byte, error) {
	if limit < 0 {
		return dst, compress.ErrTooLarge
	}
	if len(src) < len(identifier) && identifier[:len(src)] == string(src) {
		return dst, io.ErrUnexpectedEOF
	}
	if len(src) < len(identifier) || string(src[:len(identifier)]) != identifier {
		return dst, errNoIdentifier
	}
	for len(src) > 0 {
		if len(src) < headerSize {
			return dst, io.ErrUnexpectedEOF
		}
		kind, size := src[0], int(src[1])|int(src[2])<<8|int(src[3])<<16
		if len(src) < headerSize+size {
			return dst, io.ErrUnexpectedEOF
		}
		body := src[headerSize : headerSize+size]
		src = src[headerSize+size:]
		switch {
		case kind == chunkCompressed || kind == chunkUncompressed:
			start := len(dst)
			var err error
			if dst, err = appendBlock(dst, body, kind == chunkCompressed, limit); err != nil {
				return dst, err
			}
			limit -= len(dst) - start
		case kind == chunkIdentifier:
			if string(body) != identifier[headerSize:] {
				return dst, errNoIdentifier
			}
		case kind < chunkSkippable:
			return dst, fmt.Errorf("chunk of unknown type %#02x", kind)
		}
	}
	return dst, nil
}

// appendBlock appends what a chunk of data holds.
func appendBlock(dst, body []byte, compressed bool, limit int) ([]byte, error) {
	if len(body) < crcSize {
		return dst, io.ErrUnexpectedEOF
	}
	want := binary.LittleEndian.Uint32(body)
	body = body[crcSize:]
	n := len(body)
	if compressed {
		var err error
		if n, err = s2.DecodedLen(body); err != nil {
			return dst, err
		}
	}
	switch {
	case n > maxBlock:
		return dst, errBlockSize
	case n > limit:
		return dst, compress.ErrTooLarge
	}
	start := len(dst)
	dst = slices.Grow(dst, n)[:start+n]
	if !compressed {
		copy(dst[start:], body)
	} else if _, err := s2.Decode(dst[start:], body); err != nil {
		return dst, err
	}
	if checksum(dst[start:]) != want {
		return dst, errChecksum
	}
	return dst, nil
}
