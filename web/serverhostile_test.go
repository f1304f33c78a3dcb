package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/web"
)

// bomb is gzip of n equal bytes.
func bomb(n int) string { return zip(strings.Repeat(" ", n)) }

// nested is JSON that is n deep.
func nested(open, shut string, n int) string {
	return strings.Repeat(open, n) + "{}" + strings.Repeat(shut, n)
}

var attacks = []struct {
	name, method, path, body string
	header                   []string
	status                   int // 0: any of 4xx
}{
	{name: "up the path", method: "GET", path: "/../../../../etc/passwd"},
	{name: "up the path, escaped", method: "GET", path: "/%2e%2e/%2e%2e/etc/passwd"},
	{name: "up the path below the files", method: "GET", path: "/static/../../etc/passwd"},
	{name: "up the path by escaped slashes", method: "GET", path: "/static/..%2f..%2f..%2fetc%2fpasswd"},
	{name: "up the path by backslashes", method: "GET", path: `/static/..\..\..\etc\passwd`},
	{name: "escaped twice", method: "GET", path: "/static/%252e%252e%252f%252e%252e%252fetc%252fpasswd"},
	{name: "a zero", method: "GET", path: "/static/a%00b"},
	{name: "a method by an escaped path", method: "POST", path: "/curlew.web.test.Library/%45cho", body: "{}", header: []string{"content-type", jsonType}},
	{name: "a method with a dot segment", method: "POST", path: "/curlew.web.test.Library/./Echo", body: "{}", header: []string{"content-type", jsonType}},
	{name: "a method behind a semicolon", method: "POST", path: library + "Echo;x=y", body: "{}", header: []string{"content-type", jsonType}},
	{name: "a method with a slash behind", method: "POST", path: library + "Echo/", body: "{}", header: []string{"content-type", jsonType}},
	{name: "many segments", method: "GET", path: "/v1/shelves" + strings.Repeat("/a", 5000)},
	{name: "many slashes", method: "GET", path: "/v1/shelves/a/books/" + strings.Repeat("/", 5000)},
	{name: "a thousand parameters", method: "GET", path: "/v1/echo?" + strings.Repeat("a=b&", 2000), status: 400},
	{name: "a long list", method: "GET", path: "/v1/echo?" + strings.Repeat("tags=a&", 2000), status: 400},
	{name: "a deep parameter", method: "GET", path: "/v1/echo?" + strings.Repeat("deeper.", 1000) + "text=a", status: 400},
	{name: "a parameter without a name", method: "GET", path: "/v1/echo?=a", status: 400},
	{name: "dots for a name", method: "GET", path: "/v1/echo?...=a", status: 400},
	{name: "a number without end", method: "GET", path: "/v1/echo?number=" + strings.Repeat("9", 10000), status: 400},
	{name: "an exponent", method: "GET", path: "/v1/echo?real=1e999999999", status: 400},
	{name: "no UTF-8", method: "GET", path: "/v1/echo?text=%c0%af", status: 400},
	{name: "half of a surrogate", method: "GET", path: "/v1/echo?text=%ed%a0%80", status: 400},
	{name: "no UTF-8 in JSON", method: "POST", path: "/v1/echo", body: "{\"text\":\"\xff\"}", header: []string{"content-type", jsonType}, status: 400},
	{name: "half of a surrogate in JSON", method: "POST", path: "/v1/echo", body: `{"text":"\ud800"}`, header: []string{"content-type", jsonType}, status: 400},
	{name: "no UTF-8 in protobuf", method: "POST", path: library + "Echo", body: "\x0a\x01\xff", header: []string{"content-type", "application/proto"}, status: 400},
	{name: "deep JSON", method: "POST", path: "/v1/echo", body: nested(`{"deeper":`, "}", 100000), header: []string{"content-type", jsonType}, status: 400},
	{name: "deep JSON by Connect", method: "POST", path: library + "Echo", body: nested(`{"deeper":`, "}", 100000), header: []string{"content-type", jsonType}, status: 400},
	{name: "deep JSON that is ignored", method: "POST", path: library + "Echo", body: `{"none":` + nested(`[`, "]", 100000) + "}", header: []string{"content-type", jsonType}, status: 400},
	{name: "deep JSON of any kind", method: "POST", path: "/v1/echo", body: `{"any":` + nested(`{"a":`, "}", 100000) + "}", header: []string{"content-type", jsonType}, status: 400},
	{name: "deep JSON in a stream", method: "POST", path: "/v1/import", body: nested(`[`, "]", 100000), header: []string{"content-type", jsonType}, status: 400},
	{name: "deep JSON without an end in a stream", method: "POST", path: "/v1/import", body: strings.Repeat("[", 100000), header: []string{"content-type", jsonType}, status: 400},
	{name: "deep protobuf", method: "POST", path: library + "Echo", body: deepProto(10001), header: []string{"content-type", "application/proto"}, status: 400},
	{name: "a key twice", method: "POST", path: "/v1/echo", body: `{"text":"a","text":"b"}`, header: []string{"content-type", jsonType}, status: 400},
	{name: "a key by both names", method: "POST", path: "/v1/shelves/a/books?book_id=a&bookId=b", body: "{}", header: []string{"content-type", jsonType}, status: 400},
	{name: "two of a oneof", method: "POST", path: "/v1/echo", body: `{"left":"a","right":1}`, header: []string{"content-type", jsonType}, status: 400},
	{name: "a large number", method: "POST", path: "/v1/echo", body: `{"number":1e400}`, header: []string{"content-type", jsonType}, status: 400},
	{name: "a long number", method: "POST", path: "/v1/echo", body: `{"number":` + strings.Repeat("1", 100000) + `}`, header: []string{"content-type", jsonType}, status: 400},
	{name: "a number with an exponent without end", method: "POST", path: "/v1/echo", body: `{"number":1e` + strings.Repeat("9", 100000) + `}`, header: []string{"content-type", jsonType}, status: 400},
	{name: "a bomb", method: "POST", path: "/v1/echo", body: bomb(64 << 20), header: []string{"content-type", jsonType, "content-encoding", "gzip"}, status: 429},
	{name: "a bomb by Connect", method: "POST", path: library + "Echo", body: bomb(64 << 20), header: []string{"content-type", "application/proto", "content-encoding", "gzip"}, status: 429},
	{name: "a bomb in a URL", method: "GET", path: library + "GetBook?encoding=json&compression=gzip&base64=1&message=" + base64.RawURLEncoding.EncodeToString([]byte(bomb(8<<20))), status: 429},
	{name: "compressed twice", method: "POST", path: "/v1/echo", body: zip(zip("{}")), header: []string{"content-type", jsonType, "content-encoding", "gzip, gzip"}, status: 501},
	{name: "gzip cut off", method: "POST", path: "/v1/echo", body: zip("{}")[:20], header: []string{"content-type", jsonType, "content-encoding", "gzip"}, status: 400},
	{name: "more than the limit", method: "POST", path: "/v1/echo", body: strings.Repeat(" ", 5<<20), header: []string{"content-type", jsonType}, status: 429},
	{name: "more than the limit by Connect", method: "POST", path: library + "Echo", body: strings.Repeat(" ", 5<<20), header: []string{"content-type", jsonType}, status: 429},
	{name: "blanks without end in a stream", method: "POST", path: "/v1/import", body: strings.Repeat(" ", 5<<20) + "{", header: []string{"content-type", jsonType}},
	{name: "a form of another site", method: "POST", path: "/v1/echo", body: "{}", header: []string{"content-type", "text/plain", "origin", "null"}, status: 403},
	{name: "many commas", method: "POST", path: "/v1/import", body: strings.Repeat(",", 1<<20) + "x", header: []string{"content-type", jsonType}, status: 400},
}

// deepProto returns an Everything that is n deep.
func deepProto(n int) string {
	// From the inside out: each is the field 18 of the next.
	var parts []string
	size := 0
	for range n {
		var head []byte
		head = append(head, 0x92, 0x01)
		for v := size; ; v >>= 7 {
			if v < 0x80 {
				head = append(head, byte(v))
				break
			}
			head = append(head, byte(v)|0x80)
		}
		parts = append(parts, string(head))
		size += len(head)
	}
	var b strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString(parts[i])
	}
	return b.String()
}

// Requests that are made to do harm get a clear answer, and those that follow too.
func TestAttacks(t *testing.T) {
	curlewtest.NoLeaks(t)
	var log safeBuffer
	files := http.StripPrefix("/static/", http.FileServer(http.Dir(t.TempDir())))
	h := newHost(t, []web.Option{web.WithHandler("/static/", files)}, quietLog(&log), curlew.WithMaxHeaderBytes(64<<10))
	over(t, func(t *testing.T, version int) {
		for _, tt := range attacks {
			t.Run(tt.name, func(t *testing.T) {
				u, err := url.ParseRequestURI(tt.path)
				if err != nil {
					t.Fatal(err)
				}
				req := newRequest(t, tt.method, "/", strings.NewReader(tt.body), tt.header...)
				if tt.body == "" {
					req = newRequest(t, tt.method, "/", nil, tt.header...)
				}
				u.Scheme, u.Host = req.URL.Scheme, req.URL.Host
				req.URL = u
				r := h.send(version, req)
				if tt.status == 0 && (r.StatusCode < 400 || r.StatusCode > 499) && r.StatusCode/100 != 3 || tt.status > 0 && r.StatusCode != tt.status {
					t.Errorf("status %d, body %.300s; want %d", r.StatusCode, r.body, tt.status)
				}
				if len(r.body) > 2000 {
					t.Errorf("%d bytes of response: %.300s", len(r.body), r.body)
				}
				if again := h.do(version, "GET", "/v1/echo", ""); again.StatusCode != 200 {
					t.Errorf("afterwards: status %d", again.StatusCode)
				}
			})
		}
	})
	if strings.Contains(log.String(), "panic") {
		t.Errorf("logged: %s", log.String())
	}
}

// Nothing that an application says becomes another field of the header.
func TestNoInjection(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	over(t, func(t *testing.T, version int) {
		for _, value := range []string{"a\r\nset-cookie: b", "a\nset-cookie: b", "a\x00b", "a\x7fb", "ü"} {
			for _, r := range []*reply{
				h.do(version, "GET", "/v1/fail?code=5&message="+url.QueryEscape(value), ""),
				h.do(version, "GET", "/v1/watch?count=1&code=5&message="+url.QueryEscape(value), "", "accept", "text/event-stream"),
				h.do(version, "POST", library+"Fail", framed(0, []byte("\x08\x05\x12"+string(rune(len(value)))+value)), "content-type", "application/grpc-web"),
				h.do(version, "GET", "/v1/files/x."+url.PathEscape(value), ""),
				h.do(version, "POST", library+"Echo", `{}`, "content-type", jsonType, "x-echo-bin", base64.RawStdEncoding.EncodeToString([]byte(value))),
			} {
				if r.header("set-cookie") != "" || strings.Contains(r.body, "\nset-cookie") || r.err != nil {
					t.Errorf("%q: header %v, body %q, %v", value, r.Header, r.body, r.err)
				}
			}
		}
	})
}

// A length that is a lie is the end of its request, and of no other.
func TestLengthLies(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	for _, path := range []string{"/v1/echo", library + "Echo", "/v1/import"} {
		// Less than was announced, and then nothing more.
		w := h.wire()
		w.write(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}", path))
		if c, ok := w.nc.(interface{ CloseWrite() error }); ok {
			c.CloseWrite()
		}
		if r := w.next("POST"); r != nil && r.StatusCode < 400 {
			t.Errorf("%s, cut over HTTP/1.1: status %d", path, r.StatusCode)
		}
		for _, length := range []string{"1", "100"} {
			p := h.peer()
			p.Headers(1, false, rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", path, ":authority", "a", "content-type", jsonType, "content-length", length)...)
			p.Data(1, true, []byte("{}"))
			if s := p.Stream(1); !s.Reset {
				t.Errorf("%s, %s over HTTP/2: %+v", path, length, s)
			}
		}
	}
}

// Requests that never become whole end by themselves.
func TestSlowRequests(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil, curlew.WithHandshakeTimeout(200*time.Millisecond), curlew.WithReadTimeout(200*time.Millisecond))
	head := "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
	for _, beginning := range []string{
		"GET /v1/echo HTTP/1.1\r\nHost: a\r\n", "P", fmt.Sprintf(head, "/v1/echo"), fmt.Sprintf(head, library+"Echo"), fmt.Sprintf(head, "/nothing"),
		strings.Replace(fmt.Sprintf(head, library+"Echo"), "application/json", "application/grpc-web", 1),
	} {
		w := h.wire()
		go func() { // until the server hangs up
			for _, err := io.WriteString(w.nc, beginning); err == nil; _, err = io.WriteString(w.nc, "x") {
				time.Sleep(10 * time.Millisecond)
			}
		}()
		if r := w.next("POST"); r != nil && r.StatusCode < 400 && strings.Trim(r.header("grpc-status"), "0") == "" {
			t.Errorf("%q: status %d", beginning, r.StatusCode)
		}
	}
	for _, ct := range []string{jsonType, "application/grpc-web"} {
		p := h.peer()
		p.Headers(1, false, rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", library+"Echo", ":authority", "a", "content-type", ct)...)
		p.Data(1, false, []byte("{"))
		if s := p.Stream(1); s.Ended && bytes.Contains(s.Data, []byte(`{}`)) {
			t.Errorf("%s: %+v", ct, s)
		}
	}
}

// Lists of tags may be as long as a header.
func TestManyTags(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	over(t, func(t *testing.T, version int) {
		path := library + "GetBook?encoding=json&message={}"
		r := h.do(version, "GET", path, "", "if-none-match", strings.Repeat(`W/"x",`, 1000)+strings.Repeat(",", 1000))
		if r.StatusCode != 200 {
			t.Errorf("status %d", r.StatusCode)
		}
		if r := h.do(version, "GET", path, "", "if-none-match", strings.Repeat(`W/"x",`, 1000)+r.header("etag")); r.StatusCode != 304 {
			t.Errorf("with the tag as the last: status %d", r.StatusCode)
		}
	})
}
