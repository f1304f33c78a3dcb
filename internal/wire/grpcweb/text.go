package grpcweb

import (
	"bytes"
	"encoding/base64"
	"slices"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// quantum is how many characters stand for 3 bytes.
const quantum = 4

// AppendText appends src in base64 with padding, as a chunk of its own: the bodies of
// application/grpc-web-text are such chunks one after another.
func AppendText(dst, src []byte) []byte {
	return base64.StdEncoding.AppendEncode(dst, src)
}

// TextLen returns how many characters AppendText appends for n bytes.
func TextLen(n int) int { return base64.StdEncoding.EncodedLen(n) }

var (
	errText      = &grpc.Error{Code: grpc.Internal, Message: "body is not base64"}
	errTextShort = &grpc.Error{Code: grpc.Internal, Message: "body ends within a quantum of base64"}
)

// A TextDecoder reads a body of application/grpc-web-text: base64 in which padding may
// end any quantum of 4 characters, because it is made of chunks. The zero value is ready.
// It keeps 3 characters at most.
type TextDecoder struct {
	held [quantum]byte
	n    int // of held, less than quantum
}

// Append appends what src, the next piece of the body, stands for; pieces may be cut
// anywhere. What is not base64 in the standard alphabet is a [*grpc.Error] with Internal,
// and then the decoder is of no more use.
func (d *TextDecoder) Append(dst, src []byte) ([]byte, error) {
	var err error
	if d.n > 0 {
		taken := copy(d.held[d.n:], src)
		d.n += taken
		if d.n < quantum {
			return dst, nil
		}
		d.n, src = 0, src[taken:]
		if dst, err = appendQuanta(dst, d.held[:]); err != nil {
			return dst, err
		}
	}
	whole := len(src) &^ (quantum - 1)
	dst, err = appendQuanta(dst, src[:whole])
	d.n = copy(d.held[:], src[whole:])
	return dst, err
}

// Close returns nil if the body may end here, a [*grpc.Error] with Internal if it is cut
// off.
func (d *TextDecoder) Close() error {
	if d.n > 0 {
		return errTextShort
	}
	return nil
}

// appendQuanta decodes whole quanta, each of which may be padded.
func appendQuanta(dst, src []byte) ([]byte, error) {
	dst = slices.Grow(dst, base64.RawStdEncoding.DecodedLen(len(src)))
	for len(src) > 0 {
		// What comes before a padded quantum is decoded at once.
		n := bytes.IndexByte(src, '=')
		if n < 0 {
			n = len(src)
		}
		encoding, size := base64.RawStdEncoding, 0
		if n &^= quantum - 1; n > 0 {
			size = n / quantum * 3
		} else {
			encoding, n = base64.StdEncoding, quantum
		}
		got, err := encoding.Decode(dst[len(dst):cap(dst)], src[:n])
		// The decoder skips line ends, and then there are fewer bytes.
		if err != nil || size != 0 && got != size {
			return dst, errText
		}
		dst, src = dst[:len(dst)+got], src[n:]
	}
	return dst, nil
}
