package transport_test

import (
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// A verdict is how a request is answered.
type verdict struct {
	http    string // :status
	code    string // grpc-status; "": none
	message string // in grpc-message, or in the text that comes with an HTTP status
	order   string // of frames; "": any
}

func (v verdict) check(t *testing.T, name string, s *rawpeer.Stream) {
	t.Helper()
	if http := rawpeer.Value(s.First(), ":status"); http != v.http {
		t.Errorf("%s: status %s, want %s; %s %v", name, http, v.http, s.Order, s.Sections)
	}
	if code := rawpeer.Value(s.Last(), "grpc-status"); code != v.code {
		t.Errorf("%s: grpc-status %q, want %q; %s %v", name, code, v.code, s.Order, s.Sections)
	}
	if text := rawpeer.Value(s.Last(), "grpc-message") + string(s.Data); !strings.Contains(text, v.message) {
		t.Errorf("%s: it is said: %q, want %q", name, text, v.message)
	}
	if v.order != "" && s.Order != v.order {
		t.Errorf("%s: frames %s, want %s", name, s.Order, v.order)
	}
}

var (
	fine     = verdict{http: "200", code: "0", order: "HDH$"}
	unknown  = verdict{http: "200", code: "12", message: "unknown method", order: "H$"}
	badPath  = verdict{http: "200", code: "12", message: "malformed method name", order: "H$"}
	badMedia = verdict{http: "415", message: "content-type", order: "HD$"}
)

// What is judged by the header of a request. All rows share a connection, so
// none of them may harm it.
func TestRequestHeader(t *testing.T) {
	noLeaks(t)
	h := openHouse(t)
	p := rawpeer.Dial(t, h.addr)
	badTimeout := verdict{"200", "13", "grpc-timeout", "H$"}
	rows := []struct {
		name    string
		header  []transport.Field
		verdict verdict
	}{
		{"as it should be", request("/t.S/Echo"), fine},

		{"no content-type", request("/t.S/Echo", "content-type", "-"), badMedia},
		{"empty content-type", request("/t.S/Echo", "content-type", ""), badMedia},
		{"another content-type", request("/t.S/Echo", "content-type", "application/json"), badMedia},
		{"a longer name", request("/t.S/Echo", "content-type", "application/grpcfoo"), badMedia},
		{"gRPC-Web", request("/t.S/Echo", "content-type", "application/grpc-web+proto"), badMedia},
		{"the name cut short", request("/t.S/Echo", "content-type", "application/grp"), badMedia},
		{"a plus without codec", request("/t.S/Echo", "content-type", "application/grpc+"), badMedia},
		{"unknown codec", request("/t.S/Echo", "content-type", "application/grpc+foo"), badMedia},
		{"unknown codec of an unknown method", request("/t.S/No", "content-type", "application/grpc+foo"), badMedia},
		{"proto", request("/t.S/Echo", "content-type", "application/grpc+proto"), fine},
		{"json", request("/t.S/Echo", "content-type", "application/grpc+json"), fine},
		{"a parameter", request("/t.S/Echo", "content-type", "application/grpc;charset=utf-8"), fine},
		{"codec and parameter", request("/t.S/Echo", "content-type", "application/grpc+json; charset=utf-8"), fine},
		{"upper case", request("/t.S/Echo", "content-type", "Application/GRPC+Proto"), fine},

		{"GET", request("/t.S/Echo", ":method", "GET"), verdict{"405", "", "POST", "HD$"}},
		{"PUT", request("/t.S/Echo", ":method", "PUT"), verdict{"405", "", "POST", "HD$"}},
		{"lower case post", request("/t.S/Echo", ":method", "post"), verdict{"405", "", "POST", "HD$"}},
		{"GET of an unknown method", request("/nowhere", ":method", "GET"), verdict{"405", "", "POST", "HD$"}},

		{"unknown method", request("/t.S/Nope"), unknown},
		{"unknown service", request("/t.T/Echo"), unknown},
		{"another case", request("/t.S/echo"), unknown},
		{"no slash at the beginning", request("t.S/Echo"), badPath},
		{"two slashes at the beginning", request("//t.S/Echo"), badPath},
		{"two slashes in the middle", request("/t.S//Echo"), badPath},
		{"a slash at the end", request("/t.S/Echo/"), badPath},
		{"a query", request("/t.S/Echo?x=1"), badPath},
		{"a fragment", request("/t.S/Echo#x"), badPath},
		{"an escaped slash", request("/t.S%2FEcho"), badPath},
		{"an escaped letter", request("/t.S/%45cho"), badPath},
		{"dot segments", request("/x/../t.S/Echo"), badPath},
		{"no method", request("/t.S/"), badPath},
		{"no service", request("/Echo"), badPath},
		{"no service, two slashes", request("//Echo"), badPath},
		{"a slash alone", request("/"), badPath},
		{"an asterisk", request("*"), badPath},
		{"an absolute URI", request("http://test/t.S/Echo"), badPath},
		{"bytes beyond ASCII", request("/t.S/\xc3\x89cho"), badPath},

		{"neither :authority nor host", request("/t.S/Echo", ":authority", "-"), verdict{"400", "", "authority", "HD$"}},
		{"host alone", request("/t.S/Echo", ":authority", "-", "host", "test"), fine},
		{"both", request("/t.S/Echo", "host", "other"), fine},
		{"no te", request("/t.S/Echo", "te", "-"), fine},
		{"te in upper case", request("/t.S/Echo", "te", "Trailers"), fine},

		{"a timeout", request("/t.S/Echo", "grpc-timeout", "10S"), fine},
		{"the longest timeout", request("/t.S/Echo", "grpc-timeout", "99999999H"), fine},
		{"leading zeros", request("/t.S/Echo", "grpc-timeout", "00000010S"), fine},
		{"a timeout of 9 digits", request("/t.S/Echo", "grpc-timeout", "123456789n"), badTimeout},
		{"no digits", request("/t.S/Echo", "grpc-timeout", "S"), badTimeout},
		{"no unit", request("/t.S/Echo", "grpc-timeout", "10"), badTimeout},
		{"an unknown unit", request("/t.S/Echo", "grpc-timeout", "10s"), badTimeout},
		{"a sign", request("/t.S/Echo", "grpc-timeout", "-1S"), badTimeout},
		{"a blank", request("/t.S/Echo", "grpc-timeout", "1 S"), badTimeout},
		{"a fraction", request("/t.S/Echo", "grpc-timeout", "1.5S"), badTimeout},
		{"an empty timeout", request("/t.S/Echo", "grpc-timeout", ""), badTimeout},

		{"as it should be, again", request("/t.S/Echo"), fine},
	}
	for i, row := range rows {
		id := uint32(2*i + 1)
		p.Headers(id, false, row.header...)
		p.Data(id, true, rawpeer.Message(0, "hello"))
		s := p.Stream(id)
		row.verdict.check(t, row.name, s)
		if row.verdict == fine && string(s.Data) != string(rawpeer.Message(0, "hello")) {
			t.Errorf("%s: the answer is %q", row.name, s.Data)
		}
		if row.verdict.http == "405" && rawpeer.Value(s.First(), "allow") != "POST" {
			t.Errorf("%s: no allow: POST in %v", row.name, s.First())
		}
	}
	if p.GoAway != nil || !p.Sync() {
		t.Errorf("the connection did not survive: %+v", p.GoAway)
	}
}
