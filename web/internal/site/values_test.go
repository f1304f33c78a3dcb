package site

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// A content is what has come of a body, piece by piece.
type content struct {
	from io.Reader
	buf  []byte
	most int // bytes that were kept
}

func (c *content) Peek(n int, _ <-chan struct{}) ([]byte, error) {
	piece := make([]byte, 1000)
	for len(c.buf) < n {
		got, err := c.from.Read(piece)
		c.buf = append(c.buf, piece[:got]...)
		c.most = max(c.most, len(c.buf))
		if err != nil {
			return c.buf, err
		}
	}
	return c.buf, nil
}

func (c *content) Discard(n int) { c.buf = append(c.buf[:0:0], c.buf[n:]...) }

// endless yields the same bytes for as long as they are asked for.
type endless struct {
	b    []byte
	left int
}

func (e *endless) Read(b []byte) (int, error) {
	if e.left -= len(b); e.left < 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(b) {
		n += copy(b[n:], e.b)
	}
	return n, nil
}

// A stream of values keeps no more than one value of the largest size and what has come
// behind it.
func TestValuesAreBounded(t *testing.T) {
	const limit, much = 5000, 1 << 20
	for _, b := range []string{" ", ",\n", `{} `, `"`, `[`, `1`, `{"a":"b"},`} {
		for _, before := range []string{"", "  ", "{}"} {
			c := &content{from: io.MultiReader(strings.NewReader(before), &endless{[]byte(b), much})}
			var (
				v   values
				err error
			)
			for err == nil {
				var value []byte
				if value, err = v.next(c, limit, nil); err == nil && len(value) > limit {
					t.Fatalf("%q: a value of %d bytes", b, len(value))
				}
				v.discard(c)
			}
			var st *transport.Status
			if err != io.EOF && !errors.As(err, &st) {
				t.Errorf("%q: %v", b, err)
			}
			if c.most > limit+3000 {
				t.Errorf("%q: %d bytes were kept", b, c.most)
			}
		}
	}
}

// How a stream is cut makes no difference.
func FuzzValues(f *testing.F) {
	for _, s := range []string{`{}`, "{\"a\":[1]}\n{\"b\":\"}\\\"\"}", `1 2,3`, `"a""b"`, `[[],{}]x`, ` , `, `{`, `}`, `"\`} {
		f.Add([]byte(s), 1)
	}
	all := func(r io.Reader) (out []string, err error) {
		c := &content{from: r}
		var v values
		for {
			b, err := v.next(c, 1000, nil)
			if err != nil {
				return out, err
			}
			out = append(out, string(b))
			v.discard(c)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		size = min(max(size, 1), 100)
		var pieces []io.Reader
		for b := in; len(b) > 0; b = b[min(size, len(b)):] {
			pieces = append(pieces, bytes.NewReader(b[:min(size, len(b))]))
		}
		whole, err1 := all(bytes.NewReader(in))
		cut, err2 := all(io.MultiReader(pieces...))
		if strings.Join(whole, "\x00") != strings.Join(cut, "\x00") || (err1 == io.EOF) != (err2 == io.EOF) {
			t.Errorf("%q: %q, %v; in pieces of %d: %q, %v", in, whole, err1, size, cut, err2)
		}
	})
}
