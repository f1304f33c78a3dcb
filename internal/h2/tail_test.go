package h2

import (
	"fmt"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// Messages of a stream that are written together share frames.
func TestDataSharesFrames(t *testing.T) {
	for _, row := range []struct {
		name  string
		calls func(c *Conn)
		want  string
	}{
		{"of one stream", func(c *Conn) {
			for range 10 {
				c.appendDataLocked(1, make([]byte, 10), false)
			}
		}, "1:100"},
		{"with its end", func(c *Conn) {
			c.appendDataLocked(1, make([]byte, 10), false)
			c.appendDataLocked(1, make([]byte, 10), true)
		}, "1:20es"},
		{"with its end alone", func(c *Conn) {
			c.appendDataLocked(1, make([]byte, 10), false)
			c.appendDataLocked(1, nil, true)
		}, "1:10es"},
		{"of two streams", func(c *Conn) {
			c.appendDataLocked(1, make([]byte, 10), false)
			c.appendDataLocked(3, make([]byte, 10), false)
			c.appendDataLocked(3, make([]byte, 10), false)
			c.appendDataLocked(1, make([]byte, 10), false)
		}, "1:10 3:20 1:10"},
		{"beside another frame", func(c *Conn) {
			c.appendDataLocked(1, make([]byte, 10), false)
			c.appendWindowUpdateLocked(1, 7)
			c.appendDataLocked(1, make([]byte, 10), false)
		}, "1:10 WINDOW_UPDATE 1:10"},
		{"up to the largest frame", func(c *Conn) {
			c.appendDataLocked(1, make([]byte, 16000), false)
			c.appendDataLocked(1, make([]byte, 1000), false)
			c.appendDataLocked(1, make([]byte, 40000), true)
		}, "1:16384 1:16384 1:16384 1:7848es"},
		{"after the limit fell", func(c *Conn) {
			c.peerMaxFrame = 20000
			c.appendDataLocked(1, make([]byte, 18000), false)
			c.peerMaxFrame = 16384
			c.appendDataLocked(1, make([]byte, 10), true)
		}, "1:18000 1:10es"},
		{"not once taken", func(c *Conn) {
			c.appendDataLocked(1, make([]byte, 10), false)
			c.wbuf = nil
			c.takenLocked()
			c.appendDataLocked(3, make([]byte, 10), false)
			c.wbuf = nil
			c.takenLocked()
			c.appendDataLocked(1, make([]byte, 10), true)
		}, "1:10es"},
		{"nothing but the end", func(c *Conn) { c.appendDataLocked(1, nil, true) }, "1:0es"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := decodingConn()
			c.peerMaxFrame = frame.DefaultMaxSize
			row.calls(c)
			got := dataFrames(c.wbuf.B)
			if s := strings.Join(got, " "); s != row.want {
				t.Errorf("there are %s, not %s", s, row.want)
			}
		})
	}
}

// dataFrames names the frames of b: stream and length of DATA, the type of others.
func dataFrames(b []byte) (got []string) {
	for len(b) > 0 {
		h := frame.ParseHeader(b)
		word := h.Type.String()
		if h.Type == frame.TypeData {
			word = fmt.Sprintf("%d:%d", h.StreamID, h.Length)
			if h.Flags.Has(frame.FlagEndStream) {
				word += "es"
			}
		}
		got = append(got, word)
		b = b[frame.HeaderLen+h.Length:]
	}
	return got
}
