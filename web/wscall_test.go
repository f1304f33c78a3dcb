package web_test

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
	"github.com/curlew-rpc/curlew/web"
)

func TestWebSocketUnary(t *testing.T) {
	c := wsDial(t, wsServe(t, newWSService()), "/t.S/Unary?encoding=proto&more=1")
	c.open(`{"header":{"X-Any":["1"]},"timeoutMs":60000,"unknown":[{}]}`)
	c.message("hello")
	c.halfClose()
	h := c.header()
	if !slices.Equal(h["x-h"], []string{"1"}) || !slices.Equal(h["x-h-bin"], []string{base64.RawStdEncoding.EncodeToString([]byte("\x00\xff"))}) || len(h) != 2 {
		t.Errorf("header: %v", h)
	}
	if got := c.response(); got != "hello" {
		t.Errorf("got %q", got)
	}
	if e := c.end(); e.code() != "ok" || !slices.Equal(e.Metadata["x-t"], []string{"2"}) {
		t.Errorf("end: %+v", e)
	}
}

func TestWebSocketStreams(t *testing.T) {
	srv := wsServe(t, newWSService())
	t.Run("server", func(t *testing.T) {
		c := wsDial(t, srv, "/t.S/List?encoding=proto")
		c.open("{}")
		c.message("3")
		c.halfClose()
		c.header()
		for _, want := range []string{"0", "1", "2"} {
			if got := c.response(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if e := c.end(); e.code() != "ok" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("client", func(t *testing.T) {
		c := wsDial(t, srv, "/t.S/Gather?encoding=proto")
		c.open("{}")
		c.message("a")
		c.message("")
		c.message("c")
		c.halfClose()
		c.header()
		if got := c.response(); got != "a++c" {
			t.Errorf("got %q", got)
		}
		c.end()
	})
	t.Run("bidirectional", func(t *testing.T) {
		c := wsDial(t, srv, "/t.S/Chat?encoding=proto")
		c.open("{}")
		for i, text := range []string{"a", "", strings.Repeat("long", 50_000)} {
			c.message(text)
			if i == 0 {
				c.header()
			}
			if got := c.response(); got != text {
				t.Errorf("got %d bytes, want %d", len(got), len(text))
			}
		}
		c.halfClose()
		if e := c.end(); e.code() != "ok" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("ended before the request", func(t *testing.T) {
		c := wsDial(t, srv, "/t.S/Chat?encoding=proto")
		c.open("{}")
		c.message("enough")
		c.message("more")
		c.header()
		if e := c.end(); e.code() != "ok" {
			t.Errorf("%+v", e)
		}
	})
}

func TestWebSocketJSON(t *testing.T) {
	c := wsDial(t, wsServe(t, newWSService()), "/t.S/Unary?encoding=json")
	c.open("{}")
	c.send(websocket.Binary, framed(0, []byte(`"hello"`)))
	c.halfClose()
	c.header()
	if got := c.next(websocket.Binary); got != framed(0, []byte(`"hello"`)) {
		t.Errorf("got %q", got)
	}
	c.end()
}

// What handlers see of metadata: that of the HTTP request, and instead of it that of the
// opening message.
func TestWebSocketMetadata(t *testing.T) {
	srv := wsServe(t, newWSService())
	conn, err := srv.Listener.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	c, _ := wsShake(t, conn, "/t.S/Unary?encoding=proto", map[string]string{"Cookie": "a=b", "X-One": "http", "X-Two": "http"})
	c.open(`{"header":{"X-Two":["1","2"],"b-bin":["AP8="],"connect-timeout-ms":["0"],"grpc-timeout":["0m"],"content-type":["x"]}}`)
	c.message("header")
	c.halfClose()
	c.header()
	got := strings.Split(c.response(), "\n")
	slices.Sort(got)
	want := []string{`b-bin="\x00\xff"`, `cookie="a=b"`, `x-one="http"`, `x-two="1"`, `x-two="2"`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	c.end()
}

func TestWebSocketErrors(t *testing.T) {
	srv := wsServe(t, newWSService(), curlewtest.WithServer(curlew.WithMaxReceiveBytes(1000)))
	long := framed(0, make([]byte, 1001))
	tests := map[string]struct {
		method string
		open   string // "" is {}
		send   []string
		code   string
	}{
		"of the handler":         {"Unary", "", []string{message("fail"), "half"}, "not_found"},
		"panic":                  {"Unary", "", []string{message("panic"), "half"}, "internal"},
		"unknown method":         {"Nothing", "", nil, "unimplemented"},
		"unknown service":        {"../u.S/Unary", "", nil, "unimplemented"},
		"no JSON":                {"Unary", "{", nil, "invalid_argument"},
		"null":                   {"Unary", "null", nil, "invalid_argument"},
		"bad header":             {"Unary", `{"header":[]}`, nil, "invalid_argument"},
		"bad value":              {"Unary", `{"header":{"a":"b"}}`, nil, "invalid_argument"},
		"null value":             {"Unary", `{"header":{"a":[null]}}`, nil, "invalid_argument"},
		"bad name":               {"Unary", `{"header":{"a b":["c"]}}`, nil, "invalid_argument"},
		"a line break":           {"Unary", `{"header":{"a":["b\nc"]}}`, nil, "invalid_argument"},
		"bad binary":             {"Unary", `{"header":{"a-bin":["!"]}}`, nil, "invalid_argument"},
		"too many fields":        {"Unary", `{"header":{"a":[""` + strings.Repeat(`,""`, 200) + `]}}`, nil, "resource_exhausted"},
		"large opening message":  {"Unary", `{"a":"` + strings.Repeat("x", 17<<10) + `"}`, nil, "resource_exhausted"},
		"bad timeout":            {"Unary", `{"timeoutMs":-1}`, nil, "invalid_argument"},
		"timeout in parts":       {"Unary", `{"timeoutMs":1.5}`, nil, "invalid_argument"},
		"timeout as text":        {"Unary", `{"timeoutMs":"1"}`, nil, "invalid_argument"},
		"timeout too long":       {"Unary", `{"timeoutMs":10000000000}`, nil, "invalid_argument"},
		"no time":                {"Unary", `{"timeoutMs":0}`, []string{message("hang"), "half"}, "deadline_exceeded"},
		"no request":             {"Unary", "", []string{"half"}, "unimplemented"},
		"two requests":           {"Unary", "", []string{message("a"), message("b"), "half"}, "unimplemented"},
		"two for a stream":       {"List", "", []string{message("a"), message("b"), "half"}, "unimplemented"},
		"cannot be decoded":      {"Unary", "", []string{framed(0, []byte{8}), "half"}, "invalid_argument"},
		"not decoded, in stream": {"Gather", "", []string{framed(0, []byte{8}), "half"}, "invalid_argument"},
		"too large":              {"Unary", "", []string{long, "half"}, "resource_exhausted"},
		"too large, in a stream": {"Gather", "", []string{message("a"), long, message("b")}, "resource_exhausted"},
		"no envelope":            {"Gather", "", []string{"abc"}, "invalid_argument"},
		"empty":                  {"Gather", "", []string{""}, "invalid_argument"},
		"too short":              {"Gather", "", []string{message("a") + "b"}, "invalid_argument"},
		"too long":               {"Gather", "", []string{message("abc")[:7]}, "invalid_argument"},
		"two envelopes":          {"Gather", "", []string{message("a") + message("b")}, "invalid_argument"},
		"compressed":             {"Gather", "", []string{framed(1, nil)}, "invalid_argument"},
		"unknown flags":          {"Gather", "", []string{framed(4, nil)}, "invalid_argument"},
		"half-close with data":   {"Gather", "", []string{framed(2, []byte(`{"a":1}`))}, "invalid_argument"},
		"after the half-close":   {"Unary", "", []string{message("hang"), "half", message("b")}, "invalid_argument"},
		"second text":            {"Gather", "", []string{"text"}, "invalid_argument"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := wsDial(t, srv, "/t.S/"+test.method+"?encoding=proto")
			if test.open == "" {
				test.open = "{}"
			}
			c.open(test.open)
			for _, s := range test.send {
				switch s {
				case "half":
					c.halfClose()
				case "text":
					c.send(websocket.Text, "{}")
				default:
					c.send(websocket.Binary, s)
				}
			}
			e := c.refused()
			if e.code() != test.code || e.Error.Message == "" {
				t.Errorf("got %+v, want %s", e.Error, test.code)
			}
			if name == "of the handler" && (e.Error.Message != "no such thing" || !slices.Equal(e.Metadata["x-why"], []string{"asked"})) {
				t.Errorf("%+v", e)
			}
		})
	}
	t.Run("binary first", func(t *testing.T) {
		c := wsDial(t, srv, "/t.S/Unary?encoding=proto")
		c.message("a")
		if e := c.refused(); e.code() != "invalid_argument" {
			t.Errorf("%+v", e.Error)
		}
	})
	for _, query := range []string{"", "?encoding=xml", "?encoding=%zz"} {
		c := wsDial(t, srv, "/t.S/Unary"+query)
		c.open("{}")
		if e := c.refused(); e.code() != "invalid_argument" {
			t.Errorf("%q: %+v", query, e.Error)
		}
	}
}

// It is the same in somebody else's HTTP server.
func TestWebSocketOfAnotherServer(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := newWSService()
	srv := curlew.NewServer(curlew.WithCodecs(codec.Proto()))
	s.register(srv)
	h := http.StripPrefix("/api", web.Handler(srv))
	base, cancel := context.WithCancel(t.Context())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hs := &http.Server{Handler: h, BaseContext: func(net.Listener) context.Context { return base }}
	served := make(chan error)
	go func() { served <- hs.Serve(l) }()
	t.Cleanup(func() {
		hs.Close()
		<-served
	})
	dial := func(method string) *wsClient {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return wsOver(t, conn, "/api/t.S/"+method+"?encoding=proto")
	}
	c := dial("Gather")
	c.open("{}")
	c.message("a")
	c.message("b")
	c.halfClose()
	c.header()
	if got := c.response(); got != "a+b" {
		t.Errorf("got %q", got)
	}
	c.end()

	// Its base context ends calls.
	c = dial("Unary")
	c.open("{}")
	c.message("hang")
	c.halfClose()
	wait(t, s.began)
	cancel()
	if e := c.refused(); e.code() != "unavailable" {
		t.Errorf("%+v", e.Error)
	}
	wait(t, s.ended)
}
