package site

import (
	"io"

	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/wire/grpcweb"
)

// textContent is a body in base64, decoded as it is read.
type textContent struct {
	from transport.Content
	dec  grpcweb.TextDecoder
	buf  []byte
	off  int
	err  error // of the body, after what buf has
}

// Peek implements [transport.Content].
func (t *textContent) Peek(n int, done <-chan struct{}) ([]byte, error) {
	for len(t.buf)-t.off < n {
		if t.err != nil {
			return t.buf[t.off:], t.err
		}
		if t.off > 0 {
			t.buf = t.buf[:copy(t.buf, t.buf[t.off:])]
			t.off = 0
		}
		b, err := t.from.Peek(1, done)
		if err == transport.ErrDone {
			return t.buf, err
		}
		var bad error
		t.buf, bad = t.dec.Append(t.buf, b)
		t.from.Discard(len(b))
		switch {
		case bad != nil:
			t.err = bad
		case err == io.EOF:
			if t.err = t.dec.Close(); t.err == nil {
				t.err = io.EOF
			}
		case err != nil:
			t.err = err
		}
	}
	return t.buf[t.off:], nil
}

// Discard implements [transport.Content].
func (t *textContent) Discard(n int) { t.off += n }
