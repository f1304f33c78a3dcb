package web_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/web"
	"github.com/curlew-rpc/curlew/web/internal/librarypb"
)

// A caller makes the same request over and over, by our HTTP/2, without allocating
// anything: what is allocated meanwhile is the server's.
type caller struct {
	nc       net.Conn
	r        *bufio.Reader
	requests []request
	id       uint32
	header   [frame.HeaderLen]byte
	content  []byte
}

type request struct {
	frames []byte
	ids    []int // where the stream's identifier is
}

// calls are the requests of which the cost is known.
var calls = map[string]struct {
	method, path, ct, body string
	want                   string // the response's content
}{
	"Connect JSON": {"POST", library + "Echo", jsonType, `{"text":"hallo","number":"7"}`, `{"text":"hallo","number":"7"}`},
	"Connect":      {"POST", library + "Echo", "application/proto", "\x0a\x05hallo\x10\x07", "\x0a\x05hallo\x10\x07"},
	"Connect GET":  {"GET", library + "GetBook?connect=v1&encoding=json&message=%7B%22name%22%3A%22x%22%7D", "", "", `{"name":"x","title":"got","pages":"7"}`},
	"gRPC-Web":     {"POST", library + "Echo", "application/grpc-web+proto", "\x00\x00\x00\x00\x09\x0a\x05hallo\x10\x07", "\x00\x00\x00\x00\x09\x0a\x05hallo\x10\x07\x80\x00\x00\x00\x10grpc-status: 0\r\n"},
	"REST GET":     {"GET", "/v1/echo/hallo/7?flag=true", "", "", `{"text":"hallo","number":"7","flag":true}`},
	"REST GETs":    {"GET", "/v1/echo/hallo/7?small=%d", "", "", `{"text":"hallo","number":"7","small":100}`},
	"REST POST":    {"POST", "/v1/echo", jsonType, `{"text":"hallo","number":"7"}`, `{"text":"hallo","number":"7"}`},
	"a handler":    {"GET", "/page", "", "", "a page"},
}

func newCaller(t testing.TB, name string) *caller {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := curlew.NewServer(web.Enable(web.WithHandler("/page", text("a page"))))
	librarypb.RegisterLibrary(srv, librarypb.Shelf{})
	served := make(chan error)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() { srv.Close(); <-served })
	c := &caller{}
	if c.nc, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.nc.Close() })
	c.r, c.content = bufio.NewReader(c.nc), make([]byte, 0, 1<<14)
	hello := frame.AppendSettings([]byte(frame.Preface), frame.Setting{ID: frame.SettingInitialWindowSize, Value: 1 << 30})
	c.write(t, frame.AppendWindowUpdate(hello, 0, 1<<30))
	call := calls[name]
	for i := range 64 {
		path := call.path
		if strings.Contains(path, "=%d") { // a server knows some paths from the requests before
			path = strings.Replace(path, "%d", strconv.Itoa(100+i), 1)
		}
		fields := rawpeer.Fields(":method", call.method, ":scheme", "http", ":path", path, ":authority", "in-process", "user-agent", "curl/8.0")
		if call.ct != "" {
			fields = append(fields, rawpeer.Fields("content-type", call.ct, "content-length", strconv.Itoa(len(call.body)))...)
		}
		for i := range fields {
			fields[i].NoIndex = true // so that the block is the same for all requests
		}
		r := request{frame.AppendHeaders(nil, 0, call.body == "", frame.DefaultMaxSize, hpack.NewEncoder().Append(nil, fields)), []int{5}}
		if call.body != "" {
			r.ids = append(r.ids, len(r.frames)+5)
			r.frames = frame.AppendData(r.frames, 0, true, []byte(call.body))
		}
		c.requests = append(c.requests, r)
	}
	c.id = 1
	c.call(t)
	if string(c.content) != call.want {
		t.Fatalf("%s: the response is %q, want %q", name, c.content, call.want)
	}
	return c
}

func (c *caller) write(t testing.TB, b []byte) {
	if _, err := c.nc.Write(b); err != nil {
		t.Fatal(err)
	}
}

// call makes the request and takes its response.
func (c *caller) call(t testing.TB) {
	r := &c.requests[c.id>>1%64]
	for _, at := range r.ids {
		binary.BigEndian.PutUint32(r.frames[at:], c.id)
	}
	c.write(t, r.frames)
	c.content = c.content[:0]
	for {
		if _, err := io.ReadFull(c.r, c.header[:]); err != nil {
			t.Fatal(err)
		}
		n := int(c.header[0])<<16 | int(c.header[1])<<8 | int(c.header[2])
		kind, flags := frame.Type(c.header[3]), frame.Flags(c.header[4])
		payload, err := c.r.Peek(n)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case kind == frame.TypeData:
			c.content = append(c.content, payload...)
		case kind == frame.TypePing && !flags.Has(frame.FlagAck):
			c.write(t, frame.AppendPing(nil, true, [8]byte(payload)))
		case kind == frame.TypeSettings && !flags.Has(frame.FlagAck):
			c.write(t, frame.AppendSettingsAck(nil))
		case kind == frame.TypeGoAway, kind == frame.TypeRSTStream:
			t.Fatalf("%v: %q", kind, payload)
		}
		c.r.Discard(n)
		if (kind == frame.TypeData || kind == frame.TypeHeaders) && flags.Has(frame.FlagEndStream) {
			c.id += 2
			return
		}
	}
}

func BenchmarkCall(b *testing.B) {
	for name := range calls {
		b.Run(name, func(b *testing.B) {
			c := newCaller(b, name)
			for b.Loop() {
				c.call(b)
			}
			b.ReportAllocs()
		})
	}
}
