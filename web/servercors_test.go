package web_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

func TestCORSOrigins(t *testing.T) {
	curlewtest.NoLeaks(t)
	named := &web.CORS{Origins: []string{"https://a.example", "https://*.b.example", "http://localhost:8080"}}
	trusting := &web.CORS{Origins: []string{"https://a.example"}, Credentials: true}
	all := &web.CORS{Origins: []string{"*"}}
	tests := []struct {
		cors        *web.CORS
		origin      string
		allowed     string // "": not allowed
		credentials string
	}{
		{named, "https://a.example", "https://a.example", ""}, {named, "http://a.example", "", ""}, {named, "https://a.example:8443", "", ""},
		{named, "https://x.b.example", "https://x.b.example", ""}, {named, "https://x.y.b.example", "https://x.y.b.example", ""},
		{named, "https://b.example", "", ""}, {named, "https://.b.example", "", ""}, {named, "https://xb.example", "", ""},
		{named, "http://x.b.example", "", ""}, {named, "https://x.b.example.evil.example", "", ""},
		{named, "https://evil.example/.b.example", "", ""}, {named, "https://x@y.b.example", "", ""}, {named, "null", "", ""},
		{named, "http://localhost:8080", "http://localhost:8080", ""}, {named, "http://localhost", "", ""},
		{trusting, "https://a.example", "https://a.example", "true"}, {trusting, "null", "", ""},
		{all, "https://any.example", "*", ""}, {all, "null", "*", ""},
		{nil, "https://a.example", "", ""},
	}
	for _, tt := range tests {
		var opts []web.Option
		if tt.cors != nil {
			opts = []web.Option{web.WithCORS(*tt.cors)}
		}
		h := newHost(t, append(opts, web.WithHandler("/page", text("page"))))
		over(t, func(t *testing.T, version int) {
			for _, r := range []*reply{
				h.do(version, "OPTIONS", library+"Echo", "", "origin", tt.origin, "access-control-request-method", "POST"),
				h.do(version, "POST", library+"Echo", "{}", "origin", tt.origin, "content-type", jsonType),
				h.do(version, "POST", library+"Watch", framed(0, []byte("{}")), "origin", tt.origin, "content-type", "application/connect+json"),
				h.do(version, "POST", library+"Echo", framed(0, nil), "origin", tt.origin, "content-type", "application/grpc-web"),
				h.do(version, "POST", library+"Echo", "{", "origin", tt.origin, "content-type", jsonType),
				h.do(version, "GET", "/v1/echo", "", "origin", tt.origin),
				h.do(version, "GET", "/v1/watch", "", "origin", tt.origin),
				h.do(version, "GET", "/v1/watch?code=5", "", "origin", tt.origin),
				h.do(version, "GET", "/page", "", "origin", tt.origin),
				h.do(version, "PUT", library+"Echo", "", "origin", tt.origin),
			} {
				if got := r.header("access-control-allow-origin"); got != tt.allowed {
					t.Errorf("%s of %s: access-control-allow-origin is %q, want %q", r.Request.Method, tt.origin, got, tt.allowed)
				}
				if got := r.header("access-control-allow-credentials"); got != tt.credentials {
					t.Errorf("%s of %s: credentials %q, want %q", r.Request.Method, tt.origin, got, tt.credentials)
				}
				varies := strings.Contains(strings.Join(r.Header.Values("vary"), ","), "origin")
				if varies != (tt.cors != nil && tt.cors != all) {
					t.Errorf("%s of %s: vary is %q", r.Request.Method, tt.origin, r.Header.Values("vary"))
				}
			}
		})
	}
}

func TestCORSPreflight(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, []web.Option{web.WithCORS(web.CORS{
		Origins: []string{"https://a.example"}, Headers: []string{"X-Own"}, ExposedHeaders: []string{"X-Shown"}, MaxAge: time.Minute,
	})})
	open := newHost(t, []web.Option{web.WithCORS(web.CORS{Origins: []string{"https://a.example"}, Headers: []string{"*"}})})
	over(t, func(t *testing.T, version int) {
		ask := func(h *host, headers string) *reply {
			return h.do(version, "OPTIONS", "/v1/shelves/a/books/b", "", "origin", "https://a.example", "access-control-request-method", "PATCH",
				"access-control-request-headers", headers)
		}
		r := ask(h, "content-type,x-own, X-Other,grpc-timeout,x-grpc-web,connect-protocol-version,authorization")
		if r.StatusCode != 204 || r.body != "" || r.header("access-control-max-age") != "60" {
			t.Errorf("status %d, header %v", r.StatusCode, r.Header)
		}
		if got := r.header("access-control-allow-headers"); got != "content-type, x-own, grpc-timeout, x-grpc-web, connect-protocol-version, authorization" {
			t.Errorf("allowed headers: %s", got)
		}
		methods := strings.Split(r.header("access-control-allow-methods"), ", ")
		for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			if !slices.Contains(methods, m) {
				t.Errorf("%s is not allowed, %v are", m, methods)
			}
		}
		if got := ask(open, "x-any,\tx-thing").header("access-control-allow-headers"); got != "x-any, x-thing" {
			t.Errorf("allowed headers where all are: %s", got)
		}
		exposed := strings.Split(h.do(version, "GET", "/v1/echo", "", "origin", "https://a.example").header("access-control-expose-headers"), ", ")
		for _, name := range []string{"grpc-status", "grpc-message", "grpc-status-details-bin", "X-Shown"} {
			if !slices.Contains(exposed, name) {
				t.Errorf("%s is not exposed, %v are", name, exposed)
			}
		}
		// OPTIONS that is no preflight is a request as any.
		if r := h.do(version, "OPTIONS", "/v1/shelves/a/books/b", "", "origin", "https://a.example"); r.StatusCode != 405 {
			t.Errorf("no preflight: status %d", r.StatusCode)
		}
	})
}

// What pages may change is theirs to change by requests that browsers ask about.
func TestCORSForms(t *testing.T) {
	curlewtest.NoLeaks(t)
	named := newHost(t, []web.Option{web.WithCORS(web.CORS{Origins: []string{"https://a.example"}, Credentials: true})})
	all := newHost(t, []web.Option{web.WithCORS(web.CORS{Origins: []string{"*"}})})
	tests := []struct {
		h           *host
		origin, ct  string
		path        string
		status      int
		description string
	}{
		{named, "https://a.example", jsonType, "/v1/echo", 200, "JSON of a trusted page"},
		{named, "https://a.example", "text/plain", "/v1/files/x", 200, "a file of a trusted page"},
		{named, "https://b.example", jsonType, "/v1/echo", 403, "JSON of another page"},
		{all, "https://b.example", jsonType, "/v1/echo", 200, "JSON of any page"},
		{all, "https://b.example", "image/png", "/v1/files/x", 200, "a file of any page"},
		{all, "https://b.example", "text/plain", "/v1/files/x", 403, "a form of any page"},
		{all, "https://b.example", "Multipart/Form-Data; boundary=x", "/v1/files/x", 403, "a form with a file of any page"},
		{all, "https://b.example", "", "/v1/files/x", 403, "bytes of any page"},
		{all, "https://b.example", "", "/v1/echo", 403, "bytes of any page for JSON"},
	}
	over(t, func(t *testing.T, version int) {
		for _, tt := range tests {
			header := []string{"origin", tt.origin, "sec-fetch-site", "cross-site"}
			if tt.ct != "" {
				header = append(header, "content-type", tt.ct)
			}
			if r := tt.h.do(version, "POST", tt.path, "{}", header...); r.StatusCode != tt.status {
				t.Errorf("%s: status %d, body %s; want %d", tt.description, r.StatusCode, r.body, tt.status)
			}
		}
	})
}

func TestCORSMistakes(t *testing.T) {
	for _, c := range []web.CORS{
		{}, {Origins: []string{"*"}, Credentials: true}, {Origins: []string{"a.example"}}, {Origins: []string{"https://a.example/"}},
		{Origins: []string{"https://a.*.example"}}, {Origins: []string{"https://*"}}, {Origins: []string{"null"}}, {Origins: []string{""}},
		{Origins: []string{"https://a.example?x"}}, {Origins: []string{"https://u@a.example"}}, {Origins: []string{"https://a.example#x"}},
		{Origins: []string{"https://*.a.example", "*"}, Credentials: true}, {Origins: []string{"https://a.example"}, MaxAge: -1},
		{Origins: []string{"https://a.example"}, Headers: []string{"a b"}}, {Origins: []string{"https://a.example"}, ExposedHeaders: []string{"a\nb"}},
	} {
		err := serveError(curlew.NewServer(web.Enable(web.WithCORS(c))))
		if err == nil || !strings.Contains(err.Error(), "CORS") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
