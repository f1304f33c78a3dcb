package web_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web/internal/librarypb"
)

func TestServeGRPCWeb(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	msg := func(m proto.Message) string { return framed(0, []byte(protoOf(t, m))) }
	book := func(s string) *librarypb.Book { return &librarypb.Book{Title: s} }
	const ok = "grpc-status: 0\r\n"
	tests := []struct {
		name, method, body string
		header             []string
		flags              string
		want               []string // messages, then trailers
		status             string   // in the header: the response is Trailers-Only
	}{
		{name: "unary", method: "Echo", body: msg(&librarypb.Everything{Text: "x"}), header: []string{"x-echo", "a", "x-last", "b"},
			flags: "\x00\x80", want: []string{protoOf(t, &librarypb.Everything{Text: "x"}), ok + "x-last: b\r\n"}},
		{name: "an empty message", method: "Echo", body: framed(0, nil), flags: "\x00\x80", want: []string{"", ok}},
		{name: "server stream", method: "Watch", body: msg(&librarypb.FailRequest{Count: 2}), flags: "\x00\x00\x80",
			want: []string{protoOf(t, &librarypb.Book{Name: "book 0"}), protoOf(t, &librarypb.Book{Name: "book 1"}), ok + "x-last: failed\r\n"}},
		{name: "client stream", method: "Import", body: msg(book("a")) + msg(book("b")), flags: "\x00\x80",
			want: []string{protoOf(t, &librarypb.Book{Title: "a;b;", Pages: 2}), ok}},
		{name: "both", method: "Discuss", body: msg(book("a")) + msg(book("b")), flags: "\x00\x00\x80", want: []string{protoOf(t, book("a")), protoOf(t, book("b")), ok}},
		{name: "an error", method: "Fail", body: msg(&librarypb.FailRequest{Code: 5, Message: "no\n"}), status: "5"},
		{name: "an error later", method: "Watch", body: msg(&librarypb.FailRequest{Count: 1, Code: 5, Message: "no\n"}), flags: "\x00\x80",
			want: []string{protoOf(t, &librarypb.Book{Name: "book 0"}), "grpc-status: 5\r\ngrpc-message: no%0A\r\nx-last: failed\r\n"}},
		{name: "no message", method: "Echo", status: "12"},
		{name: "two messages", method: "Echo", body: framed(0, nil) + framed(0, nil), status: "12"},
		{name: "a cut message", method: "Echo", body: "\x00\x00\x00\x00\x05abc", status: "13"},
		{name: "no protobuf", method: "Echo", body: framed(0, []byte("\xff")), status: "13"},
		{name: "a large message", method: "Echo", body: "\x00\xff\xff\xff\xff", status: "8"},
		{name: "a reserved flag", method: "Echo", body: framed(0x80, nil), status: "13"},
		{name: "no timeout", method: "Echo", body: framed(0, nil), header: []string{"grpc-timeout", "soon"}, status: "13"},
		{name: "no time", method: "Echo", body: framed(0, nil), header: []string{"grpc-timeout", "0n"}, status: "4"},
		{name: "another compression", method: "Echo", body: framed(0, nil), header: []string{"grpc-encoding", "lzw"}, status: "12"},
	}
	for _, text := range []bool{false, true} {
		ct := "application/grpc-web+proto"
		if text {
			ct = "application/grpc-web-text+proto"
		}
		t.Run(ct, func(t *testing.T) {
			over(t, func(t *testing.T, version int) {
				for _, tt := range tests {
					body := tt.body
					if text {
						body = inPieces(body)
					}
					r := h.do(version, "POST", library+tt.method, body, append(tt.header, "content-type", ct)...)
					if r.StatusCode != 200 || r.header("content-type") != ct || r.header("grpc-status") != tt.status || len(r.Trailer) > 0 {
						t.Errorf("%s: status %d, header %v, trailer %v", tt.name, r.StatusCode, r.Header, r.Trailer)
						continue
					}
					got := r.body
					if text {
						got = ofPieces(t, got)
					}
					flags, data := envelopes(t, got)
					if string(flags) != tt.flags || strings.Join(data, "|") != strings.Join(tt.want, "|") {
						t.Errorf("%s: frames %q %q, want %q %q", tt.name, flags, data, tt.flags, tt.want)
					}
				}
			})
		})
	}
	over(t, func(t *testing.T, version int) {
		zipped := framed(1, []byte(zip(protoOf(t, book("a")))))
		r := h.do(version, "POST", library+"Discuss", zipped, "content-type", "application/grpc-web", "grpc-encoding", "gzip", "grpc-accept-encoding", "gzip")
		flags, data := envelopes(t, r.body)
		if r.header("grpc-encoding") != "gzip" || string(flags) != "\x01\x80" || unzip(t, data[0]) != protoOf(t, book("a")) {
			t.Errorf("compressed: header %v, body %q", r.Header, r.body)
		}
		if r := h.do(version, "POST", library+"Echo", "AA=A", "content-type", "application/grpc-web-text"); r.header("grpc-status") != "13" {
			t.Errorf("no base64: status %d, header %v, body %q", r.StatusCode, r.Header, r.body)
		}
	})
}

// inPieces returns base64 of pieces that are padded each for itself.
func inPieces(s string) string {
	var b strings.Builder
	for n := 1; s != ""; n = n%4 + 1 {
		n := min(n, len(s))
		b.WriteString(base64.StdEncoding.EncodeToString([]byte(s[:n])))
		s = s[n:]
	}
	return b.String()
}

// ofPieces decodes base64 of pieces that are padded each for itself.
func ofPieces(t testing.TB, s string) string {
	t.Helper()
	var all strings.Builder
	for len(s) >= 4 {
		b, err := base64.StdEncoding.DecodeString(s[:4])
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
		s = s[4:]
	}
	if s != "" {
		t.Fatalf("%q is left", s)
	}
	return all.String()
}
