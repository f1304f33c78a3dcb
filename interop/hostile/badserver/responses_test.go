package badserver

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

var (
	body = data(fine())
	ok   = trailers("grpc-status", "0")
)

// responds is an attack by a response.
func responds(name string, want curlew.Code, steps ...step) attack {
	return attack{name: name, want: want, script: answers(steps...)}
}

// Header sections that are malformed, RFC 9113 §8.1.1, and statuses that are none.
func TestHeaderSections(t *testing.T) {
	attacks := []attack{
		responds("as it should be", curlew.OK, header(), body, ok),
		responds("no :status", curlew.Internal, section(false, "content-type", "application/grpc")),
		responds("two :status", curlew.Internal, section(false, ":status", "200", ":status", "200")),
		responds("a request's pseudo-header field", curlew.Internal, section(false, ":status", "200", ":path", "/")),
		responds("a misplaced :status", curlew.Internal, section(false, "content-type", "application/grpc", ":status", "200")),
		responds("trailers with :status", curlew.Internal, header(), body, trailers("grpc-status", "0", ":status", "200")),
		responds("trailers with :path", curlew.Internal, header(), body, trailers(":path", "/", "grpc-status", "0")),
		responds("a connection-specific field", curlew.Internal, header("transfer-encoding", "chunked"), body, ok),
		responds("1xx without end", curlew.Unavailable, times(5000, section(false, ":status", "103"))),
		responds("1xx with the end", curlew.Internal, section(true, ":status", "100")),
		responds("the end with DATA", curlew.Internal, header(), raw(frame.TypeData, frame.FlagEndStream, string(fine()))),
		responds("the end with the header", curlew.Unknown, section(true, ":status", "200", "content-type", "application/grpc")),
		responds("trailers without grpc-status", curlew.Unknown, header(), body, trailers("x-a", "1")),
		responds("trailers without END_STREAM", curlew.Internal, header(), body, section(false, "grpc-status", "0")),
		responds("a header beyond the limit", curlew.ResourceExhausted, header("x-a", long, "x-b", long), body, ok),
		responds("trailers beyond the limit", curlew.ResourceExhausted, header(), body, trailers("grpc-status", "0", "x-a", long, "x-b", long)),
		responds("a grpc-message beyond the limit", curlew.ResourceExhausted, trailers(":status", "200", "content-type", "application/grpc", "grpc-status", "5", "grpc-message", long+long)),
		responds("an HTML page", curlew.Unknown, section(false, ":status", "200", "content-type", "text/html"), raw(frame.TypeData, frame.FlagEndStream, "<html>")),
		responds("an HTML page of a proxy", curlew.Unavailable, section(false, ":status", "502", "content-type", "text/html"), raw(frame.TypeData, frame.FlagEndStream, "<html>")),
		responds("an HTML page without end", curlew.Unknown, section(false, ":status", "200", "content-type", "text/html"), func(p *rawpeer.Peer, id uint32) {
			p.Pour(id, false, make([]byte, 8<<20), 0) // more than any message may have
		}),
		responds("content-length too much", curlew.Internal, header("content-length", "1000"), body, ok),
		responds("content-length too little", curlew.Internal, header("content-length", "3"), body, ok),
		responds("content-length negative", curlew.Internal, header("content-length", "-1"), body, ok),
		responds("two content-lengths", curlew.Internal, header("content-length", fmt.Sprint(len(fine())), "content-length", "3"), body, ok),
	}
	for _, v := range []string{"", "0", "20", "99", "2000", "+20", "-20", "abc", "200 OK", "2\x000"} {
		attacks = append(attacks, responds(":status "+fmt.Sprintf("%q", v), curlew.Internal, section(false, ":status", v), body, ok))
	}
	for _, name := range []string{"Upper", "", "a b", "a\x00", "a\r\nb", ":x"} {
		attacks = append(attacks, responds(fmt.Sprintf("name %q", name), curlew.Internal, header(name, "x"), body, ok))
		attacks = append(attacks, responds(fmt.Sprintf("trailers' name %q", name), curlew.Internal, header(), body, trailers("grpc-status", "0", name, "x")))
	}
	for _, v := range []string{"a\rb", "a\nb", "a\x00b", "a\r\nx-b: 1"} {
		attacks = append(attacks, responds(fmt.Sprintf("value %q", v), curlew.Internal, header("x-a", v), body, ok))
		attacks = append(attacks, responds(fmt.Sprintf("trailers' value %q", v), curlew.Internal, header(), body, trailers("grpc-status", "0", "x-a", v)))
	}
	for _, v := range []string{"", "x", "-1", "17", "00", "05", "4294967301", "5 5", "0x5", strings.Repeat("9", 5000)} {
		attacks = append(attacks, responds(fmt.Sprintf("grpc-status %.10q", v), curlew.Unknown, header(), body, trailers("grpc-status", v)))
	}
	perform(t, attacks)
}

// What goes with a status can be read whatever it is.
func TestStatuses(t *testing.T) {
	var attacks []attack
	for _, v := range []string{"%", "%%", "%4", "%zz", "%ff%fe", "%00%0d%0a", "\xff\xfe", "%e2%82", strings.Repeat("%", 9000), strings.Repeat("%f", 4000)} {
		attacks = append(attacks, responds(fmt.Sprintf("grpc-message %.10q", v), curlew.NotFound, header(), trailers("grpc-status", "5", "grpc-message", v)))
	}
	for name, v := range map[string]string{
		"of another code": "CAcSA2Zvbw", "not base64": "!!!!", "not protobuf": "////", "empty": "", "cut off": "CAUSAw", "long": strings.Repeat("A", 9000),
	} {
		attacks = append(attacks, responds("details "+name, curlew.NotFound, header(), trailers("grpc-status", "5", "grpc-message", "x", "grpc-status-details-bin", v)))
	}
	attacks = append(attacks,
		responds("details twice", curlew.NotFound, header(), trailers("grpc-status", "5", "grpc-status-details-bin", "CAU", "grpc-status-details-bin", "CAc")),
		responds("trailers' bad base64", curlew.Internal, header(), body, trailers("grpc-status", "0", "x-bin", "!!!!")),
		responds("a header's bad base64", curlew.Internal, header("x-bin", "!!!!"), body, ok),
	)
	perform(t, attacks)
}

// Messages.
func TestMessages(t *testing.T) {
	msg := func(flags byte, s string) step { return data(rawpeer.Message(flags, s)) }
	bomb, err := compress.Gzip().Compress(nil, make([]byte, 200<<20))
	if err != nil {
		t.Fatal(err)
	}
	before := held()
	gzip := header("grpc-encoding", "gzip")
	attacks := []attack{
		responds("none", curlew.Unimplemented, header(), ok),
		responds("two", curlew.Unimplemented, header(), body, body, ok),
		responds("4 GiB announced", curlew.ResourceExhausted, header(), data([]byte("\x00\xff\xff\xff\xff0")), ok),
		responds("2 GiB announced", curlew.ResourceExhausted, header(), data([]byte("\x00\x80\x00\x00\x000")), ok),
		responds("cut off", curlew.Internal, header(), data(fine()[:6]), ok),
		responds("a prefix cut off", curlew.Internal, header(), data(fine()[:3]), ok),
		responds("compressed without encoding", curlew.Internal, header(), msg(1, encoded("fine")), ok),
		responds("compressed with identity", curlew.Internal, header("grpc-encoding", "identity"), msg(1, encoded("fine")), ok),
		responds("an unknown encoding", curlew.Internal, header("grpc-encoding", "lzma"), msg(1, "x"), ok),
		responds("not what the encoding says", curlew.Internal, gzip, msg(1, "x"), ok),
		responds("a bomb of 200 MiB", curlew.ResourceExhausted, gzip, msg(1, string(bomb[:min(len(bomb), 60<<10)])), ok),
		responds("reserved flags", curlew.Internal, header(), msg(0x82, encoded("fine")), ok),
		responds("not protobuf", curlew.Internal, header(), msg(0, "\xff"), ok),
	}
	perform(t, attacks)
	t.Cleanup(func() {
		if now := held(); now > before+ample {
			t.Errorf("the heap has grown from %d to %d bytes", before, now)
		}
	})
}

// PROTOCOL-HTTP2 "Errors".
func TestResets(t *testing.T) {
	want := map[frame.ErrCode]curlew.Code{
		frame.CodeRefusedStream: curlew.Unavailable, frame.CodeCancel: curlew.Canceled, frame.CodeEnhanceYourCalm: curlew.ResourceExhausted,
		frame.CodeInadequateSecurity: curlew.PermissionDenied, 0xe: curlew.Unknown, 0xffffffff: curlew.Unknown,
	}
	var attacks []attack
	for _, code := range []frame.ErrCode{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xffffffff} {
		c, ok := want[code]
		if !ok {
			c = curlew.Internal
		}
		reset := func(p *rawpeer.Peer, id uint32) { p.Reset(id, code) }
		attacks = append(attacks, responds(fmt.Sprint(code, " at once"), c, reset), responds(fmt.Sprint(code, " within"), c, header(), body, reset))
	}
	perform(t, attacks)
}

// Servers that hang up, or do nothing.
func TestSilence(t *testing.T) {
	hangUp := func(p *rawpeer.Peer, _ uint32) { p.Close() }
	attacks := []attack{
		responds("the end instead of a response", curlew.Unavailable, hangUp),
		responds("the end behind the header", curlew.Unavailable, header(), hangUp),
		responds("the end within a message", curlew.Unavailable, header(), data(fine()[:7]), hangUp),
		responds("the end before the trailers", curlew.Unavailable, header(), body, hangUp),
		{name: "the end at once", want: curlew.Unavailable, script: func(net.Conn) {}},
		{name: "the end behind SETTINGS", want: curlew.Unavailable, script: func(nc net.Conn) { nc.Write(frame.AppendSettings(nil)) }},
		{name: "never SETTINGS", want: curlew.DeadlineExceeded, script: silent, within: moment},
		{name: "never a response", want: curlew.DeadlineExceeded, script: answers(), within: moment},
		{name: "a header and no more", want: curlew.DeadlineExceeded, script: answers(header()), within: moment},
		{name: "a message and no more", want: curlew.DeadlineExceeded, script: answers(header(), body), within: moment},
		{name: "1xx and no more", want: curlew.DeadlineExceeded, script: answers(section(false, ":status", "100")), within: moment},
		{name: "an HTML page and no more", want: curlew.DeadlineExceeded, within: moment,
			script: answers(section(false, ":status", "200", "content-type", "text/html"), data([]byte("<html>")))},
		{name: "a message that never ends", want: curlew.DeadlineExceeded, within: moment,
			script: answers(header(), data([]byte{0, 0, 0x3f, 0xff, 0xff}), times(100_000, data([]byte("x"))))},
		{name: "half a frame", want: curlew.DeadlineExceeded, script: answers(header(), func(p *rawpeer.Peer, id uint32) { p.Write([]byte{0, 0, 9, 0}) }), within: moment},
	}
	perform(t, attacks)
}
