package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
)

func TestWebSocketFragments(t *testing.T) {
	c := wsDial(t, wsServe(t, newWSService()), "/t.S/Chat?encoding=proto")
	split := func(op websocket.Opcode, text string, sizes ...int) {
		for i, n := range sizes {
			c.raw(wsFrame(websocket.Header{Opcode: op, Final: i == len(sizes)-1}, text[:n]))
			op, text = websocket.Continuation, text[n:]
			if i == len(sizes)-1 {
				return // what answers the message may come before a pong
			}
			c.send(websocket.Ping, fmt.Sprint(i))
			if got := c.next(websocket.Pong); got != fmt.Sprint(i) {
				t.Errorf("pong %q", got)
			}
		}
	}
	split(websocket.Text, `{"x":"é€"}`, 0, 7, 2, 4) // within letters
	long := message(strings.Repeat("fragment", 20_000))
	split(websocket.Binary, long, 3, 1, 0, 1, 70_000, len(long)-70_005, 0)
	c.header()
	if got := c.response(); got != strings.Repeat("fragment", 20_000) {
		t.Errorf("got %d bytes", len(got))
	}
	// A frame may come a byte at a time.
	for _, b := range wsFrame(websocket.Header{Final: true, Opcode: websocket.Binary}, message("slow")) {
		c.raw([]byte{b})
	}
	if got := c.response(); got != "slow" {
		t.Errorf("got %q", got)
	}
	c.halfClose()
	c.end()
}

// Pings are answered while the handler waits and while it does not read.
func TestWebSocketPing(t *testing.T) {
	s := newWSService()
	c := wsDial(t, wsServe(t, s), "/t.S/Unary?encoding=proto")
	c.send(websocket.Ping, "before it is open")
	if got := c.next(websocket.Pong); got != "before it is open" {
		t.Errorf("pong %q", got)
	}
	c.send(websocket.Pong, "nobody asked")
	c.open("{}")
	c.message("hang")
	c.halfClose()
	wait(t, s.began)
	c.send(websocket.Ping, strings.Repeat("p", 125))
	if got := c.next(websocket.Pong); got != strings.Repeat("p", 125) {
		t.Errorf("pong %q", got)
	}
}

// What breaks RFC 6455 has the WebSocket closed by its statuses, before the call and in it.
func TestWebSocketViolations(t *testing.T) {
	unmasked := websocket.AppendFrame(nil, websocket.Header{Final: true, Opcode: websocket.Binary}, []byte(message("a")))
	closing := func(payload string) []byte {
		return wsFrame(websocket.Header{Final: true, Opcode: websocket.Close}, payload)
	}
	text := func(payload string, final bool) []byte {
		return wsFrame(websocket.Header{Final: final, Opcode: websocket.Text}, payload)
	}
	tests := map[string]struct {
		raw  []byte
		code websocket.CloseCode
	}{
		"not masked":             {unmasked, 1002},
		"reserved bit":           {[]byte{0xc2, 0x80, 0, 0, 0, 0}, 1002},
		"reserved opcode":        {[]byte{0x83, 0x80, 0, 0, 0, 0}, 1002},
		"long ping":              {[]byte{0x89, 0xfe, 0, 126}, 1002},
		"fragmented ping":        {[]byte{0x09, 0x80, 0, 0, 0, 0}, 1002},
		"length not shortest":    {[]byte{0x82, 0xfe, 0, 5}, 1002},
		"length with a sign":     {[]byte{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, 1002},
		"continuation of none":   {wsFrame(websocket.Header{Final: true}, "a"), 1002},
		"message within another": {append(text("{", false), text("}", true)...), 1002},
		"text not UTF-8":         {text("{\xff}", true), 1007},
		"text ends in a letter":  {text("{\xc3", true), 1007},
		"not UTF-8 in fragments": {append(text("\xe2\x82", false), wsFrame(websocket.Header{Final: true}, "\x28")...), 1007},
		"empty fragments":        {slices.Concat(text("", false), []byte(strings.Repeat(string(wsFrame(websocket.Header{}, "")), 1001))), 1008},
		"close with half a code": {closing("\x03"), 1002},
		"close with a bad code":  {closing("\x03\xed"), 1002},
		"close, not UTF-8":       {closing("\x03\xe8\xff"), 1007},
	}
	s := newWSService()
	srv := wsServe(t, s)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := wsDial(t, srv, "/t.S/Gather?encoding=proto")
			c.raw(test.raw)
			c.closed(test.code)

			c = wsDial(t, srv, "/t.S/Gather?encoding=proto")
			c.open("{}")
			c.message("hang")
			wait(t, s.began)
			c.raw(test.raw)
			c.closed(test.code)
			if err := wait(t, s.ended); err == nil {
				t.Error("the handler was not cancelled")
			}
		})
	}
}

// Clients close when they do not want the call any more.
func TestWebSocketCancel(t *testing.T) {
	s := newWSService()
	srv := wsServe(t, s)
	for name, method := range map[string]string{"while the handler works": "Unary", "while it receives": "Chat"} {
		for _, how := range []string{"\x03\xe8", "\x0f\xa0why", "", "cut"} {
			t.Run(name+" "+fmt.Sprintf("%q", how), func(t *testing.T) {
				c := wsDial(t, srv, "/t.S/"+method+"?encoding=proto")
				c.open("{}")
				if method == "Unary" {
					c.message("hang")
					c.halfClose()
					wait(t, s.began)
				} else {
					c.message("a")
					c.header()
					c.response()
				}
				if how == "cut" {
					c.conn.Close()
				} else {
					c.send(websocket.Close, how)
					if got := c.next(websocket.Close); got != how[:min(2, len(how))] {
						t.Errorf("answered %q", got)
					}
					c.gone()
				}
				if code := curlew.CodeOf(wait(t, s.ended)); code != curlew.Canceled && code != curlew.Unknown {
					t.Errorf("the handler has %v", code)
				}
			})
		}
	}
	t.Run("before the opening message", func(t *testing.T) {
		c := wsDial(t, srv, "/t.S/Unary?encoding=proto")
		c.send(websocket.Close, "")
		if got := c.next(websocket.Close); got != "" {
			t.Errorf("answered %q", got)
		}
		c.gone()
	})
}

// The header of a frame is believed only as far as the limit, before anything is kept.
func TestWebSocketAnnouncedLength(t *testing.T) {
	srv := wsServe(t, newWSService(), curlewtest.WithServer(curlew.WithMaxReceiveBytes(1000)))
	huge := websocket.AppendHeader(nil, websocket.Header{Final: true, Opcode: websocket.Binary, Masked: true, Length: 1 << 62})
	c := wsDial(t, srv, "/t.S/Gather?encoding=proto")
	c.open("{}")
	c.raw(huge)
	if e := c.refused(); e.code() != "resource_exhausted" {
		t.Errorf("%+v", e.Error)
	}
	c = wsDial(t, srv, "/t.S/Gather?encoding=proto")
	c.raw(huge)
	if e := c.refused(); e.code() != "resource_exhausted" {
		t.Errorf("%+v", e.Error)
	}
}
