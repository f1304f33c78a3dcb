package websocket_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// A call is one that is made both ways.
type call struct {
	method   string
	requests []*echov1.EchoRequest
}

func calls() map[string]call {
	type reqs = []*echov1.EchoRequest
	all := map[string]call{
		"unary, empty":          {"Unary", reqs{{}}},
		"no request":            {"Unary", nil},
		"two requests":          {"Unary", reqs{{}, {}}},
		"no request, stream":    {"ClientStream", nil},
		"some requests":         {"ClientStream", reqs{{Text: "a"}, {}, {Text: "ß€𝄞"}}},
		"requests, then error":  {"ClientStream", reqs{{Text: "a"}, {Code: 9, Message: "\x00 <&> \u2028"}}},
		"no responses":          {"ServerStream", reqs{{}}},
		"many responses":        {"ServerStream", reqs{{Text: "x", Repeat: 100}}},
		"responses, then error": {"ServerStream", reqs{{Text: "x", Repeat: 3, Code: 10, Message: "so far"}}},
		"no messages":           {"Bidi", nil},
		"both":                  {"Bidi", reqs{{Text: "a"}, {Text: "b"}, {Text: "c"}}},
		"both, then error":      {"Bidi", reqs{{Text: "a"}, {Code: 16}}},
	}
	for code := int32(1); code <= 17; code++ {
		all[fmt.Sprintf("code %d", code)] = call{"Unary", reqs{{Code: code, Message: fmt.Sprintf("it is %d", code)}}}
	}
	// Where the lengths of frames have another form, and buffers end.
	for _, n := range []int{100, 115, 116, 117, 118, 119, 120, 121, 4000, 4096, 65_500, 65_521, 65_530, 65_536, 1 << 20, 4<<20 - 100, 4 << 20} {
		all[fmt.Sprintf("%d bytes", n)] = call{"Unary", reqs{{Payload: make([]byte, n)}}}
		all[fmt.Sprintf("%d bytes both ways", n)] = call{"Bidi", reqs{{Payload: make([]byte, n)}, {Payload: make([]byte, n/2)}}}
	}
	return all
}

// byGRPC makes a call over HTTP/2.
func byGRPC(ctx context.Context, c *curlew.Client, what call) (o outcome) {
	var header, trailer curlew.Header
	client := echov1.NewEchoServiceClient(c).With(curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer),
		curlew.SetHeader("x-send", "1", "2"), curlew.SetHeader("x-send-bin", "\x00\xff"))
	one := &echov1.EchoRequest{}
	if len(what.requests) > 0 {
		one = what.requests[0]
	}
	var responses iter.Seq2[*echov1.EchoResponse, error]
	end := func() error { return nil }
	single := func(res *echov1.EchoResponse, err error) {
		responses = func(yield func(*echov1.EchoResponse, error) bool) { yield(res, err) }
	}
	switch what.method {
	case "Unary":
		single(client.Unary(ctx, one))
	case "ServerStream":
		responses = client.ServerStream(ctx, one)
	case "ClientStream":
		single(client.ClientStream(ctx, func(yield func(*echov1.EchoRequest, error) bool) {
			for _, req := range what.requests {
				if !yield(req, nil) {
					return
				}
			}
		}))
	case "Bidi":
		d, err := client.Bidi(ctx)
		if err != nil {
			return outcome{Code: err.Error()}
		}
		end = d.Close
		go func() {
			for _, req := range what.requests {
				if d.Send(req) != nil {
					return
				}
			}
			d.CloseSend()
		}()
		responses = d.All()
	}
	for res, err := range responses {
		if err != nil {
			var e *curlew.Error
			if !errors.As(err, &e) {
				return outcome{Code: err.Error()}
			}
			o.Code, o.Message = strings.ReplaceAll(strings.ToLower(e.Code().String()), "cancelled", "canceled"), e.Message()
			for range curlew.RawDetails(err) {
				o.Details++
			}
			break
		}
		b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(res)
		o.Messages = append(o.Messages, string(b))
	}
	_ = end() // the outcome is known
	values := func(h *curlew.Header) func(string) []string {
		return func(name string) []string { return slices.Collect(h.Values(name)) }
	}
	o.Header, o.Trailer = text("", values(&header)), text("t", values(&trailer))
	return o
}

// byWebSocket makes it over a WebSocket; where pieces is set, in frames of random length.
func byWebSocket(ctx context.Context, addr, encoding string, what call, pieces bool) (o outcome) {
	c, _, err := websocket.Dial(ctx, "ws://"+addr+"/curlew.test.echo.v1.EchoService/"+what.method+"?encoding="+encoding,
		&websocket.DialOptions{Subprotocols: []string{"curlew.v1"}})
	if err != nil {
		return outcome{Code: err.Error()}
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	go func() {
		send(ctx, c, websocket.MessageText, []byte(`{"header":{"x-send":["1","2"],"x-send-bin":["AP8"]},"timeoutMs":60000}`), pieces)
		for _, req := range what.requests {
			if send(ctx, c, websocket.MessageBinary, envelope(0, encode(encoding, req)), pieces) != nil {
				return
			}
		}
		send(ctx, c, websocket.MessageBinary, envelope(2, []byte("{}")), pieces)
	}()
	metadata := func(m map[string][]string) func(string) []string {
		return func(name string) (values []string) {
			for _, v := range m[name] {
				if strings.HasSuffix(name, "-bin") {
					b, err := base64.RawStdEncoding.DecodeString(v)
					if v = string(b); err != nil {
						v = err.Error()
					}
				}
				values = append(values, v)
			}
			return values
		}
	}
	for {
		kind, b, err := c.Read(ctx)
		switch {
		case err != nil:
			return outcome{Code: err.Error()}
		case kind == websocket.MessageText:
			var m struct{ Header map[string][]string }
			if err := json.Unmarshal(b, &m); err != nil {
				return outcome{Code: err.Error()}
			}
			o.Header = text("", metadata(m.Header))
		case len(b) < 5 || int(binary.BigEndian.Uint32(b[1:])) != len(b)-5:
			return outcome{Code: "no envelope"}
		case b[0] == 0:
			var res echov1.EchoResponse
			if err := decode(encoding, b[5:], &res); err != nil {
				return outcome{Code: err.Error()}
			}
			again, _ := proto.MarshalOptions{Deterministic: true}.Marshal(&res)
			o.Messages = append(o.Messages, string(again))
		default:
			var end struct {
				Error struct {
					Code, Message string
					Details       []any
				}
				Metadata map[string][]string
			}
			if err := json.Unmarshal(b[5:], &end); err != nil {
				return outcome{Code: err.Error()}
			}
			o.Code, o.Message, o.Details = end.Error.Code, end.Error.Message, len(end.Error.Details)
			o.Trailer = text("t", metadata(end.Metadata))
			if _, _, err = c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
				return outcome{Code: "closed: " + err.Error()}
			}
			return o
		}
	}
}

func send(ctx context.Context, c *websocket.Conn, kind websocket.MessageType, b []byte, pieces bool) error {
	if !pieces {
		return c.Write(ctx, kind, b)
	}
	w, err := c.Writer(ctx, kind)
	if err != nil {
		return err
	}
	for len(b) > 0 {
		n := min(len(b), 1+rand.IntN(len(b)))
		if _, err := w.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return w.Close()
}

func envelope(flags byte, data []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(data))), data...)
}

func encode(encoding string, m proto.Message) []byte {
	var b []byte
	if encoding == "json" {
		b, _ = protojson.Marshal(m)
	} else {
		b, _ = proto.Marshal(m)
	}
	return b
}

func decode(encoding string, b []byte, m proto.Message) error {
	if encoding == "json" {
		return protojson.Unmarshal(b, m)
	}
	return proto.Unmarshal(b, m)
}

func TestSameAsGRPC(t *testing.T) {
	addr := serve(t, registerEcho)
	c, err := curlew.NewClient("passthrough:///" + addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for name, what := range calls() {
		t.Run(name, func(t *testing.T) {
			var want outcome
			switch {
			case len(what.requests) == 1 || what.method == "ClientStream" || what.method == "Bidi":
				want = byGRPC(ctx, c, what)
			default: // gRPC's client could not do that
				want = outcome{Code: "unimplemented", Header: text("", none), Trailer: text("t", none)}
			}
			for _, encoding := range []string{"proto", "json"} {
				for _, pieces := range []bool{false, true} {
					got := byWebSocket(ctx, addr, encoding, what, pieces)
					if len(want.Code) > 0 && want.Message == "" || strings.Contains(want.Message, "bytes") {
						// What the server says of limits depends on the protocol.
						got.Message, want.Message = "", ""
					}
					if want.Code != "" && len(want.Messages) == 0 {
						got.Header, want.Header = "", "" // gRPC may have it among the trailers
					}
					if encoding == "json" && want.Code == "" && got.Code == "resource_exhausted" {
						continue // base64 is longer
					}
					if !reflect.DeepEqual(got, want) {
						t.Errorf("%s, pieces %v: got %.500s, want %.500s", encoding, pieces, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
					}
				}
			}
		})
	}
}

func none(string) []string { return nil }

// A client that closes cancels the call, and one that is late gets told.
func TestEndings(t *testing.T) {
	addr := serve(t, registerEcho)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	url := "ws://" + addr + "/curlew.test.echo.v1.EchoService/Bidi?encoding=json"
	dial := func() *websocket.Conn {
		c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{"curlew.v1"}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := dial()
	defer c.CloseNow()
	if err := c.Write(ctx, websocket.MessageText, []byte(`{"timeoutMs":10}`)); err != nil {
		t.Fatal(err)
	}
	for {
		_, b, err := c.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if b[0] == 2 {
			if !strings.Contains(string(b), "deadline_exceeded") {
				t.Errorf("%q", b)
			}
			break
		}
	}
	if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Error(err)
	}

	c = dial()
	if err := c.Write(ctx, websocket.MessageText, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	alive := c.CloseRead(ctx) // it reads pongs
	if err := c.Ping(ctx); err != nil {
		t.Error(err)
	}
	if alive.Err() != nil {
		t.Error("the connection has ended")
	}
	if err := c.Close(websocket.StatusNormalClosure, "enough"); err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("closing: %v", err)
	}
}
