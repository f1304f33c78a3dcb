package curlew_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// A response is what a server says, and what callers are to make of it.
type response struct {
	name  string
	steps []step
	code  curlew.Code
	text  string // in the error
	many  curlew.Code
	got   []string // messages that a stream has given before it ended
}

// judge has every kind of method answered by r. Where many is set, kinds with
// many responses end with that code.
func (r *response) judge(t *testing.T, opts ...curlew.ClientOption) {
	for _, m := range kinds {
		t.Run(strings.ReplaceAll(fmt.Sprint(r.name, " ", m.Kind), " ", "_"), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), rawpeer.Patience)
			defer cancel()
			c := dialTest(t, scripted(t, answers(t, r.steps...)), opts...)
			o := perform(ctx, c, m)
			want := r.code
			if m.Kind.ManyResponses() && r.many != 0 {
				want = r.many - 1
			}
			if got := curlew.CodeOf(o.err); got != want {
				t.Errorf("%v, want %v; messages %q", o.err, want, o.messages)
			}
			if o.err != nil && !strings.Contains(o.err.Error(), r.text) {
				t.Errorf("%v, want %q in it", o.err, r.text)
			}
			if m.Kind.ManyResponses() && !slices.Equal(o.messages, r.got) {
				t.Errorf("messages %q, want %q", o.messages, r.got)
			}
			if !m.Kind.ManyResponses() && len(o.messages) > 0 && o.err != nil {
				t.Errorf("a call that failed gave %q", o.messages)
			}
		})
	}
}

func steps(s ...step) []step { return s }

// ofMany is the code of kinds with many responses, in a way that zero is none.
func ofMany(c curlew.Code) curlew.Code { return c + 1 }

var one = []string{"fine"}

// Responses that are as they should be, among them the less usual.
func TestResponses(t *testing.T) {
	curlewtest.NoLeaks(t)
	body, end := data(framed("fine")), trailers("grpc-status", "0")
	for _, r := range []response{
		{name: "ordinary", steps: steps(header(), body, end), got: one},
		{name: "no subtype", steps: steps(section(false, ":status", "200", "content-type", "application/grpc"), body, end), got: one},
		{name: "a parameter", steps: steps(section(false, ":status", "200", "content-type", "application/grpc+proto; charset=utf-8"), body, end), got: one},
		{name: "informational sections before", steps: steps(section(false, ":status", "100"), section(false, ":status", "103", "link", "x"), header(), body, end), got: one},
		{name: "identity", steps: steps(header("grpc-encoding", "identity"), body, end), got: one},
		{name: "gzip, unused", steps: steps(header("grpc-encoding", "gzip"), body, end), got: one},
		{name: "gzip", steps: steps(header("grpc-encoding", "gzip"), data(rawpeer.Message(1, zipped(t, encoded("fine")))), end), got: one},
		{name: "an empty message", steps: steps(header(), data(framed("")), end), got: []string{""}},
		{name: "an empty message, as if compressed", steps: steps(header("grpc-encoding", "gzip"), data(rawpeer.Message(1, "")), end), got: []string{""}},
		{name: "a message with OK", steps: steps(header(), body, trailers("grpc-status", "0", "grpc-message", "all is well")), got: one},
		{name: "content-length", steps: steps(header("content-length", "11"), body, end), got: one},
		{name: "a byte a frame", steps: steps(header(), func(p *rawpeer.Peer, id uint32) {
			for _, b := range framed("fine") {
				p.Data(id, false, []byte{b})
			}
		}, end), got: one},
		{name: "padded", steps: steps(header(), func(p *rawpeer.Peer, id uint32) {
			b := framed("fine")
			f := frame.AppendHeader(nil, frame.Header{Length: uint32(1 + len(b) + 200), Type: frame.TypeData, Flags: frame.FlagPadded, StreamID: id})
			p.Write(append(append(append(f, 200), b...), make([]byte, 200)...))
		}, end), got: one},
		{name: "RST_STREAM after all", steps: steps(header(), body, end, reset(frame.CodeNo)), got: one},
		{name: "grpc-status wins over the HTTP status", steps: steps(section(false, ":status", "503", "content-type", "application/grpc"), trailers("grpc-status", "5")),
			code: curlew.NotFound, many: ofMany(curlew.NotFound)},
		{name: "in one section too", steps: steps(section(true, ":status", "503", "content-type", "application/grpc", "grpc-status", "5")), code: curlew.NotFound},
		{name: "and without content-type", steps: steps(section(true, ":status", "404", "grpc-status", "5")), code: curlew.NotFound},
		{name: "an early error", steps: steps(only("grpc-status", "9", "grpc-message", "not%20now")), code: curlew.FailedPrecondition, text: "not now"},
		{name: "an error after the header", steps: steps(header(), trailers("grpc-status", "9", "grpc-message", "not now")), code: curlew.FailedPrecondition, text: "not now"},
		{name: "an error after a message", steps: steps(header(), body, trailers("grpc-status", "9")), code: curlew.FailedPrecondition, got: one},
	} {
		r.judge(t)
	}
}

func zipped(t testing.TB, s string) string {
	t.Helper()
	b, err := compress.Gzip().Compress(nil, []byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Where the status is looked for, and what stands in for one that is missing.
func TestWhereTheStatusIs(t *testing.T) {
	curlewtest.NoLeaks(t)
	body := data(framed("fine"))
	for _, r := range []response{
		{name: "in a header that is not the end, body", steps: steps(header("grpc-status", "9"), lastData(framed("fine"))), code: curlew.Internal, got: one},
		{name: "OK in a header that is not the end", steps: steps(header("grpc-status", "0"), lastData(framed("fine"))), code: curlew.Internal, got: one},
		{name: "in a header that is not the end, no body", steps: steps(header("grpc-status", "9"), lastData(nil)), code: curlew.Internal},
		{name: "in header and trailers", steps: steps(header("grpc-status", "8"), trailers("grpc-status", "9")), code: curlew.FailedPrecondition},
		{name: "OK in the header, error in the trailers", steps: steps(header("grpc-status", "0"), body, trailers("grpc-status", "9")), code: curlew.FailedPrecondition, got: one},
		{name: "error in the header, OK in the trailers", steps: steps(header("grpc-status", "9"), body, trailers("grpc-status", "0")), got: one},
		{name: "nowhere in the trailers", steps: steps(header(), body, trailers("grpc-message", "x")), code: curlew.Unknown, text: "grpc-status", got: one},
		{name: "nowhere in the trailers, no body", steps: steps(header(), trailers("x", "y")), code: curlew.Unknown, text: "grpc-status"},
		{name: "nowhere in the only section", steps: steps(only()), code: curlew.Unknown, text: "grpc-status"},
		{name: "no trailers", steps: steps(header(), lastData(framed("fine"))), code: curlew.Internal, text: "grpc-status", got: one},
		{name: "no trailers, no body", steps: steps(header(), lastData(nil)), code: curlew.Internal, text: "grpc-status"},
	} {
		r.judge(t)
	}
	for _, odd := range []string{"", "x", "-1", "+5", "17", "99", "05", "00", "5x", "1e1", "4294967296", "0x5", "\xd9\xa5"} {
		(&response{name: "status " + odd, steps: steps(header(), body, trailers("grpc-status", odd)), code: curlew.Unknown, got: one}).judge(t)
		(&response{name: "status at once " + odd, steps: steps(only("grpc-status", odd)), code: curlew.Unknown}).judge(t)
	}
	for code := curlew.Canceled; code <= curlew.Unauthenticated; code++ {
		(&response{name: "code", steps: steps(header(), trailers("grpc-status", fmt.Sprint(int(code)))), code: code}).judge(t)
	}
}

// HTTP's own statuses, where no grpc-status explains them.
func TestHTTPStatuses(t *testing.T) {
	curlewtest.NoLeaks(t)
	page := lastData([]byte("<html>sorry</html>"))
	codes := map[int]curlew.Code{
		400: curlew.Internal, 401: curlew.Unauthenticated, 403: curlew.PermissionDenied, 404: curlew.Unimplemented,
		429: curlew.Unavailable, 502: curlew.Unavailable, 503: curlew.Unavailable, 504: curlew.Unavailable,
	}
	for _, status := range []int{200, 201, 204, 301, 304, 400, 401, 402, 403, 404, 405, 409, 412, 413, 415, 418, 429, 431, 500, 501, 502, 503, 504, 505, 599, 800} {
		code, ok := codes[status]
		if !ok {
			code = curlew.Unknown
		}
		s, text := fmt.Sprint(status), fmt.Sprint(status)
		if status == 200 {
			text = ""
		}
		(&response{name: s + " with a page", steps: steps(section(false, ":status", s, "content-type", "text/html"), page), code: code, text: text}).judge(t)
		(&response{name: s + " alone", steps: steps(section(true, ":status", s)), code: code, text: text}).judge(t)
		if status != 200 {
			(&response{name: s + " of gRPC", steps: steps(section(false, ":status", s, "content-type", "application/grpc"), lastData(framed("fine"))), code: code, text: text}).judge(t)
		}
	}
}

func TestResponseContentTypes(t *testing.T) {
	curlewtest.NoLeaks(t)
	typed := func(ct string) step { return section(false, ":status", "200", "content-type", ct) }
	body, end := data(framed("fine")), trailers("grpc-status", "0")
	for _, ct := range []string{"text/html", "application/json", "application/grpcfoo", "application/grpc-web+proto", "application/grpc+", ""} {
		(&response{name: "type " + ct, steps: steps(typed(ct), lastData(framed("fine"))), code: curlew.Unknown, text: "content-type"}).judge(t)
	}
	for _, ct := range []string{"application/grpc+json", "application/grpc+foo"} {
		(&response{name: "codec " + ct, steps: steps(typed(ct), body, end), code: curlew.Internal, text: "content-type"}).judge(t)
		(&response{name: "empty message, codec " + ct, steps: steps(typed(ct), data(framed("")), end), code: curlew.Internal, text: "content-type"}).judge(t)
		(&response{name: "error, codec " + ct, steps: steps(section(true, ":status", "200", "content-type", ct, "grpc-status", "5")), code: curlew.NotFound}).judge(t)
	}
}

// What is wrong with the messages of a response.
func TestResponseMessages(t *testing.T) {
	curlewtest.NoLeaks(t)
	end := trailers("grpc-status", "0")
	hello := framed("fine")
	limit := curlew.WithMaxReceiveBytes(1000)
	long := encoded(strings.Repeat("x", 998))
	for _, r := range []response{
		{name: "none", steps: steps(header(), end), code: curlew.Unimplemented, many: ofMany(curlew.OK)},
		{name: "none, at once", steps: steps(only("grpc-status", "0")), code: curlew.Unimplemented, many: ofMany(curlew.OK)},
		{name: "two", steps: steps(header(), data(hello), data(hello), end), code: curlew.Unimplemented, many: ofMany(curlew.OK), got: []string{"fine", "fine"}},
		{name: "two and an error", steps: steps(header(), data(hello), data(hello), trailers("grpc-status", "5")), code: curlew.NotFound, got: []string{"fine", "fine"}},
		{name: "at the limit", steps: steps(header(), data(framed(strings.Repeat("x", 997))), end), got: []string{strings.Repeat("x", 997)}},
		{name: "over the limit", steps: steps(header(), data(rawpeer.Message(0, long)), end), code: curlew.ResourceExhausted, text: "limit is 1000"},
		{name: "4 GiB announced", steps: steps(header(), data([]byte{0, 0xff, 0xff, 0xff, 0xff, 0}), end), code: curlew.ResourceExhausted, text: "4294967295"},
		{name: "a bomb", steps: steps(header("grpc-encoding", "gzip"), data(rawpeer.Message(1, zipped(t, strings.Repeat("x", 100_000)))), end), code: curlew.ResourceExhausted},
		{name: "far over the limit", steps: steps(header(), data(rawpeer.Message(0, strings.Repeat("x", 20_000)))), code: curlew.ResourceExhausted},
		{name: "truncated", steps: steps(header(), data(hello[:9]), end), code: curlew.Internal, text: "inside a message"},
		{name: "a prefix alone", steps: steps(header(), data(hello[:5]), end), code: curlew.Internal, text: "inside a message"},
		{name: "a truncated prefix", steps: steps(header(), data(hello[:3]), end), code: curlew.Internal, text: "inside a message prefix"},
		{name: "one and a truncated prefix", steps: steps(header(), data(hello), data(hello[:3]), end), code: curlew.Unimplemented, many: ofMany(curlew.Internal), got: one},
		{name: "truncated, but with an error", steps: steps(header(), data(hello[:9]), trailers("grpc-status", "15")), code: curlew.DataLoss},
		{name: "compressed without encoding", steps: steps(header(), data(rawpeer.Message(1, zipped(t, encoded("fine")))), end), code: curlew.Internal, text: "names no compression"},
		{name: "compressed with identity", steps: steps(header("grpc-encoding", "identity"), data(rawpeer.Message(1, encoded("fine"))), end), code: curlew.Internal, text: "names no compression"},
		{name: "unknown encoding", steps: steps(header("grpc-encoding", "br"), data(rawpeer.Message(1, "xx")), end), code: curlew.Internal, text: "br"},
		{name: "unknown encoding, unused", steps: steps(header("grpc-encoding", "br"), data(hello), end), code: curlew.Internal, text: "br"},
		{name: "bad gzip", steps: steps(header("grpc-encoding", "gzip"), data(rawpeer.Message(1, "xx")), end), code: curlew.Internal, text: "decompressing"},
		{name: "reserved flags", steps: steps(header(), data(rawpeer.Message(2, "xx")), end), code: curlew.Internal, text: "reserved"},
		{name: "gRPC-Web's trailers", steps: steps(header(), data(rawpeer.Message(0x80, "grpc-status: 0")), end), code: curlew.Internal, text: "reserved"},
		{name: "not protobuf", steps: steps(header(), data(rawpeer.Message(0, "\xff")), end), code: curlew.Internal, text: "decoding"},
	} {
		r.judge(t, limit)
	}
}

// A server breaks off, or the protocol.
func TestBrokenResponses(t *testing.T) {
	curlewtest.NoLeaks(t)
	body := data(framed("fine"))
	for _, r := range []response{
		{name: "the connection ends", steps: steps(hangUp), code: curlew.Unavailable},
		{name: "the connection ends within", steps: steps(header(), body, func(p *rawpeer.Peer, _ uint32) { p.Sync() }, hangUp), code: curlew.Unavailable, got: one},
		{name: "GOAWAY and the end", steps: steps(func(p *rawpeer.Peer, id uint32) { p.SayGoAway(id, frame.CodeProtocol, "bad client") }, hangUp), code: curlew.Unavailable},
		{name: "a malformed header", steps: steps(header("Upper", "x")), code: curlew.Internal},
		{name: "no :status", steps: steps(section(false, "content-type", "application/grpc")), code: curlew.Internal},
		{name: "a connection's field", steps: steps(header("connection", "close")), code: curlew.Internal},
		{name: "DATA first", steps: steps(body), code: curlew.Internal},
		{name: "trailers that do not end", steps: steps(header(), section(false, "grpc-status", "0")), code: curlew.Internal},
		{name: "an informational end", steps: steps(section(true, ":status", "100")), code: curlew.Internal},
		{name: "a pseudo-field in the trailers", steps: steps(header(), trailers("grpc-status", "0", ":status", "200")), code: curlew.Internal},
		{name: "less than content-length", steps: steps(header("content-length", "100"), body, trailers("grpc-status", "0")), code: curlew.Internal, got: one},
		{name: "more than content-length", steps: steps(header("content-length", "5"), body), code: curlew.Internal},
	} {
		r.judge(t)
	}
}

func TestResets(t *testing.T) {
	curlewtest.NoLeaks(t)
	codes := map[frame.ErrCode]curlew.Code{
		frame.CodeNo: curlew.Internal, frame.CodeProtocol: curlew.Internal, frame.CodeInternal: curlew.Internal,
		frame.CodeFlowControl: curlew.Internal, frame.CodeSettingsTimeout: curlew.Internal, frame.CodeStreamClosed: curlew.Internal,
		frame.CodeFrameSize: curlew.Internal, frame.CodeRefusedStream: curlew.Unavailable, frame.CodeCancel: curlew.Canceled,
		frame.CodeCompression: curlew.Internal, frame.CodeConnect: curlew.Internal, frame.CodeEnhanceYourCalm: curlew.ResourceExhausted,
		frame.CodeInadequateSecurity: curlew.PermissionDenied, frame.CodeHTTP11Required: curlew.Internal,
		0xe: curlew.Unknown, 0xff: curlew.Unknown, 0xffffffff: curlew.Unknown,
	}
	for code, want := range codes {
		name := fmt.Sprintf("%v", code)
		(&response{name: name + " at once", steps: steps(reset(code)), code: want}).judge(t)
		(&response{name: name + " after the header", steps: steps(header(), reset(code)), code: want}).judge(t)
		(&response{name: name + " after a message", steps: steps(header(), data(framed("fine")), reset(code)), code: want, got: one}).judge(t)
		(&response{name: name + " after all", steps: steps(good, reset(code)), got: one}).judge(t)
	}
}

// A header or trailers over the limit fail their call alone; the tables stay in step.
func TestResponseHeaderTooLarge(t *testing.T) {
	curlewtest.NoLeaks(t)
	long := strings.Repeat("x", 5000)
	var many []string
	for i := range 250 {
		many = append(many, fmt.Sprint("x-", i), "y")
	}
	bad := [][]step{
		{header("x", long), data(framed("fine")), trailers("grpc-status", "0")},
		{header(), data(framed("fine")), trailers("grpc-status", "0", "x", long)},
		{header(), data(framed("fine")), trailers("x", long, "grpc-status", "5")},
		{only("grpc-status", "5", "x", long)},
		{only("x", long, "grpc-status", "5")},
		{only(append(many, "grpc-status", "0")...)},
		{section(false, "x", long, ":status", "200"), trailers("grpc-status", "0")},
	}
	i := 0
	addr := scripted(t, answers(t, func(p *rawpeer.Peer, id uint32) {
		turn := i
		i++
		if turn%2 == 1 {
			header("x-step", fmt.Sprint("in step ", turn/2))(p, id)
			data(framed("fine"))(p, id)
			trailers("grpc-status", "0", "x-step", fmt.Sprint("in step ", turn/2))(p, id)
			return
		}
		for _, s := range bad[turn/2%len(bad)] {
			s(p, id)
		}
	}))
	c := dialTest(t, addr, curlew.WithMaxHeaderBytes(4096))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, m := range kinds {
		for n := range bad {
			if o := perform(ctx, c, m); curlew.CodeOf(o.err) != curlew.ResourceExhausted {
				t.Errorf("%v, response %d: %v", m.Kind, n, o.err)
			}
			want := []string{fmt.Sprint("x-step: in step ", (i-1)/2)}
			if o := perform(ctx, c, m); o.err != nil || !slices.Equal(all(o.header), want) || !slices.Equal(all(o.trailer), want) {
				t.Errorf("%v, after response %d: %v, %q %q, want %q", m.Kind, n, o.err, all(o.header), all(o.trailer), want)
			}
		}
	}
}
