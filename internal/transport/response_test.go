package transport_test

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// answer sends a request for a method that is served by f, and returns the
// response. The request is complete.
func answer(t *testing.T, f func(*call) *transport.Status, pairs ...string) *rawpeer.Stream {
	t.Helper()
	h := newHouse()
	h.methods["/t.S/It"] = &target{whole: true, serve: f}
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	p.Headers(1, false, request("/t.S/It", pairs...)...)
	p.Data(1, true, rawpeer.Message(0, "hello"))
	s := p.Stream(1)
	if !p.Sync() {
		t.Errorf("%s, GOAWAY %+v", s.Order, p.GoAway)
	}
	return s
}

// lines renders a header section.
func lines(fields []transport.Field) (out []string) {
	for _, f := range fields {
		out = append(out, f.Name+": "+f.Value)
	}
	return out
}

func TestResponseSections(t *testing.T) {
	noLeaks(t)
	fail := transport.NewStatus(wire.NotFound, "no such bird")
	mine := func(c *call) {
		c.header = rawpeer.Fields("h", " 1 ", "h-bin", "\x00\x01", "h", "2")
		c.trailer = rawpeer.Fields("t", "\t1", "t", "2", "t-bin", "\xff")
	}
	const status, media = ":status: 200", "content-type: application/grpc"
	for _, row := range []struct {
		name          string
		serve         func(*call) *transport.Status
		order         string
		header, trail []string
	}{
		{"OK without messages", func(c *call) *transport.Status { mine(c); return nil }, "HH$",
			[]string{status, media, "h: 1", "h-bin: AAE", "h: 2"}, []string{"grpc-status: 0", "t: 1", "t: 2", "t-bin: /w"}},
		{"one message", func(c *call) *transport.Status { mine(c); return echo(c) }, "HDH$",
			[]string{status, media, "h: 1", "h-bin: AAE", "h: 2"}, []string{"grpc-status: 0", "t: 1", "t: 2", "t-bin: /w"}},
		{"an error at once is Trailers-Only", func(c *call) *transport.Status { mine(c); return fail }, "H$",
			[]string{status, media, "h: 1", "h-bin: AAE", "h: 2", "grpc-status: 5", "grpc-message: no such bird", "t: 1", "t: 2", "t-bin: /w"}, nil},
		{"an error in place of the one message", func(c *call) *transport.Status { echo(c); return fail }, "H$",
			[]string{status, media, "grpc-status: 5", "grpc-message: no such bird"}, nil},
		{"an error after the header", func(c *call) *transport.Status {
			mine(c)
			c.SendHeader(c.header, nil)
			return fail
		}, "HH$", []string{status, media, "h: 1", "h-bin: AAE", "h: 2"}, []string{"grpc-status: 5", "grpc-message: no such bird", "t: 1", "t: 2", "t-bin: /w"}},
		{"an error after a message", func(c *call) *transport.Status { chat(c); return fail }, "HDH$",
			[]string{status, media}, []string{"grpc-status: 5", "grpc-message: no such bird"}},
		{"an error without words", func(*call) *transport.Status { return transport.NewStatus(wire.DataLoss, "") }, "H$",
			[]string{status, media, "grpc-status: 15"}, nil},
		{"the header is sent once", func(c *call) *transport.Status {
			c.SendHeader(rawpeer.Fields("h", "1"), nil)
			c.SendHeader(rawpeer.Fields("h", "2"), nil)
			return asStatus(c.Send([]byte("x"), 10, rawpeer.Fields("h", "3"), nil))
		}, "HDH$", []string{status, media, "h: 1"}, []string{"grpc-status: 0"}},
	} {
		t.Run(strings.ReplaceAll(row.name, " ", "_"), func(t *testing.T) {
			s := answer(t, row.serve)
			if s.Order != row.order {
				t.Errorf("frames %s, want %s", s.Order, row.order)
			}
			if got := lines(s.First()); !slices.Equal(got, row.header) {
				t.Errorf("header %q\nwant   %q", got, row.header)
			}
			if row.trail != nil && !slices.Equal(lines(s.Last()), row.trail) {
				t.Errorf("trailers %q\nwant     %q", lines(s.Last()), row.trail)
			}
		})
	}
}

// The header of a response leaves before its first message, where a handler wants it.
func TestHeaderBeforeMessages(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	h.methods["/t.S/It"] = &target{serve: func(c *call) *transport.Status {
		if err := c.SendHeader(rawpeer.Fields("h", "1"), nil); err != nil {
			return asStatus(err)
		}
		return chat(c)
	}}
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	p.Headers(1, false, request("/t.S/It")...)
	s := p.Until(1, func(s *rawpeer.Stream) bool { return s.Order != "" })
	if s.Order != "H" || rawpeer.Value(s.First(), "h") != "1" {
		t.Errorf("before a message was sent: %s %v", s.Order, s.Sections)
	}
	p.Data(1, true, rawpeer.Message(0, "x"))
	verdict{"200", "0", "", "HDH$"}.check(t, "then", p.Stream(1))
}

func TestContentTypeIsEchoed(t *testing.T) {
	noLeaks(t)
	for _, ct := range []string{"application/grpc", "application/grpc+proto", "application/grpc+json", "application/grpc;charset=utf-8", "Application/gRPC"} {
		for name, f := range map[string]func(*call) *transport.Status{
			"answer": echo,
			"error":  func(*call) *transport.Status { return transport.NewStatus(wire.Aborted, "") },
		} {
			s := answer(t, f, "content-type", ct)
			if got := rawpeer.Value(s.First(), "content-type"); got != ct {
				t.Errorf("%s to %s has content-type %s", name, ct, got)
			}
		}
	}
}

func TestStatusMessage(t *testing.T) {
	noLeaks(t)
	for text, want := range map[string]string{
		"plain":              "plain",
		"100% não\n":         "100%25 n%C3%A3o%0A",
		" spaces at an end ": "%20spaces at an end%20",
		"~!#$&'()*+,-./:;":   "~!#$&'()*+,-./:;",
		"\x00\x7f\r":         "%00%7F%0D",
		"鳥":                  "%E9%B3%A5",
		"not UTF-8 \xff":     "not UTF-8 %EF%BF%BD",
	} {
		s := answer(t, func(*call) *transport.Status { return transport.NewStatus(wire.Internal, text) })
		if got := rawpeer.Value(s.Last(), "grpc-message"); got != want {
			t.Errorf("%q is sent as %q, want %q", text, got, want)
		}
	}
}

func TestEveryCode(t *testing.T) {
	noLeaks(t)
	for code, want := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"} {
		if code == 0 {
			continue
		}
		s := answer(t, func(*call) *transport.Status { return transport.NewStatus(wire.Code(code), "") })
		if got := rawpeer.Value(s.Last(), "grpc-status"); got != want {
			t.Errorf("code %d is sent as %q", code, got)
		}
	}
}

// Details come with the code and the message that the fields have, once, unpadded.
func TestStatusDetails(t *testing.T) {
	noLeaks(t)
	details := []wire.Detail{{TypeURL: "type.googleapis.com/a.B", Value: []byte("1")}, {TypeURL: "type.googleapis.com/c.D", Value: nil}}
	for _, text := range []string{"", "x", "xy", "xyz", "não"} { // of every length modulo three
		st := &transport.Status{Code: wire.FailedPrecondition, Message: text, Details: details}
		s := answer(t, func(*call) *transport.Status { return st })
		value := rawpeer.Value(s.Last(), "grpc-status-details-bin")
		if strings.Contains(value, "=") {
			t.Errorf("%q: padded: %s", text, value)
		}
		raw, err := base64.RawStdEncoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		code, message, got, err := wire.ParseDetails(raw)
		if err != nil || wire.StatusString(code) != rawpeer.Value(s.Last(), "grpc-status") || message != text || len(got) != 2 ||
			got[0].TypeURL != details[0].TypeURL || !reflect.DeepEqual(got[0].Value, details[0].Value) || got[1].TypeURL != details[1].TypeURL {
			t.Errorf("%q: %v %q %v, %v", text, code, message, got, err)
		}
	}
}

// The client need not have ended its side: it is told that the rest is not wanted.
func TestEarlyEnd(t *testing.T) {
	noLeaks(t)
	h := newHouse()
	h.methods["/t.S/First"] = &target{serve: func(c *call) *transport.Status {
		var msg []byte
		if err := c.Receive(&msg, nil); err != nil {
			return asStatus(err)
		}
		return asStatus(c.Hold(msg, 10, false))
	}}
	h.open(t)
	p := rawpeer.Dial(t, h.addr)
	for i, row := range []struct {
		name   string
		header []transport.Field
		order  string
	}{
		{"an answer", request("/t.S/First"), "HDH$R"},
		{"an error", request("/t.S/Nope"), "H$R"},
		{"another protocol", request("/t.S/First", "content-type", "text/html"), "HD$R"},
	} {
		id := uint32(2*i + 1)
		p.Headers(id, false, row.header...)
		p.Data(id, false, rawpeer.Message(0, "x"))
		s := p.Until(id, func(s *rawpeer.Stream) bool { return s.Reset })
		if s.Order != row.order || s.Code != frame.CodeNo {
			t.Errorf("%s: %s with %v, want %s with NO_ERROR", row.name, s.Order, s.Code, row.order)
		}
		p.Data(id, true, rawpeer.Message(0, "late")) // as if it had been under way
	}
	if !p.Sync() {
		t.Errorf("what was under way has ended the connection: %+v", p.GoAway)
	}
}

func TestResponseCompression(t *testing.T) {
	noLeaks(t)
	zipped := func(s string) string { return string(rawpeer.Message(1, zip(t, s))) }
	plain := func(s string) string { return string(rawpeer.Message(0, s)) }
	long := strings.Repeat("hello ", 50)
	send := func(msgs ...any) func(*call) *transport.Status {
		return func(c *call) *transport.Status {
			for _, m := range msgs {
				switch m := m.(type) {
				case string:
					if err := c.Send([]byte(m), 1000, nil, nil); err != nil {
						return asStatus(err)
					}
				case bool: // compression on or off
					var comp compress.Compressor
					if m {
						comp = compress.Gzip()
					}
					if !c.SetCompressor(comp) {
						return transport.NewStatus(wire.FailedPrecondition, "too late")
					}
				}
			}
			return nil
		}
	}
	asked := []string{"grpc-encoding", "gzip", "grpc-accept-encoding", "gzip"}
	for _, row := range []struct {
		name     string
		header   []string
		serve    func(*call) *transport.Status
		encoding string
		data     string
		code     string
	}{
		{"the client compresses and accepts", asked, send(long), "gzip", zipped(long), "0"},
		{"of a list", []string{"grpc-encoding", "gzip", "grpc-accept-encoding", "identity, br,GZIP"}, send(long), "gzip", zipped(long), "0"},
		{"in two fields", []string{"grpc-encoding", "gzip", "grpc-accept-encoding", "gzip", "grpc-accept-encoding", "br"}, send(long), "gzip", zipped(long), "0"},
		{"the client does not accept", []string{"grpc-encoding", "gzip"}, send(long), "", plain(long), "0"},
		{"or says so", []string{"grpc-encoding", "gzip", "grpc-accept-encoding", "gzip;q=0"}, send(long), "", plain(long), "0"},
		{"the client does not compress", []string{"grpc-accept-encoding", "gzip"}, send(long), "", plain(long), "0"},
		{"an empty message", asked, send(""), "gzip", plain(""), "0"},
		{"switched off", asked, send(long, false, "x", true, long), "gzip", zipped(long) + plain("x") + zipped(long), "0"},
		{"off from the first", asked, send(false, "x"), "gzip", plain("x"), "0"},
		{"switched on before the header", []string{"grpc-accept-encoding", "gzip"}, send(true, long, false, "x"), "gzip", zipped(long) + plain("x"), "0"},
		{"on although it is on", asked, send(true, long), "gzip", zipped(long), "0"},
		{"switched on too late", []string{"grpc-accept-encoding", "gzip"}, send("x", true, long), "", plain("x"), "9"},
	} {
		t.Run(strings.ReplaceAll(row.name, " ", "_"), func(t *testing.T) {
			s := answer(t, row.serve, row.header...)
			if got := rawpeer.Value(s.First(), "grpc-encoding"); got != row.encoding {
				t.Errorf("grpc-encoding %q, want %q", got, row.encoding)
			}
			if string(s.Data) != row.data {
				t.Errorf("content %q\nwant    %q", s.Data, row.data)
			}
			if got := rawpeer.Value(s.Last(), "grpc-status"); got != row.code {
				t.Errorf("grpc-status %s, want %s", got, row.code)
			}
		})
	}
}

// A server does not list what it cannot decompress.
func TestAcceptEncoding(t *testing.T) {
	noLeaks(t)
	s := answer(t, echo, "grpc-encoding", "br")
	if got := rawpeer.Value(s.First(), "grpc-accept-encoding"); !strings.HasPrefix(s.Order, "H$") || got != "identity,gzip" {
		t.Errorf("%s %q", s.Order, got)
	}
}
