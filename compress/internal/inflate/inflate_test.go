package inflate

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
)

func TestAppend(t *testing.T) {
	content := strings.Repeat("curlew ", 1000)
	readers := map[string]func() io.Reader{
		"in one piece":         func() io.Reader { return strings.NewReader(content) },
		"byte by byte":         func() io.Reader { return iotest.OneByteReader(strings.NewReader(content)) },
		"the end with data":    func() io.Reader { return iotest.DataErrReader(strings.NewReader(content)) },
		"with nothing between": func() io.Reader { return &hesitant{r: strings.NewReader(content)} },
	}
	n := len(content)
	for name, reader := range readers {
		for _, test := range []struct {
			hint, limit int
			want        error
		}{
			{0, n, nil},
			{n, n, nil},
			{n / 2, n + 1, nil},
			{math.MaxInt, n, nil}, // a hint is not believed above the limit
			{0, math.MaxInt, nil},
			{0, n - 1, ErrTooLarge},
			{n, 1, ErrTooLarge},
			{0, 0, ErrTooLarge},
		} {
			a := new(Appender)
			got, err := a.Append([]byte("start"), reader(), test.hint, test.limit)
			if err != test.want || err == nil && string(got) != "start"+content {
				t.Errorf("%s, hint %d, limit %d: %d bytes, %v", name, test.hint, test.limit, len(got), err)
			}
			if most := 2*min(test.limit, n) + 1024; cap(got) > most {
				t.Errorf("%s, hint %d, limit %d: capacity %d", name, test.hint, test.limit, cap(got))
			}
			if a.over != [1]byte{} {
				t.Errorf("%s, hint %d, limit %d: a byte of the content is kept", name, test.hint, test.limit)
			}
		}
	}
}

// hesitant returns nothing, and no error, at every other call.
type hesitant struct {
	r    io.Reader
	odd  bool
	buf  [100]byte
	left []byte
}

func (h *hesitant) Read(p []byte) (int, error) {
	if h.odd = !h.odd; h.odd {
		return 0, nil
	}
	if len(h.left) == 0 {
		n, err := h.r.Read(h.buf[:])
		if err != nil {
			return 0, err
		}
		h.left = h.buf[:n]
	}
	n := copy(p, h.left)
	h.left = h.left[n:]
	return n, nil
}

// An error ends it, also one that comes where nothing more may come.
func TestAppendError(t *testing.T) {
	broken := errors.New("broken")
	for _, limit := range []int{2, 3, 100} {
		r := io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))
		want := broken
		if limit < 3 {
			want = ErrTooLarge
		}
		got, err := new(Appender).Append(nil, r, 0, limit)
		if err != want || !bytes.HasPrefix([]byte("abc"), got) {
			t.Errorf("limit %d: %q, %v", limit, got, err)
		}
	}
}
