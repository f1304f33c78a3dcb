package web_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

// A wire is a connection of HTTP/1.1 to write anything to.
type wire struct {
	t  testing.TB
	nc net.Conn
	r  *bufio.Reader
}

func (h *host) wire() *wire {
	nc := h.raw()
	return &wire{h.t, nc, bufio.NewReader(nc)}
}

func (w *wire) write(s string) {
	w.t.Helper()
	if _, err := io.WriteString(w.nc, s); err != nil {
		w.t.Fatal(err)
	}
}

// next reads a response, nil if the connection has ended.
func (w *wire) next(method string) *reply {
	w.t.Helper()
	w.nc.SetReadDeadline(time.Now().Add(20 * time.Second))
	res, err := http.ReadResponse(w.r, &http.Request{Method: method})
	if err != nil {
		if os.IsTimeout(err) {
			w.t.Fatal("there is no response")
		}
		return nil
	}
	body, err := io.ReadAll(res.Body)
	return &reply{res, string(body), err}
}

// ended fails the test if the server keeps the connection open.
func (w *wire) ended(what string) {
	w.t.Helper()
	w.nc.SetReadDeadline(time.Now().Add(20 * time.Second))
	if b, err := io.ReadAll(w.r); os.IsTimeout(err) || len(b) > 0 {
		w.t.Errorf("%s: the connection has not ended: %q, %v", what, b, err)
	}
}

// post is a request with a content-length.
func post(path, ct, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: in-process\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", path, ct, len(body), body)
}

// Requests over one connection of HTTP/1.1, whatever they are, do not disturb each other.
func TestHTTP1KeepAlive(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, []web.Option{web.WithHandler("/page", text("page"))})
	w := h.wire()
	one := framed(0, []byte(`{}`))
	for i, tt := range []struct {
		request, method string
		status          int
	}{
		{post(library+"Echo", jsonType, `{"text":"a"}`), "POST", 200},
		{post(library+"Echo", jsonType, `{`), "POST", 400},
		{post(library+"Echo", "application/xml", `{}`), "POST", 415},
		{post(library+"Nothing", jsonType, `{}`), "POST", 404},
		{post(library+"Echo", "application/grpc", "\x00\x00\x00\x00\x00"), "POST", 505},
		{post(library+"Echo", "application/grpc-web", "\x00\x00\x00\x00\x00"), "POST", 200},
		{post(library+"Watch", "application/connect+json", one), "POST", 200},
		{post(library+"Import", "application/connect+json", one+one), "POST", 200},
		{post(library+"Discuss", "application/connect+json", one+one), "POST", 200},
		{post("/v1/import", jsonType, `{}{}`), "POST", 200},
		{post("/v1/echo", jsonType, `{}`), "POST", 200},
		{"GET /v1/watch?count=3 HTTP/1.1\r\nHost: in-process\r\n\r\n", "GET", 200},
		{"HEAD /v1/watch?count=3 HTTP/1.1\r\nHost: in-process\r\n\r\n", "HEAD", 200},
		{"GET /v1/shelves/a/books/b HTTP/1.1\r\nHost: in-process\r\n\r\n", "GET", 200},
		{"DELETE /v1/shelves/a/books/b HTTP/1.1\r\nHost: in-process\r\n\r\n", "DELETE", 200},
		{"OPTIONS " + library + "Echo HTTP/1.1\r\nHost: in-process\r\nOrigin: http://a\r\nAccess-Control-Request-Method: POST\r\n\r\n", "OPTIONS", 204},
		{"GET /page HTTP/1.1\r\nHost: in-process\r\n\r\n", "GET", 200},
		// Chunks may be of any size, and have extensions and trailers.
		{"POST /v1/echo HTTP/1.1\r\nHost: in-process\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n1\r\n}\r\n0\r\nX-T: a\r\n\r\n", "POST", 200},
		// Some clients ask whether they may send their content; and for HTTP/2, in vain.
		{strings.Replace(post("/v1/echo", jsonType, `{}`), "Host", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\nHost", 1), "POST", 200},
		{post(library+"Echo", jsonType, `{"text":"a"}`), "POST", 200},
	} {
		w.write(tt.request)
		r := w.next(tt.method)
		if r == nil || r.StatusCode != tt.status || r.err != nil || r.Close {
			t.Fatalf("request %d: %+v; want status %d", i, r, tt.status)
		}
	}
}

func TestHTTP1Pipelining(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	w := h.wire()
	one := framed(0, []byte(`{"title":"x"}`))
	const n = 20
	go func() {
		for i := range n {
			io.WriteString(w.nc, post(library+"Echo", jsonType, fmt.Sprintf(`{"small":%d}`, i+1))+
				post(library+"Discuss", "application/connect+json", one))
		}
	}()
	for i := range n {
		if r := w.next("POST"); r == nil || r.body != fmt.Sprintf(`{"small":%d}`, i+1) {
			t.Fatalf("response %d: %+v", i, r)
		}
		if r := w.next("POST"); r == nil || !strings.HasPrefix(r.body, one) || r.err != nil {
			t.Fatalf("stream %d: %+v", i, r)
		}
	}
}

// A client that asks first is told to go on when the call reads its request, or gets an
// error instead.
func TestHTTP1Continue(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	w := h.wire()
	ask := func(path, ct string, n int) {
		w.write(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: in-process\r\nExpect: 100-continue\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", path, ct, n))
	}
	for _, path := range []string{library + "Echo", "/v1/echo", "/v1/discuss"} {
		ask(path, jsonType, 2)
		if line, err := w.r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
			t.Fatalf("%s: %q, %v", path, line, err)
		}
		w.r.ReadString('\n')
		w.write("{}")
		if r := w.next("POST"); r == nil || r.StatusCode != 200 {
			t.Fatalf("%s: %+v", path, r)
		}
	}
	ask("/v1/import", jsonType, 5<<20)
	w.nc.SetReadDeadline(time.Now().Add(20 * time.Second))
	if line, err := w.r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatalf("%q, %v", line, err)
	}
}

// What is no HTTP, or could be taken for another request by somebody on the way, is
// answered by an error and the connection's end.
func TestHTTP1Malformed(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	const smuggled = "GET /v1/echo?text=smuggled HTTP/1.1\r\nHost: in-process\r\n\r\n"
	head := "POST /v1/echo HTTP/1.1\r\nHost: in-process\r\nContent-Type: application/json\r\n"
	for name, request := range map[string]string{
		"two lengths":            head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" + smuggled,
		"a length that is none":  head + "Content-Length: +2\r\n\r\n{}" + smuggled,
		"a negative length":      head + "Content-Length: -2\r\n\r\n{}" + smuggled,
		"another coding":         head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"a coding twice":         head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"a coding in disguise":   head + "Transfer-Encoding: \x0bchunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n" + smuggled,
		"a space before a colon": head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"no host":                "GET /v1/echo HTTP/1.1\r\n\r\n" + smuggled,
		"two hosts":              "GET /v1/echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + smuggled,
		"a bad host":             "GET /v1/echo HTTP/1.1\r\nHost: a b\r\n\r\n" + smuggled,
		"a bad name":             "GET /v1/echo HTTP/1.1\r\nHost: a\r\nX(Y: b\r\n\r\n" + smuggled,
		"a zero in a value":      "GET /v1/echo HTTP/1.1\r\nHost: a\r\nX: b\x00c\r\n\r\n" + smuggled,
		"a bad path":             "GET /v1/%zz HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled,
		"no path":                "GET  HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled,
		"no method":              " /v1/echo HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled,
		"another version":        "GET /v1/echo HTTP/3.0\r\nHost: a\r\n\r\n" + smuggled,
		"nothing known":          "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("x", 100) + "\r\n\r\n",
		"much":                   "GET /v1/echo HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n" + smuggled,
	} {
		t.Run(name, func(t *testing.T) {
			w := h.wire()
			w.t = t
			go io.WriteString(w.nc, request)
			r := w.next("POST")
			if r != nil && (r.StatusCode < 400 || r.StatusCode >= 600 || strings.Contains(r.body, "smuggled")) {
				t.Errorf("status %d, body %s", r.StatusCode, r.body)
			}
			w.ended(name)
		})
	}
	// Where both are said the length counts nothing (RFC 9112 §6.3).
	w := h.wire()
	w.write(head + "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + smuggled)
	if first, second := w.next("POST"), w.next("GET"); first == nil || first.body != "{}" || second == nil || second.body != `{"text":"smuggled"}` {
		t.Errorf("responses %+v, %+v", first, second)
	}
	// A body with bad chunks breaks off.
	for _, chunks := range []string{"zz\r\n{}\r\n0\r\n\r\n", "2\r\n{}x\r\n0\r\n\r\n", "ffffffffffffffffff\r\n{}\r\n"} {
		w := h.wire()
		w.write(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + smuggled)
		for r := w.next("POST"); r != nil; r = w.next("GET") {
			if strings.Contains(r.body, "smuggled") {
				t.Errorf("a request behind chunks %q was answered", chunks)
			}
		}
	}
}

// A request for a target of other forms than a path does no harm.
func TestHTTP1Targets(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	for request, status := range map[string]int{
		"GET http://other.example/v1/echo HTTP/1.1\r\nHost: in-process\r\n\r\n": 200,
		"OPTIONS * HTTP/1.1\r\nHost: in-process\r\n\r\n":                        200, // by net/http
		"CONNECT other.example:80 HTTP/1.1\r\nHost: other.example:80\r\n\r\n":   400,
		"GET /v1/echo#x HTTP/1.1\r\nHost: in-process\r\n\r\n":                   404,
		"GET /v1/echo HTTP/1.0\r\n\r\n":                                         200,
		"GET ?x HTTP/1.1\r\nHost: in-process\r\n\r\n":                           400,
	} {
		w := h.wire()
		w.write(request)
		if r := w.next(strings.Fields(request)[0]); r == nil || r.StatusCode != status {
			t.Errorf("%q: %+v, want %d", request, r, status)
		}
	}
}

// Without web a server closes what does not speak HTTP/2.
func TestHTTP1Off(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := curlewtest.NewServer(t, func(*curlew.Server) {})
	nc, err := s.Listener.Dial(t.Context(), "tcp", "in-process:1")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	w := &wire{t, nc, bufio.NewReader(nc)}
	w.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if r := w.next("GET"); r != nil && r.StatusCode < 400 {
		t.Errorf("status %d", r.StatusCode)
	}
}
