package web_test

import (
	"compress/gzip"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/web"
)

// A sent is a request as its server has it.
type sent struct {
	method, uri, body string
	header            http.Header
}

// recorded returns a server that keeps the last request, and answers by a.
func recorded(into *sent, a answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*into = sent{r.Method, r.RequestURI, string(body), r.Header}
		scripted(a)(w, r)
	}
}

var (
	unaryOK  = answer{header: map[string]string{"content-type": "application/proto"}}
	streamOK = answer{header: map[string]string{"content-type": "application/connect+proto"}, body: framed(2, []byte("{}"))}
	webOK    = answer{header: map[string]string{"content-type": "application/grpc-web+proto"}, body: framed(0x80, []byte("grpc-status: 0\r\n"))}
)

// What requests say of themselves.
func TestRequests(t *testing.T) {
	tests := map[string]struct {
		protocol web.Protocol
		stream   bool
		answer   answer
		body     string
		want     map[string]string // "" is for what must not be there
	}{
		"Connect, unary": {web.Connect, false, unaryOK, string(encode("in")), map[string]string{
			"Content-Type": "application/proto", "Connect-Protocol-Version": "1", "Accept-Encoding": "gzip", "Connect-Timeout-Ms": "*",
			"Content-Encoding": "", "Te": "", "X-App": "v", "X-App-Bin": "AP8",
		}},
		"Connect, a stream": {web.Connect, true, streamOK, message("in"), map[string]string{
			"Content-Type": "application/connect+proto", "Connect-Protocol-Version": "1", "Connect-Accept-Encoding": "gzip", "Connect-Timeout-Ms": "*",
			"Connect-Content-Encoding": "", "Te": "", "X-App": "v", "X-App-Bin": "AP8",
		}},
		"gRPC-Web": {web.GRPCWeb, true, webOK, message("in"), map[string]string{
			"Content-Type": "application/grpc-web+proto", "X-Grpc-Web": "1", "Grpc-Accept-Encoding": "gzip", "Grpc-Timeout": "*",
			"Grpc-Encoding": "", "Connect-Protocol-Version": "", "Connect-Timeout-Ms": "", "Te": "", "X-App": "v", "X-App-Bin": "AP8",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got sent
			everyWay(t, recorded(&got, test.answer), func(t *testing.T, c *curlew.Client) {
				caller := c.Caller().With(curlew.Timeout(time.Minute), curlew.SetHeader("x-app", "v"), curlew.SetHeader("x-app-bin", "\x00\xff"))
				var err error
				if test.stream {
					_, err = listAll(t, caller)
				} else {
					_, err = curlew.CallUnary(t.Context(), caller, unary, wrapperspb.String("in"))
				}
				if err != nil {
					t.Fatal(err)
				}
				if got.method != "POST" || !strings.HasPrefix(got.uri, "/t.S/") || got.body != test.body {
					t.Errorf("%+v", got)
				}
				for name, want := range test.want {
					if v := got.header.Get(name); v != want && (want != "*" || v == "") {
						t.Errorf("%s: %q, want %q", name, v, want)
					}
				}
			}, web.WithProtocol(test.protocol))
		})
	}
}

// Messages are compressed in either protocol, and both ways.
func TestCompression(t *testing.T) {
	long := strings.Repeat("curlew ", 1000)
	zip := func(s []byte) []byte {
		var b strings.Builder
		z := gzip.NewWriter(&b)
		z.Write(s)
		z.Close()
		return []byte(b.String())
	}
	unzip := func(t *testing.T, s string) string {
		z, err := gzip.NewReader(strings.NewReader(s))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	tests := map[string]struct {
		protocol web.Protocol
		method   *curlew.MethodOf[*str, *str]
		encoding string
		prefixed bool
		answer   answer
	}{
		"Connect, unary": {web.Connect, unary, "Content-Encoding", false,
			answer{0, map[string]string{"content-type": "application/proto", "content-encoding": "gzip"}, string(zip(encode(long)))}},
		"Connect, a stream": {web.Connect, gather, "Connect-Content-Encoding", true,
			answer{0, map[string]string{"content-type": "application/connect+proto", "connect-content-encoding": "gzip"},
				framed(1, zip(encode(long))) + framed(3, zip([]byte("{}")))}},
		"gRPC-Web": {web.GRPCWeb, unary, "Grpc-Encoding", true,
			answer{0, map[string]string{"content-type": "application/grpc-web+proto", "grpc-encoding": "gzip"},
				framed(1, zip(encode(long))) + framed(0x81, zip([]byte("grpc-status: 0\r\n")))}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got sent
			everyWay(t, recorded(&got, test.answer), func(t *testing.T, c *curlew.Client) {
				var res str
				err := c.Caller().With(curlew.Compression("gzip")).Invoke(t.Context(), &test.method.Method, wrapperspb.String(long), &res)
				if err != nil || res.Value != long {
					t.Fatal(err)
				}
				body := got.body
				if test.prefixed {
					if body[0] != 1 {
						t.Fatal("the message is not marked as compressed")
					}
					body = body[5:]
				}
				if got.header.Get(test.encoding) != "gzip" || unzip(t, body) != string(encode(long)) {
					t.Errorf("%q: %d bytes", got.header.Get(test.encoding), len(body))
				}
			}, web.WithProtocol(test.protocol))
		})
	}
}

// A response that is more than what was allowed when decompressed is refused.
func TestDecompressionIsBounded(t *testing.T) {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	z.Write(encode(strings.Repeat("x", 100_000)))
	z.Close()
	for p, a := range map[web.Protocol]answer{
		web.Connect: {0, map[string]string{"content-type": "application/proto", "content-encoding": "gzip"}, b.String()},
		web.GRPCWeb: {0, map[string]string{"content-type": "application/grpc-web+proto", "grpc-encoding": "gzip"}, framed(1, []byte(b.String())) + webOK.body},
	} {
		everyWay(t, scripted(a), func(t *testing.T, c *curlew.Client) {
			_, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in"))
			checkError(t, err, curlew.ResourceExhausted, "*", false)
		}, web.WithProtocol(p), curlew.WithMaxReceiveBytes(10_000))
	}
}

// Methods without side effects are called by GET, if that is asked for and the URL is
// not too long.
func TestConnectGET(t *testing.T) {
	var got sent
	everyWay(t, recorded(&got, unaryOK), func(t *testing.T, c *curlew.Client) {
		call := func(m *curlew.MethodOf[*str, *str], s string, opts ...curlew.CallOption) sent {
			t.Helper()
			if _, err := curlew.CallUnary(t.Context(), c.Caller().With(opts...), m, wrapperspb.String(s)); err != nil {
				t.Fatal(err)
			}
			return got
		}
		s := call(read, "??>")
		if s.method != "GET" || s.uri != "/t.S/Read?connect=v1&base64=1&encoding=proto&message=CgM_Pz4" || s.body != "" {
			t.Errorf("%+v", s)
		}
		for _, name := range []string{"Content-Type", "Connect-Protocol-Version", "Content-Encoding", "Content-Length"} {
			if v, ok := s.header[name]; ok {
				t.Errorf("%s: %q", name, v)
			}
		}
		if s := call(read, ""); s.method != "GET" || s.uri != "/t.S/Read?connect=v1&base64=1&encoding=proto&message=" {
			t.Errorf("%+v", s)
		}
		if s := call(unary, "a"); s.method != "POST" {
			t.Errorf("a method with side effects: %+v", s)
		}
		if s := call(read, strings.Repeat("x", 8000)); s.method != "POST" || len(s.body) < 8000 {
			t.Errorf("a long message: %s %s", s.method, s.uri)
		}
		s = call(read, strings.Repeat("x", 8000), curlew.Compression("gzip"))
		if s.method != "GET" || !strings.Contains(s.uri, "&compression=gzip&") {
			t.Errorf("a long message, compressed: %+v", s)
		}
	}, web.WithProtocol(web.Connect), web.ConnectGET())
	json := answer{header: map[string]string{"content-type": "application/json"}, body: `""`}
	everyWay(t, recorded(&got, json), func(t *testing.T, c *curlew.Client) {
		if _, err := curlew.CallUnary(t.Context(), c.Caller(), read, wrapperspb.String("a b")); err != nil {
			t.Fatal(err)
		}
		if got.uri != "/t.S/Read?connect=v1&encoding=json&message=%22a%20b%22" {
			t.Error(got.uri)
		}
	}, web.WithProtocol(web.Connect), web.ConnectGET(), curlew.WithCodecs(codec.JSON()))
}

// Equal messages make equal URLs, though the entries of a map have no order.
func TestConnectGETIsDeterministic(t *testing.T) {
	var got sent
	c := clientBy(t, own, serveHTTP(t, recorded(&got, unaryOK)), web.WithProtocol(web.Connect), web.ConnectGET())
	m := &structpb.Struct{Fields: map[string]*structpb.Value{}}
	for _, k := range strings.Split("abcdefghijklmnop", "") {
		m.Fields[k] = structpb.NewStringValue(k)
	}
	uris := map[string]int{}
	for range 20 {
		if err := c.Caller().Invoke(t.Context(), &read.Method, m, new(structpb.Struct)); err != nil {
			t.Fatal(err)
		}
		uris[got.uri]++
	}
	if len(uris) != 1 {
		t.Error(slices.Collect(maps.Keys(uris)))
	}
}

// Names that Connect has a use for are nobody else's.
func TestConnectReservedNames(t *testing.T) {
	addr := serveHTTP(t, scripted(unaryOK))
	for _, name := range []string{"connect-timeout-ms", "trailer-x", "content-encoding", "accept-encoding"} {
		for _, way := range ways {
			c := clientBy(t, way, addr, web.WithProtocol(web.Connect))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_, err := curlew.CallUnary(ctx, c.Caller().With(curlew.SetHeader(name, "1")), unary, wrapperspb.String("in"))
			cancel()
			checkError(t, err, curlew.Internal, "*", false)
		}
	}
}
