package web_test

import (
	"io"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
	"github.com/curlew-rpc/curlew/web"
)

// FuzzWebSocket has a client send anything. The server is not to fail, and to be done
// with the call when the client is.
func FuzzWebSocket(f *testing.F) {
	frame := func(op websocket.Opcode, final bool, payload string) string {
		return string(wsFrame(websocket.Header{Final: final, Opcode: op}, payload))
	}
	opening := frame(websocket.Text, true, "{}")
	half := frame(websocket.Binary, true, framed(2, []byte("{}")))
	f.Add(false, opening+frame(websocket.Binary, true, message("a"))+half)
	f.Add(true, opening+frame(websocket.Binary, true, message("a"))+frame(websocket.Binary, true, message("b"))+half)
	f.Add(true, opening+frame(websocket.Binary, false, message("abc")[:4])+frame(websocket.Ping, true, "p")+frame(websocket.Continuation, true, message("abc")[4:]))
	f.Add(true, opening+frame(websocket.Binary, true, framed(0, make([]byte, 2000)))+half+half)
	f.Add(true, frame(websocket.Text, true, `{"header":{"a":["b"],"c-bin":["AA"]},"timeoutMs":1}`))
	f.Add(false, opening+opening)
	f.Add(false, frame(websocket.Close, true, "\x03\xe8bye"))
	f.Add(false, "\x81\xfe\xff\xff")
	s := newWSService()
	srv := curlew.NewServer(web.Enable(), curlew.WithMaxReceiveBytes(1000))
	s.register(srv)
	l := curlewtest.Listen(0)
	go srv.Serve(l)
	f.Cleanup(func() { srv.Close() })
	f.Fuzz(func(t *testing.T, stream bool, sent string) {
		target := "/t.S/Unary?encoding=proto"
		if stream {
			target = "/t.S/Chat?encoding=proto"
		}
		conn, err := l.Dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(wsTime))
		c := wsPipelined(t, conn, "GET "+target+" HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: curlew.v1\r\n\r\n")
		go func() {
			io.WriteString(conn, sent) // the server may not want all of it
			conn.(*curlewtest.Conn).CloseWrite()
		}()
		ended := false
		for {
			h, payload, err := c.frame()
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case ended:
				t.Fatalf("%+v after the closing", h)
			case h.Opcode == websocket.Close:
				if _, _, err := websocket.ParseClose(payload); err != nil {
					t.Fatal(err)
				}
				ended = true
			case h.Opcode == websocket.Binary && len(payload) < 5:
				t.Fatalf("%q is no envelope", payload)
			}
		}
		for len(s.ended) > 0 {
			<-s.ended
		}
	})
}
