package wiretap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// A wireConn is a client's connection: what is to be read from it is put in.
type wireConn struct {
	net.Conn // nil: nothing else is called
	in       []byte
	written  []byte
	closed   bool
}

func (c *wireConn) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.in)
	c.in = c.in[n:]
	return n, nil
}

func (c *wireConn) Write(p []byte) (int, error) {
	c.written = append(c.written, p...)
	return len(p), nil
}

func (c *wireConn) Close() error { c.closed = true; return nil }

// typesOf knows the method "/t/M", which takes a StringValue and returns an Int32Value.
func typesOf(path string, fromClient bool) proto.Message {
	switch {
	case path != "/t/M":
		return nil
	case fromClient:
		return new(wrapperspb.StringValue)
	}
	return new(wrapperspb.Int32Value)
}

func message(t *testing.T, m proto.Message, compressed bool) []byte {
	t.Helper()
	body, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, wire.PrefixLen, wire.PrefixLen+len(body))
	wire.PutPrefix(b, wire.Prefix{Compressed: compressed, Length: uint32(len(body))})
	return append(b, body...)
}

func data(stream uint32, end bool, payload []byte) []byte {
	return frame.AppendData(nil, stream, end, payload)
}

// text describes events, one a line.
func text(events []Event) string {
	var b strings.Builder
	for _, e := range events {
		side, name := "<", e.Frame.Type.String()
		if e.FromClient {
			side = ">"
		}
		if e.Preface {
			name = "preface"
		}
		fmt.Fprintf(&b, "%s %d %s %d", side, e.Frame.StreamID, name, e.Frame.Length)
		for _, f := range e.Fields {
			fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
		}
		for _, m := range e.Messages {
			fmt.Fprintf(&b, " (%d %v %v)", m.Size, m.Compressed, value(m.Msg))
		}
		if e.Note != "" {
			fmt.Fprintf(&b, " %s", e.Note)
		}
		if e.EndStream() {
			b.WriteString(" END")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func value(m proto.Message) any {
	switch m := m.(type) {
	case *wrapperspb.StringValue:
		return m.GetValue()
	case *wrapperspb.Int32Value:
		return m.GetValue()
	}
	return nil
}

func request(enc *hpack.Encoder, path string) []byte {
	return enc.Append(nil, []hpack.Field{{Name: ":method", Value: "POST"}, {Name: ":path", Value: path}})
}

// conversation returns what a client and a server send each other.
func conversation(t *testing.T) (up, down []byte) {
	client, server := hpack.NewEncoder(), hpack.NewEncoder()
	up = append(up, frame.Preface...)
	up = frame.AppendSettings(up, frame.Setting{ID: frame.SettingEnablePush}, frame.Setting{ID: 0x99, Value: 7})
	up = frame.AppendWindowUpdate(up, 0, 100)
	up = frame.AppendHeaders(up, 1, false, 16384, request(client, "/t/M"))
	first := message(t, wrapperspb.String("hello"), false)
	up = append(up, data(1, false, first[:3])...)
	up = append(up, data(1, false, append(first[3:], message(t, wrapperspb.String("again"), true)...))...)
	up = append(up, data(1, true, nil)...)
	up = frame.AppendHeaders(up, 3, false, 8, request(client, "/unknown/M")) // in CONTINUATION
	up = append(up, data(3, false, message(t, wrapperspb.String("x"), false))...)
	up = frame.AppendRSTStream(up, 3, frame.CodeCancel)
	up = frame.AppendPing(up, false, [8]byte{})

	down = frame.AppendSettings(down)
	down = frame.AppendSettingsAck(down)
	down = frame.AppendHeaders(down, 1, false, 16384, server.Append(nil, []hpack.Field{{Name: ":status", Value: "200"}}))
	both := append(message(t, wrapperspb.Int32(1), false), message(t, wrapperspb.Int32(2), false)...)
	down = append(down, data(1, false, both)...)
	down = frame.AppendHeaders(down, 1, true, 16384, server.Append(nil, []hpack.Field{{Name: "grpc-status", Value: "0"}}))
	down = frame.AppendPing(down, true, [8]byte{})
	down = frame.AppendGoAway(down, 3, frame.CodeNo, "bye")
	return up, down
}

const wantConversation = `> 0 preface 24
> 0 SETTINGS 12 ENABLE_PUSH=0 0x99=7
> 0 WINDOW_UPDATE 4 +100
> 1 HEADERS 6 :method=POST :path=/t/M
> 1 DATA 3
> 1 DATA 21 (7 false hello) (7 true <nil>)
> 1 DATA 0 END
> 3 HEADERS 8
> 3 CONTINUATION 3 :method=POST :path=/unknown/M
> 3 DATA 8 (3 false <nil>)
> 3 RST_STREAM 4 CANCEL
> 0 PING 8
< 0 SETTINGS 0
< 0 SETTINGS 0 ACK
< 1 HEADERS 1 :status=200
< 1 DATA 14 (2 false 1) (2 false 2)
< 1 HEADERS 12 grpc-status=0 END
< 0 PING 8 ACK
< 0 GOAWAY 11 NO_ERROR, last stream 3 "bye"
`

// However the bytes are cut into reads and writes, the events are the same.
func TestConversation(t *testing.T) {
	for _, piece := range []int{1, 2, 7, 100, 1 << 20} {
		up, down := conversation(t)
		tap, under := New(typesOf), &wireConn{in: down}
		nc := tap.Tap(under)
		for len(up) > 0 {
			n := min(piece, len(up))
			if _, err := nc.Write(up[:n]); err != nil {
				t.Fatal(err)
			}
			up = up[n:]
		}
		buf := make([]byte, piece)
		for len(under.in) > 0 {
			if _, err := nc.Read(buf); err != nil {
				t.Fatal(err)
			}
		}
		if got := text(tap.Take()); got != wantConversation {
			t.Fatalf("in pieces of %d:\n%s\nwant\n%s", piece, got, wantConversation)
		}
		if rest := tap.Take(); len(rest) != 0 {
			t.Errorf("events came twice: %v", rest)
		}
		wantUp, _ := conversation(t)
		if string(under.written) != string(wantUp) {
			t.Error("what was written is not what arrived")
		}
	}
}

func settled(t *testing.T, tap *Tap) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := tap.Settle(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	return err == nil
}

func TestSettle(t *testing.T) {
	tap, under := New(typesOf), new(wireConn)
	nc := tap.Tap(under)
	read := func(b []byte) {
		under.in = b
		if _, err := nc.Read(make([]byte, len(b))); err != nil {
			t.Fatal(err)
		}
	}
	write := func(b []byte) { nc.Write(b) }
	client, server := hpack.NewEncoder(), hpack.NewEncoder()
	steps := []struct {
		name string
		do   func()
		want bool
	}{
		{"at the start", func() { write([]byte(frame.Preface)) }, true},
		{"settings", func() { write(frame.AppendSettings(nil)) }, false},
		{"acknowledged", func() { read(frame.AppendSettingsAck(nil)) }, true},
		{"one ACK too many", func() { read(frame.AppendSettingsAck(nil)) }, true},
		{"a stream", func() { write(frame.AppendHeaders(nil, 1, false, 16384, request(client, "/t/M"))) }, false},
		{"ended by the client", func() { write(data(1, true, nil)) }, false},
		{"and by the server", func() {
			read(frame.AppendHeaders(nil, 1, true, 16384, server.Append(nil, []hpack.Field{{Name: "grpc-status", Value: "0"}})))
		}, true},
		{"a second stream", func() { write(frame.AppendHeaders(nil, 3, false, 16384, request(client, "/t/M"))) }, false},
		{"reset", func() { read(frame.AppendRSTStream(nil, 3, frame.CodeCancel)) }, true},
		{"reset again", func() { write(frame.AppendRSTStream(nil, 3, frame.CodeCancel)) }, true},
		{"a third", func() { write(frame.AppendHeaders(nil, 5, false, 16384, request(client, "/t/M"))) }, false},
		{"the connection lost", func() { under.in = nil; nc.Read(make([]byte, 1)) }, true},
		{"a fourth", func() { write(frame.AppendHeaders(nil, 7, false, 16384, request(client, "/t/M"))) }, false},
		{"the connection closed", func() { nc.Close() }, true},
	}
	for _, step := range steps {
		step.do()
		if got := settled(t, tap); got != step.want {
			t.Errorf("%s: settled %v, want %v", step.name, got, step.want)
		}
	}
	if !under.closed {
		t.Error("Close did not close")
	}
}

func TestSettleWaits(t *testing.T) {
	tap := New(typesOf)
	nc := tap.Tap(new(wireConn))
	nc.Write([]byte(frame.Preface))
	nc.Write(frame.AppendHeaders(nil, 1, false, 16384, request(hpack.NewEncoder(), "/t/M")))
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- tap.Settle(t.Context()) }()
	}
	time.Sleep(5 * time.Millisecond)
	nc.Write(frame.AppendRSTStream(nil, 1, frame.CodeCancel))
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// What is no HTTP/2 passes, and is not looked at any further.
func TestDeaf(t *testing.T) {
	bad := map[string][]byte{
		"a stream that cannot be": frame.AppendPing(nil, false, [8]byte{})[:9],
		"padding beyond the end":  {0, 0, 1, 1, 0x4 | 0x8, 0, 0, 0, 1, 200},
		"no HPACK":                frame.AppendHeaders(nil, 1, false, 16384, []byte{0x80}),
	}
	bad["a stream that cannot be"][8] = 1
	bad["a stream that cannot be"] = append(bad["a stream that cannot be"], make([]byte, 8)...)
	for name, b := range bad {
		under := new(wireConn)
		tap := New(typesOf)
		nc := tap.Tap(under)
		nc.Write([]byte(frame.Preface))
		nc.Write(b)
		nc.Write(frame.AppendPing(nil, false, [8]byte{}))
		events := tap.Take()
		if len(events) != 2 || events[1].Note == "" {
			t.Errorf("%s: %s", name, text(events))
		}
		if len(under.written) != len(frame.Preface)+len(b)+17 {
			t.Errorf("%s: %d bytes passed", name, len(under.written))
		}
	}
}

// Data that is no message of gRPC's, or for no stream, is shown without one.
func TestStrayData(t *testing.T) {
	tap := New(typesOf)
	nc := tap.Tap(new(wireConn))
	nc.Write([]byte(frame.Preface))
	nc.Write(frame.AppendHeaders(nil, 1, false, 16384, request(hpack.NewEncoder(), "/t/M")))
	nc.Write(data(1, false, []byte{9, 0, 0, 0, 1, 1}))
	nc.Write(data(7, false, message(t, wrapperspb.String("x"), false)))
	nc.Write(data(1, false, []byte{0, 0, 0, 0, 1, 0xff}))
	for _, e := range tap.Take()[2:] {
		if len(e.Messages) != 0 {
			t.Errorf("messages in stray data: %v", e.Messages)
		}
	}
}

func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	tap := New(typesOf)
	nc, err := tap.Dial(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	l.Close()
	if nc, err := tap.Dial(t.Context(), "tcp", addr); err == nil {
		nc.Close()
		t.Error("connected to nobody")
	}
}

// Whatever passes, the tap neither panics nor keeps bytes from passing.
func FuzzTap(f *testing.F) {
	enc := hpack.NewEncoder()
	f.Add(frame.AppendSettings(nil, frame.Setting{ID: 4, Value: 1}), frame.AppendSettingsAck(nil))
	f.Add(append(frame.AppendHeaders(nil, 1, false, 4, request(enc, "/t/M")), data(1, true, []byte{0, 0, 0, 0, 1, 10})...), frame.AppendGoAway(nil, 1, 0, ""))
	f.Add([]byte{0, 0, 1, 0, 8, 0, 0, 0, 1, 1}, []byte{0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, up, down []byte) {
		tap, under := New(typesOf), &wireConn{in: down}
		nc := tap.Tap(under)
		nc.Write([]byte(frame.Preface))
		nc.Write(up)
		buf := make([]byte, 1+len(down))
		n, _ := nc.Read(buf)
		if string(under.written[len(frame.Preface):]) != string(up) || string(buf[:n]) != string(down) {
			t.Fatal("bytes were changed")
		}
		for _, e := range tap.Take() {
			if e.At.IsZero() {
				t.Fatal("an event without a time")
			}
		}
		nc.Close()
		if !settled(t, tap) {
			t.Fatal("not settled after Close")
		}
	})
}
