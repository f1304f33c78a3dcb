package web_test

import (
	"encoding/binary"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

type str = wrapperspb.StringValue

func newStr() *str { return new(str) }

func methodOf(name string, kind curlew.Kind, idem curlew.Idempotency) *curlew.MethodOf[*str, *str] {
	return &curlew.MethodOf[*str, *str]{
		Method:     curlew.Method{Path: "/t.S/" + name, Kind: kind, Idempotency: idem},
		NewRequest: newStr, NewResponse: newStr,
	}
}

var (
	unary  = methodOf("Unary", curlew.KindUnary, curlew.IdempotencyUnknown)
	read   = methodOf("Read", curlew.KindUnary, curlew.NoSideEffects)
	list   = methodOf("List", curlew.KindServerStream, curlew.IdempotencyUnknown)
	gather = methodOf("Gather", curlew.KindClientStream, curlew.IdempotencyUnknown)
	chat   = methodOf("Chat", curlew.KindBidi, curlew.IdempotencyUnknown)
)

// serveHTTP serves h by HTTP/1.1 and HTTP/2 in clear, and returns where.
func serveHTTP(t *testing.T, h http.HandlerFunc) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h, Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	served := make(chan struct{})
	go func() {
		defer close(served)
		srv.Serve(l)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	return l.Addr().String()
}

// transportOf returns what makes requests by that version of HTTP alone.
func transportOf(t *testing.T, version int) *http.Transport {
	rt := &http.Transport{Protocols: new(http.Protocols)}
	rt.Protocols.SetHTTP1(version == 1)
	rt.Protocols.SetUnencryptedHTTP2(version == 2)
	t.Cleanup(rt.CloseIdleConnections)
	return rt
}

func newClient(t *testing.T, target string, opts ...curlew.ClientOption) *curlew.Client {
	t.Helper()
	c, err := curlew.NewClient(target, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// The ways in which a request can be carried.
const (
	own       = "HTTP2 of ours"
	borrowed1 = "HTTP1 of net/http"
	borrowed2 = "HTTP2 of net/http"
)

var ways = []string{own, borrowed1, borrowed2}

// clientBy returns a client that carries its requests that way.
func clientBy(t *testing.T, way, addr string, opts ...curlew.ClientOption) *curlew.Client {
	switch way {
	case borrowed1:
		return newClient(t, "http://"+addr, append(opts, web.WithRoundTripper(transportOf(t, 1)))...)
	case borrowed2:
		return newClient(t, "http://"+addr, append(opts, web.WithRoundTripper(transportOf(t, 2)))...)
	}
	return newClient(t, "passthrough:///"+addr, opts...)
}

// everyWay runs test with a client for each way to carry its requests to h.
func everyWay(t *testing.T, h http.HandlerFunc, test func(t *testing.T, c *curlew.Client), opts ...curlew.ClientOption) {
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			test(t, clientBy(t, way, serveHTTP(t, h), opts...))
		})
	}
}

// encode returns a message's bytes.
func encode(s string) []byte {
	b, err := proto.Marshal(wrapperspb.String(s))
	if err != nil {
		panic(err)
	}
	return b
}

// framed returns content behind a prefix.
func framed(flags byte, content []byte) string {
	b := binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(content)))
	return string(b) + string(content)
}

// message returns a framed message.
func message(s string) string { return framed(0, encode(s)) }

// an answer is what a scripted server says.
type answer struct {
	status int // 0: 200
	header map[string]string
	body   string
}

// scripted returns a server that says the same to everybody, having read the request.
func scripted(a answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		buf := make([]byte, 1024)
		for {
			if _, err := r.Body.Read(buf); err != nil {
				break
			}
		}
		for name, value := range a.header {
			for _, v := range strings.Split(value, "|") {
				w.Header().Add(name, v)
			}
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		w.Write([]byte(a.body))
	}
}
