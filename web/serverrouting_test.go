package web_test

import (
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

var routings = []struct {
	name, method, path, body string
	header                   []string
	status                   int    // over HTTP/1.1
	status2                  int    // over HTTP/2; 0: the same
	want                     string // in the body
	field, value             string // of the response header
}{
	{name: "gRPC", method: "POST", path: library + "Plain", body: framed(0, nil), header: []string{"content-type", "application/grpc"},
		status: 505, status2: 200},
	{name: "gRPC with a codec", method: "POST", path: library + "Plain", body: framed(0, nil), header: []string{"content-type", "application/grpc+proto"},
		status: 505, status2: 200, want: ""},
	{name: "no gRPC", method: "POST", path: library + "Plain", body: framed(0, nil), header: []string{"content-type", "application/grpcfoo"},
		status: 415, field: "accept-post", value: "application/proto, application/json"},
	{name: "gRPC-Web", method: "POST", path: library + "Plain", body: framed(0, nil), header: []string{"content-type", "application/grpc-web"},
		status: 200, want: "grpc-status: 0", field: "content-type", value: "application/grpc-web"},
	{name: "gRPC-Web in base64", method: "POST", path: library + "Plain", body: "AAAAAAA=", header: []string{"content-type", "application/grpc-web-text"},
		status: 200, want: "AAAAAAC", field: "content-type", value: "application/grpc-web-text"},
	{name: "gRPC-Web by GET", method: "GET", path: library + "Plain", header: []string{"content-type", "application/grpc-web"},
		status: 405, field: "allow", value: "POST"},
	{name: "gRPC-Web with another codec", method: "POST", path: library + "Plain", body: framed(0, nil), header: []string{"content-type", "application/grpc-web+thrift"},
		status: 415},
	{name: "gRPC-Web for what there is not", method: "POST", path: "/a.B/C", body: framed(0, nil), header: []string{"content-type", "application/grpc-web"},
		status: 200, field: "grpc-status", value: "12"},
	{name: "Connect stream", method: "POST", path: library + "Watch", body: framed(0, []byte("{}")), header: []string{"content-type", "application/connect+json"},
		status: 200, want: "\x02\x00\x00\x00", field: "content-type", value: "application/connect+json"},
	{name: "Connect stream of a unary method", method: "POST", path: library + "Plain", body: framed(0, nil), header: []string{"content-type", "application/connect+json"},
		status: 415, field: "accept-post", value: "application/proto, application/json"},
	{name: "Connect unary of a stream", method: "POST", path: library + "Watch", header: []string{"content-type", "application/proto"},
		status: 415, field: "accept-post", value: "application/connect+proto, application/connect+json, application/json"},
	{name: "Connect unary", method: "POST", path: library + "Plain", body: `{"name":"x"}`, header: []string{"content-type", jsonType},
		status: 200, want: `{"name":"x"}`, field: "content-type", value: jsonType},
	{name: "Connect unary with a charset", method: "POST", path: library + "Plain", body: `{"name":"x"}`, header: []string{"content-type", jsonType + "; charset=utf-8"},
		status: 200, want: `{"name":"x"}`},
	{name: "Connect unary with another charset", method: "POST", path: library + "Plain", body: `{"name":"x"}`, header: []string{"content-type", jsonType + "; charset=latin1"},
		status: 415},
	{name: "as curl -d does", method: "POST", path: library + "Plain", body: `{"name":"x"}`, header: []string{"content-type", "application/x-www-form-urlencoded"},
		status: 200, want: `{"name":"x"}`},
	{name: "without a content type", method: "POST", path: library + "Plain", body: `{"name":"x"}`, status: 200, want: `{"name":"x"}`},
	{name: "a form of a page", method: "POST", path: library + "Plain", body: `{"name":"x"}`,
		header: []string{"content-type", "application/x-www-form-urlencoded", "origin", "https://evil.example"}, status: 415},
	{name: "a form with cookies", method: "POST", path: library + "Plain", body: `{"name":"x"}`,
		header: []string{"content-type", "application/x-www-form-urlencoded", "cookie", "a=b"}, status: 415},
	{name: "no content type from a page", method: "POST", path: library + "Plain", body: `{"name":"x"}`,
		header: []string{"sec-fetch-site", "cross-site"}, status: 415},
	{name: "text from a page", method: "POST", path: library + "Plain", body: `{"name":"x"}`,
		header: []string{"content-type", "text/plain", "origin", "https://evil.example"}, status: 415},
	{name: "another codec", method: "POST", path: library + "Plain", body: `x`, header: []string{"content-type", "application/xml"},
		status: 415, field: "accept-post", value: "application/proto, application/json"},
	{name: "another verb", method: "PUT", path: library + "Plain", body: `{}`, header: []string{"content-type", jsonType},
		status: 405, field: "allow", value: "POST"},
	{name: "GET of a method with side effects", method: "GET", path: library + "Plain?encoding=json&message={}",
		status: 405, field: "allow", value: "POST"},
	{name: "another verb of a method without", method: "DELETE", path: library + "GetBook",
		status: 405, field: "allow", value: "GET, HEAD, POST"},
	{name: "Connect GET", method: "GET", path: library + `GetBook?connect=v1&encoding=json&message=%7B%22name%22%3A%22x%22%7D`,
		status: 200, want: `"title":"got"`, field: "content-type", value: jsonType},
	{name: "Connect GET without a message", method: "GET", path: library + "GetBook", status: 400, want: "message"},
	{name: "Connect HEAD without a message", method: "HEAD", path: library + "GetBook", status: 400},
	{name: "Connect GET in another codec", method: "GET", path: library + "GetBook?encoding=thrift&message=x", status: 415},
	{name: "REST", method: "GET", path: "/v1/shelves/a/books/b", status: 200, want: `"name":"shelves/a/books/b"`},
	{name: "REST with another verb", method: "BREW", path: "/v1/shelves/a/books/b", status: 405, field: "allow", value: "DELETE, GET, HEAD, PATCH, PUT"},
	{name: "REST with another content", method: "POST", path: "/v1/echo", body: "a=b", header: []string{"content-type", "application/xml"},
		status: 415, field: "accept-post", value: jsonType},
	{name: "a stream in JSON", method: "POST", path: library + "Watch", body: `{"count":1}`, header: []string{"content-type", jsonType},
		status: 200, want: `{"name":"book 0"}` + "\n", field: "content-type", value: "application/x-ndjson"},
	{name: "a handler", method: "GET", path: "/static/x", status: 200, want: "a file"},
	{name: "nothing", method: "GET", path: "/nowhere", status: 404},
	{name: "nothing, but posted", method: "POST", path: "/a.B/C", body: "{}", header: []string{"content-type", jsonType}, status: 404},
	{name: "another method of the service", method: "POST", path: library + "None", body: "{}", header: []string{"content-type", jsonType}, status: 404},
	{name: "a path in another case", method: "POST", path: strings.ToLower(library) + "Plain", body: "{}", header: []string{"content-type", jsonType}, status: 404},
	{name: "two slashes", method: "POST", path: "/" + library + "Plain", body: "{}", header: []string{"content-type", jsonType},
		status: 307, field: "location", value: library + "Plain"}, // http.ServeMux says so
	{name: "an escaped slash", method: "POST", path: "/curlew.web.test.Library%2FPlain", body: "{}", header: []string{"content-type", jsonType}, status: 404},
	{name: "a preflight without CORS", method: "OPTIONS", path: library + "Plain", header: []string{"origin", "https://a.example", "access-control-request-method", "POST"},
		status: 204, field: "access-control-allow-origin", value: ""},
	{name: "OPTIONS", method: "OPTIONS", path: library + "Plain", status: 405, field: "allow", value: "POST"},
}

// What becomes of a request is decided by these rules, the first that fits (in
// PROTOCOL.md "Choosing the protocol on one port").
func TestRouting(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, []web.Option{web.WithHandler("/static/", text("a file"))})
	over(t, func(t *testing.T, version int) {
		for _, tt := range routings {
			t.Run(tt.name, func(t *testing.T) {
				r := h.do(version, tt.method, tt.path, tt.body, tt.header...)
				status := tt.status
				if version == 2 && tt.status2 != 0 {
					status = tt.status2
				}
				if r.StatusCode != status || r.err != nil {
					t.Fatalf("status %d, error %v, body %q; want status %d", r.StatusCode, r.err, r.body, status)
				}
				if !strings.Contains(r.body, tt.want) {
					t.Errorf("body %q, want %q in it", r.body, tt.want)
				}
				if tt.field != "" && status == tt.status && r.header(tt.field) != tt.value {
					t.Errorf("%s is %q, want %q", tt.field, r.header(tt.field), tt.value)
				}
			})
		}
	})
}
