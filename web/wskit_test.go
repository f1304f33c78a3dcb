package web_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
	"github.com/curlew-rpc/curlew/web"
)

// wsTime is how long anything may take that a test waits for.
const wsTime = 20 * time.Second

// A wsService is what tests call over WebSocket. What it does is up to the request.
type wsService struct {
	began chan context.Context // of each call that hangs; it may be nil
	ended chan error           // why it no longer does
}

func newWSService() *wsService {
	return &wsService{began: make(chan context.Context, 16), ended: make(chan error, 16)}
}

func (s *wsService) register(srv *curlew.Server) {
	srv.Register(curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(unary, s.unary), curlew.HandleServerStream(list, s.list),
		curlew.HandleClientStream(gather, s.gather), curlew.HandleBidi(chat, s.chat),
	}})
}

func (s *wsService) unary(ctx context.Context, req *str) (*str, error) {
	call := curlew.CallFrom(ctx)
	switch req.Value {
	case "fail":
		call.Trailer().Set("x-why", "asked")
		return nil, curlew.Errorf(curlew.NotFound, "no such thing")
	case "panic":
		panic("as asked")
	case "hang":
		return nil, s.hang(ctx)
	case "header":
		var all []string
		for name, value := range call.RequestHeader().All() {
			all = append(all, fmt.Sprintf("%s=%q", name, value))
		}
		return wrapperspb.String(strings.Join(all, "\n")), nil
	}
	call.ResponseHeader().Set("x-h", "1")
	call.ResponseHeader().Set("x-h-bin", "\x00\xff")
	call.Trailer().Set("x-t", "2")
	return req, nil
}

func (s *wsService) hang(ctx context.Context) error {
	s.began <- ctx
	<-ctx.Done()
	s.ended <- ctx.Err()
	return ctx.Err()
}

func (s *wsService) list(ctx context.Context, req *str, out curlew.Sender[*str]) error {
	if req.Value == "hang" {
		return s.hang(ctx)
	}
	for i := 0; ; i++ {
		if req.Value == "3" && i == 3 {
			return nil
		}
		text := fmt.Sprint(i)
		if req.Value == "flood" {
			text = strings.Repeat("x", 100_000)
		}
		if err := out.Send(wrapperspb.String(text)); err != nil {
			s.ended <- err
			return err
		}
	}
}

func (s *wsService) gather(ctx context.Context, reqs iter.Seq2[*str, error]) (*str, error) {
	var all []string
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		if req.Value == "hang" {
			return nil, s.hang(ctx)
		}
		all = append(all, req.Value)
	}
	return wrapperspb.String(strings.Join(all, "+")), nil
}

func (s *wsService) chat(ctx context.Context, d *curlew.Duplex[*str, *str]) error {
	for {
		req, err := d.Recv()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			s.ended <- err
			return err
		case req.Value == "hang":
			return s.hang(ctx)
		case req.Value == "enough":
			return nil
		}
		if err := d.Send(req); err != nil {
			return err
		}
	}
}

// wsServe starts a server of that service.
func wsServe(t *testing.T, s *wsService, opts ...curlewtest.Option) *curlewtest.Server {
	t.Helper()
	return wsServeWeb(t, s, nil, opts...)
}

func wsServeWeb(t *testing.T, s *wsService, options []web.Option, opts ...curlewtest.Option) *curlewtest.Server {
	t.Helper()
	opts = append(opts, curlewtest.WithServer(web.Enable(options...), curlew.WithCodecs(codec.Proto(), codec.JSON())))
	return curlewtest.NewServer(t, s.register, opts...)
}

// A wsClient is a raw client of a WebSocket.
type wsClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// wsShake makes a handshake over a connection, with fields in place of the usual ones, and returns
// the response.
func wsShake(t *testing.T, conn net.Conn, target string, fields map[string]string) (*wsClient, *http.Response) {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(wsTime))
	all := map[string]string{
		"Host": "in-process:1", "Connection": "keep-alive, Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": websocket.Key([16]byte{1, 2, 3}), "Sec-WebSocket-Protocol": "other, curlew.v1",
	}
	for name, value := range fields {
		all[name] = value
	}
	method := "GET"
	if m, ok := all["method"]; ok {
		method = m
		delete(all, "method")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, target)
	for name, value := range all {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	if _, err := io.WriteString(conn, b.String()+"\r\n"); err != nil {
		t.Fatal(err)
	}
	c := &wsClient{t, conn, bufio.NewReader(conn)}
	res, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	return c, res
}

// wsDial opens a WebSocket, for a method of the service.
func wsDial(t *testing.T, srv *curlewtest.Server, target string) *wsClient {
	t.Helper()
	conn, err := srv.Listener.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	return wsOver(t, conn, target)
}

func wsOver(t *testing.T, conn net.Conn, target string) *wsClient {
	t.Helper()
	c, res := wsShake(t, conn, target, nil)
	err := websocket.CheckResponse(&websocket.Response{
		Status: res.StatusCode, Connection: res.Header.Get("Connection"), Upgrade: res.Header.Get("Upgrade"),
		Accept: res.Header.Get("Sec-WebSocket-Accept"), Protocol: res.Header.Get("Sec-WebSocket-Protocol"),
		Extensions: res.Header.Get("Sec-WebSocket-Extensions"),
	}, websocket.Key([16]byte{1, 2, 3}), "curlew.v1")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *wsClient) raw(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func wsFrame(h websocket.Header, payload string) []byte {
	h.Masked, h.Key = true, [4]byte{7, 1, 9, 200}
	return websocket.AppendFrame(nil, h, []byte(payload))
}

func (c *wsClient) send(op websocket.Opcode, payload string) {
	c.t.Helper()
	c.raw(wsFrame(websocket.Header{Final: true, Opcode: op}, payload))
}

func (c *wsClient) open(text string)    { c.t.Helper(); c.send(websocket.Text, text) }
func (c *wsClient) message(text string) { c.t.Helper(); c.send(websocket.Binary, message(text)) }
func (c *wsClient) halfClose()          { c.t.Helper(); c.send(websocket.Binary, framed(2, []byte("{}"))) }

// frame reads a frame, which is to be as a server has to send it.
func (c *wsClient) frame() (websocket.Header, []byte, error) {
	var b []byte
	for {
		h, n, err := websocket.ParseHeader(b, false)
		if err != nil {
			return h, nil, err
		}
		if n > 0 {
			payload := make([]byte, h.Length)
			_, err := io.ReadFull(c.in, payload)
			return h, payload, err
		}
		next, err := c.in.ReadByte()
		if err != nil {
			return h, nil, err
		}
		b = append(b, next)
	}
}

// next reads a message, and fails on what is none.
func (c *wsClient) next(op websocket.Opcode) string {
	c.t.Helper()
	h, payload, err := c.frame()
	if err != nil || h.Opcode != op || !h.Final {
		c.t.Fatalf("got %+v %q, error %v; want opcode %d", h, payload, err, op)
	}
	return string(payload)
}

// header reads the message with the header.
func (c *wsClient) header() map[string][]string {
	c.t.Helper()
	var m struct{ Header map[string][]string }
	if err := json.Unmarshal([]byte(c.next(websocket.Text)), &m); err != nil || m.Header == nil {
		c.t.Fatalf("the header is %v, error %v", m, err)
	}
	return m.Header
}

// response reads a message of the response in protobuf.
func (c *wsClient) response() string {
	c.t.Helper()
	b := c.next(websocket.Binary)
	if len(b) < 5 || b[0] != 0 || int(binary.BigEndian.Uint32([]byte(b[1:5]))) != len(b)-5 {
		c.t.Fatalf("%q is no message", b)
	}
	var m str
	if err := proto.Unmarshal([]byte(b[5:]), &m); err != nil {
		c.t.Fatal(err)
	}
	return m.Value
}

// A wsEnd is what ends a call.
type wsEnd struct {
	Error *struct {
		Code, Message string
	}
	Metadata map[string][]string
}

func (e wsEnd) code() string {
	if e.Error == nil {
		return "ok"
	}
	return e.Error.Code
}

// end reads the end of the call, which has to be followed by that of the WebSocket.
func (c *wsClient) end() wsEnd {
	c.t.Helper()
	b := c.next(websocket.Binary)
	var e wsEnd
	if len(b) < 5 || b[0] != 2 || json.Unmarshal([]byte(b[5:]), &e) != nil {
		c.t.Fatalf("%q is no end", b)
	}
	c.closed(websocket.Normal)
	return e
}

// refused reads the end of a call, with or without a header.
func (c *wsClient) refused() wsEnd {
	c.t.Helper()
	if first, err := c.in.Peek(1); err == nil && first[0]&0xf == byte(websocket.Text) {
		c.header()
	}
	return c.end()
}

// closed reads the end of the WebSocket, and answers.
func (c *wsClient) closed(want websocket.CloseCode) {
	c.t.Helper()
	code, _, err := websocket.ParseClose([]byte(c.next(websocket.Close)))
	if err != nil || code != want {
		c.t.Fatalf("closed with %d (%v), want %d", code, err, want)
	}
	c.conn.Write(wsFrame(websocket.Header{Final: true, Opcode: websocket.Close}, string(websocket.AppendClose(nil, want, ""))))
	c.gone()
}

// gone sees the connection end, without anything before.
func (c *wsClient) gone() {
	c.t.Helper()
	h, payload, err := c.frame()
	if ne := net.Error(nil); err == nil || errors.As(err, &ne) && ne.Timeout() {
		c.t.Fatalf("got %+v %q, error %v; want the end of the connection", h, payload, err)
	}
}

// wait returns what comes out of a channel.
func wait[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(wsTime):
		t.Fatal("waited in vain")
		panic("not reached")
	}
}

// wsPipelined sends a handshake together with what follows it.
func wsPipelined(t *testing.T, conn net.Conn, all string) *wsClient {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(wsTime))
	c := &wsClient{t, conn, bufio.NewReader(conn)}
	c.raw([]byte(all))
	res, err := http.ReadResponse(c.in, &http.Request{Method: "GET"})
	if err != nil || res.StatusCode != 101 {
		t.Fatalf("%+v, %v", res, err)
	}
	return c
}

// wsCertificate returns a certificate for example.com, and who trusts it.
func wsCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	ts := httptest.NewTLSServer(nil)
	defer ts.Close()
	pool := x509.NewCertPool()
	pool.AddCert(ts.Certificate())
	return ts.TLS.Certificates[0], pool
}
