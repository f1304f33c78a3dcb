package web_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
	"github.com/curlew-rpc/curlew/web"
)

func TestWebSocketHandshake(t *testing.T) {
	cors := web.WithCORS(web.CORS{Origins: []string{"https://shop.example", "https://*.friends.example"}})
	own := web.WithHandler("/ws/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "handler of "+r.Header.Get("Upgrade"))
	}))
	srv := wsServeWeb(t, newWSService(), []web.Option{cors, own})
	const method = "/t.S/Unary?encoding=proto"
	tests := map[string]struct {
		target string
		fields map[string]string
		status int
		text   string // in the response
	}{
		"good":                      {method, nil, 101, ""},
		"own origin":                {method, map[string]string{"Origin": "http://in-process:1"}, 101, ""},
		"own origin, behind TLS":    {method, map[string]string{"Origin": "https://IN-process:1"}, 101, ""},
		"own origin, usual port":    {method, map[string]string{"Origin": "https://a.example", "Host": "a.example:443"}, 101, ""},
		"allowed origin":            {method, map[string]string{"Origin": "https://shop.example"}, 101, ""},
		"allowed by pattern":        {method, map[string]string{"Origin": "https://my.friends.example"}, 101, ""},
		"foreign origin":            {method, map[string]string{"Origin": "https://evil.example"}, 403, "origin"},
		"foreign port":              {method, map[string]string{"Origin": "http://in-process:2"}, 403, "origin"},
		"other scheme":              {method, map[string]string{"Origin": "ftp://in-process:1"}, 403, "origin"},
		"null origin":               {method, map[string]string{"Origin": "null"}, 403, "origin"},
		"lookalike":                 {method, map[string]string{"Origin": "https://in-process:1.evil.example"}, 403, "origin"},
		"two origins":               {method, map[string]string{"Origin": "http://in-process:1\r\nOrigin: http://in-process:1"}, 403, "origin"},
		"foreign, unknown method":   {"/t.S/Nothing", map[string]string{"Origin": "https://evil.example"}, 403, "origin"},
		"no sub-protocol":           {method, map[string]string{"Sec-WebSocket-Protocol": ""}, 400, "curlew.v1"},
		"another sub-protocol":      {method, map[string]string{"Sec-WebSocket-Protocol": "graphql-ws, curlew.v2"}, 400, "curlew.v1"},
		"old version":               {method, map[string]string{"Sec-WebSocket-Version": "8"}, 426, "13"},
		"bad key":                   {method, map[string]string{"Sec-WebSocket-Key": "abc"}, 400, "key"},
		"with content":              {method, map[string]string{"Content-Length": "1"}, 400, "content"},
		"POST":                      {method, map[string]string{"method": "POST", "Content-Length": "0"}, 400, ""},
		"not asked for":             {method, map[string]string{"Upgrade": ""}, 405, ""},
		"for the handler, other":    {"/ws/1", map[string]string{"Sec-WebSocket-Protocol": "graphql-ws"}, 200, "handler of websocket"},
		"nobody's":                  {"/nothing", map[string]string{"Sec-WebSocket-Protocol": ""}, 404, ""},
		"unknown, but of ours":      {"/nothing", nil, 101, ""},
		"unknown, escaped":          {"/t.S%2fUnary", nil, 101, ""},
		"tokens in any letter case": {method, map[string]string{"Upgrade": "WebSocket", "Connection": "UPGRADE"}, 101, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			conn, err := srv.Listener.Dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			_, res := wsShake(t, conn, test.target, test.fields)
			if res.StatusCode != test.status {
				t.Fatalf("status %d, want %d", res.StatusCode, test.status)
			}
			if test.status == 426 && (res.Header.Get("Sec-WebSocket-Version") != "13" || res.Header.Get("Upgrade") != "websocket") {
				t.Errorf("%v", res.Header)
			}
			if test.status == 101 {
				if res.Header.Get("Sec-WebSocket-Protocol") != "curlew.v1" {
					t.Errorf("%v", res.Header)
				}
				return
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || !strings.Contains(string(body), test.text) {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
}

// What cannot be had from the server around is said.
func TestWebSocketWithoutHijack(t *testing.T) {
	s := newWSService()
	srv := curlew.NewServer()
	s.register(srv)
	for proto, want := range map[string]int{"HTTP/1.1": 501, "HTTP/1.0": 400} {
		r := httptest.NewRequest("GET", "/t.S/Unary", nil)
		r.Proto = proto
		_, r.ProtoMinor, _ = http.ParseHTTPVersion(proto)
		for name, value := range map[string]string{
			"Connection": "upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": "curlew.v1",
		} {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		web.Handler(srv).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", proto, w.Code, want)
		}
	}
}

// A page of another site that may call, but not with its visitors' credentials, has
// those that the browser sends along ignored.
func TestWebSocketCredentials(t *testing.T) {
	for _, credentials := range []bool{false, true} {
		cors := web.WithCORS(web.CORS{Origins: []string{"https://shop.example"}, Credentials: credentials})
		srv := wsServeWeb(t, newWSService(), []web.Option{cors})
		for origin, want := range map[string]bool{"https://shop.example": credentials, "http://in-process:1": true} {
			conn, err := srv.Listener.Dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			c, res := wsShake(t, conn, "/t.S/Unary?encoding=proto", map[string]string{"Origin": origin, "Cookie": "a=b", "Authorization": "Basic c"})
			if res.StatusCode != 101 {
				t.Fatal(res.Status)
			}
			c.open(`{"header":{"x-own":["token"]}}`)
			c.message("header")
			c.halfClose()
			c.header()
			got := c.response()
			if strings.Contains(got, "a=b") != want || strings.Contains(got, "Basic") != want || !strings.Contains(got, "token") {
				t.Errorf("credentials %v, from %s: %q", credentials, origin, got)
			}
			c.end()
		}
	}
}

// What comes right behind the handshake is not lost.
func TestWebSocketEagerClient(t *testing.T) {
	srv := wsServe(t, newWSService())
	conn, err := srv.Listener.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	all := "GET /t.S/Unary?encoding=proto HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: curlew.v1\r\n\r\n"
	all += string(wsFrame(websocket.Header{Final: true, Opcode: websocket.Text}, "{}"))
	all += string(wsFrame(websocket.Header{Final: true, Opcode: websocket.Binary}, message(strings.Repeat("early", 2000))))
	all += string(wsFrame(websocket.Header{Final: true, Opcode: websocket.Binary}, framed(2, []byte("{}"))))
	c := wsPipelined(t, conn, all)
	c.header()
	if got := c.response(); got != strings.Repeat("early", 2000) {
		t.Errorf("got %d bytes", len(got))
	}
	c.end()
}

func TestWebSocketOverTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := newWSService()
	cert, pool := wsCertificate(t)
	srv := curlew.NewServer(web.Enable(), curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
	s.register(srv)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	dial := func() net.Conn {
		conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "example.com", NextProtos: []string{"http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	c := wsOver(t, dial(), "/t.S/Chat?encoding=proto")
	c.open("{}")
	c.message("a")
	c.header()
	if got := c.response(); got != "a" {
		t.Errorf("got %q", got)
	}
	c.message(strings.Repeat("x", 300_000))
	if got := c.response(); len(got) != 300_000 {
		t.Errorf("got %d bytes", len(got))
	}
	c.halfClose()
	c.end()

	// Where there is TLS, pages without it are foreign.
	if _, res := wsShake(t, dial(), "/t.S/Chat", map[string]string{"Origin": "http://in-process:1"}); res.StatusCode != 403 {
		t.Error(res.Status)
	}

	c = wsOver(t, dial(), "/t.S/Unary?encoding=proto")
	c.open("{}")
	c.message("hang")
	c.halfClose()
	wait(t, s.began)
	go srv.Close()
	if e := c.refused(); e.code() != "unavailable" {
		t.Errorf("%+v", e.Error)
	}
	wait(t, s.ended)
}
