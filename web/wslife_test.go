package web_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
)

func TestWebSocketDeadline(t *testing.T) {
	s := newWSService()
	srv := wsServe(t, s)
	t.Run("of a handler that waits", func(t *testing.T) {
		c := wsDial(t, srv, "/t.S/Unary?encoding=proto")
		c.open(`{"timeoutMs":20}`)
		c.message("hang")
		c.halfClose()
		if e := c.refused(); e.code() != "deadline_exceeded" {
			t.Errorf("%+v", e.Error)
		}
		if err := wait(t, s.ended); err != context.DeadlineExceeded {
			t.Error(err)
		}
	})
	t.Run("of one that receives", func(t *testing.T) {
		c := wsDial(t, srv, "/t.S/Gather?encoding=proto")
		c.open(`{"timeoutMs":20}`)
		c.message("a")
		if e := c.refused(); e.code() != "deadline_exceeded" {
			t.Errorf("%+v", e.Error)
		}
	})
	t.Run("of one that sends to who does not read", func(t *testing.T) {
		c := wsDial(t, srv, "/t.S/List?encoding=proto")
		c.open(`{"timeoutMs":20}`)
		c.message("flood")
		c.halfClose()
		if code := curlew.CodeOf(wait(t, s.ended)); code != curlew.DeadlineExceeded {
			t.Error(code)
		}
	})
}

// A client that does not read is given up.
func TestWebSocketSlowReader(t *testing.T) {
	s := newWSService()
	srv := wsServe(t, s, curlewtest.WithServer(curlew.WithWriteTimeout(50*time.Millisecond)))
	c := wsDial(t, srv, "/t.S/List?encoding=proto")
	c.open("{}")
	c.message("flood")
	c.halfClose()
	if err := wait(t, s.ended); err == nil {
		t.Error("the handler could send for ever")
	}
	if _, err := io.Copy(io.Discard, c.in); err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
}

// A client that sends more than its handler takes has to wait, and what is kept for it
// is bounded.
func TestWebSocketBackPressure(t *testing.T) {
	const limit, pipe = 100_000, 4 << 10
	s := newWSService()
	srv := wsServe(t, s, curlewtest.WithServer(curlew.WithMaxReceiveBytes(limit)), curlewtest.WithPipeBytes(pipe))
	for name, size := range map[string]int{"large messages": limit - 10, "small messages": 0} {
		t.Run(name, func(t *testing.T) {
			c := wsDial(t, srv, "/t.S/Gather?encoding=proto")
			c.open("{}")
			c.message("hang")
			ctx := wait(t, s.began)
			frame := wsFrame(websocket.Header{Final: true, Opcode: websocket.Binary}, message(strings.Repeat("x", size)))
			// The time is only for seeing that it waits: there is no event.
			c.conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			sent := 0
			for {
				n, err := c.conn.Write(frame)
				if sent += n; err != nil {
					break
				}
			}
			if most := limit + 64<<10 + limit + pipe + 8<<10; sent > most {
				t.Errorf("%d bytes were taken, which is more than %d", sent, most)
			}
			if ctx.Err() != nil {
				t.Error("the call has ended")
			}
			c.conn.Close()
		})
	}
}

// The order of messages is kept though reading pauses in between.
func TestWebSocketPausesAndGoesOn(t *testing.T) {
	srv := wsServe(t, newWSService(), curlewtest.WithServer(curlew.WithMaxReceiveBytes(1000)), curlewtest.WithPipeBytes(1000))
	c := wsDial(t, srv, "/t.S/Chat?encoding=proto")
	c.open("{}")
	const n = 2000
	sent := make(chan error, 1)
	frames := func() (all []byte) {
		for i := range n {
			all = append(all, wsFrame(websocket.Header{Final: true, Opcode: websocket.Binary}, message(strings.Repeat("x", i%900)))...)
		}
		return append(all, wsFrame(websocket.Header{Final: true, Opcode: websocket.Binary}, framed(2, []byte("{}")))...)
	}()
	go func() {
		_, err := c.conn.Write(frames)
		sent <- err
	}()
	c.header()
	for i := range n {
		if got := c.response(); len(got) != i%900 {
			t.Fatalf("message %d has %d bytes", i, len(got))
		}
	}
	if err := wait(t, sent); err != nil {
		t.Error(err)
	}
	c.end()
}

func TestWebSocketKeepalive(t *testing.T) {
	s := newWSService()
	srv := wsServe(t, s, curlewtest.WithServer(curlew.WithKeepalive(time.Second, 50*time.Millisecond)))
	for name, answer := range map[string]bool{"answered": true, "silent": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := wsDial(t, srv, "/t.S/Chat?encoding=proto")
			c.open("{}")
			c.message("a")
			c.header()
			c.response()
			if got := c.next(websocket.Ping); got != "" {
				t.Errorf("ping %q", got)
			}
			if !answer {
				c.gone()
				return
			}
			c.send(websocket.Pong, "")
			c.next(websocket.Ping) // a second one: the first was answered
			c.halfClose()
			if e := c.end(); e.code() != "ok" {
				t.Errorf("%+v", e)
			}
		})
	}
}

// A client has to say what it wants, and all of a request that has one message, in time.
func TestWebSocketSlowClient(t *testing.T) {
	srv := wsServe(t, newWSService(), curlewtest.WithServer(curlew.WithHandshakeTimeout(50*time.Millisecond)))
	for name, begun := range map[string]string{"nothing": "", "half a frame": "\x81\x90abcd", "half a message": "\x01\x82abcdef"} {
		t.Run(name, func(t *testing.T) {
			c := wsDial(t, srv, "/t.S/Unary?encoding=proto")
			c.raw([]byte(begun))
			if e := c.refused(); e.code() != "deadline_exceeded" {
				t.Errorf("%+v", e.Error)
			}
		})
	}
}

// Who closes the server ends calls, whatever they are at, and their clients hear of it.
func TestWebSocketServerCloses(t *testing.T) {
	for name, test := range map[string]struct {
		method string
		begin  func(t *testing.T, c *wsClient, s *wsService)
	}{
		"not open yet": {"Unary", func(*testing.T, *wsClient, *wsService) {}},
		"within a frame": {"Unary", func(t *testing.T, c *wsClient, s *wsService) {
			c.raw(wsFrame(websocket.Header{Final: true, Opcode: websocket.Text}, "{}")[:7])
		}},
		"the handler works": {"Unary", func(t *testing.T, c *wsClient, s *wsService) {
			c.open("{}")
			c.message("hang")
			c.halfClose()
			wait(t, s.began)
		}},
		"the handler receives": {"Chat", func(t *testing.T, c *wsClient, s *wsService) {
			c.open("{}")
			c.message("a")
			c.header()
			c.response()
		}},
		"reading is paused": {"Gather", func(t *testing.T, c *wsClient, s *wsService) {
			c.open("{}")
			c.message("hang")
			wait(t, s.began)
			c.conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			for err := error(nil); err == nil; {
				_, err = c.conn.Write(wsFrame(websocket.Header{Final: true, Opcode: websocket.Binary}, message("more and more")))
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWSService()
			srv := wsServe(t, s, curlewtest.WithServer(curlew.WithMaxReceiveBytes(1000)))
			c := wsDial(t, srv, "/t.S/"+test.method+"?encoding=proto")
			test.begin(t, c, s)
			closed := make(chan error, 1)
			go func() { closed <- srv.Close() }()
			e := c.refused()
			if e.code() != "unavailable" {
				t.Errorf("%+v", e.Error)
			}
			if err := wait(t, closed); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("nobody reads", func(t *testing.T) {
		s := newWSService()
		srv := wsServe(t, s)
		c := wsDial(t, srv, "/t.S/List?encoding=proto")
		c.open("{}")
		c.message("flood")
		c.halfClose()
		if _, err := c.in.Peek(1); err != nil {
			t.Fatal(err)
		}
		srv.Close()
		if err := wait(t, s.ended); err == nil {
			t.Error("the handler could go on")
		}
	})
}

// A server that shuts down lets calls finish, and waits for them.
func TestWebSocketServerDrains(t *testing.T) {
	s := newWSService()
	srv := wsServe(t, s)
	c := wsDial(t, srv, "/t.S/Chat?encoding=proto")
	c.open("{}")
	c.message("a")
	c.header()
	c.response()
	drained := make(chan error, 1)
	leaving := make(chan struct{})
	srv.OnShutdown(func() { close(leaving) })
	go func() { drained <- srv.Shutdown(context.Background()) }()
	wait(t, leaving)
	for range 3 {
		c.message("b")
		if got := c.response(); got != "b" {
			t.Errorf("got %q", got)
		}
	}
	select {
	case err := <-drained:
		t.Errorf("the server has not waited: %v", err)
	default:
	}
	c.halfClose()
	if e := c.end(); e.code() != "ok" {
		t.Errorf("%+v", e)
	}
	if err := wait(t, drained); err != nil {
		t.Error(err)
	}
}

// When time is up, it ends them.
func TestWebSocketServerCuts(t *testing.T) {
	s := newWSService()
	srv := wsServe(t, s)
	c := wsDial(t, srv, "/t.S/Unary?encoding=proto")
	c.open("{}")
	c.message("hang")
	c.halfClose()
	wait(t, s.began)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	drained := make(chan error, 1)
	go func() { drained <- srv.Shutdown(ctx) }()
	if e := c.refused(); e.code() != "unavailable" || !strings.Contains(e.Error.Message, "shutting down") {
		t.Errorf("%+v", e.Error)
	}
	if err := wait(t, drained); err != context.Canceled {
		t.Error(err)
	}
}

// What goes on in an ended call ends too, when the client does not answer the closing.
func TestWebSocketNoAnswerToClose(t *testing.T) {
	srv := wsServe(t, newWSService())
	c := wsDial(t, srv, "/t.S/Unary?encoding=proto")
	c.open("{}")
	c.message("a")
	c.halfClose()
	c.header()
	c.response()
	c.next(websocket.Binary)
	c.next(websocket.Close)
	c.gone()
}
