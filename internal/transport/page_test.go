package transport_test

import (
	"testing"

	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// Whoever speaks HTTP/2 and no gRPC can ask for a page.
func TestPages(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	h.config.Pages = func(path string) transport.Page {
		switch path {
		case "/page":
			return func(query string) (int, string) { return 201, "asked for " + query }
		case "/broken":
			return func(string) (int, string) { panic("it breaks") }
		}
		return nil
	}
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	for i, c := range []struct{ method, path, contentType, status, text string }{
		{"GET", "/page", "-", "201", "asked for \n"},
		{"GET", "/page?a=b%20c", "-", "201", "asked for a=b%20c\n"},
		{"GET", "/page?a=b%20c", "-", "201", "asked for a=b%20c\n"},
		{"HEAD", "/page?x", "-", "201", ""},
		{"GET", "/page", "text/html", "201", "asked for \n"},
		{"GET", "/broken", "-", "500", "the page failed\n"},
		{"GET", "/page/", "-", "415", "the content-type of the request is none that this server speaks\n"},
		{"POST", "/page", "-", "415", "the content-type of the request is none that this server speaks\n"},
		{"GET", "/page", "application/grpc", "405", "gRPC requests are POST\n"},
	} {
		id := uint32(2*i + 1)
		p.Headers(id, true, request(c.path, ":method", c.method, "content-type", c.contentType, "te", "-")...)
		s := p.Stream(id)
		if status := rawpeer.Value(s.First(), ":status"); status != c.status || string(s.Data) != c.text {
			t.Errorf("%s %s: %s %q", c.method, c.path, status, s.Data)
		}
	}
}
