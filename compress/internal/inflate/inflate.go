// Package inflate reads decompressors to their end within a limit.
package inflate

import (
	"errors"
	"io"
	"math"
	"slices"
)

// ErrTooLarge is compress.ErrTooLarge.
var ErrTooLarge = errors.New("compress: decompressed message is larger than the limit")

// An Appender appends what readers give. Decompressors that are used again have one.
type Appender struct {
	over [1]byte // for the byte that must not be there
}

// Append appends to dst what r gives until io.EOF, or returns what it has so far and
// ErrTooLarge if that is more than limit bytes. It takes room for hint bytes at
// first, and more only as more is really there.
func (a *Appender) Append(dst []byte, r io.Reader, hint, limit int) ([]byte, error) {
	dst = slices.Grow(dst, min(hint, limit))
	end := len(dst) + min(limit, math.MaxInt-len(dst))
	for {
		if len(dst) == end {
			n, err := r.Read(a.over[:])
			a.over[0] = 0
			switch {
			case n > 0:
				return dst, ErrTooLarge
			case err == io.EOF:
				return dst, nil
			case err != nil:
				return dst, err
			}
			continue
		}
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, min(end-len(dst), max(len(dst), 512)))
		}
		n, err := r.Read(dst[len(dst):min(cap(dst), end)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}
