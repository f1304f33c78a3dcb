package malformed

import (
	"maps"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// quote makes text of any bytes: UTF-8, as messages must be.
func quote(s string) string { return strconv.QuoteToASCII(s) }

const (
	malformed = "RST_STREAM PROTOCOL_ERROR" // RFC 9113 §8.1.1
	served    = "grpc 0"
)

// first is an attack with a field in front of the pseudo-header fields.
func first(name, value string) func(*attacker) {
	return func(a *attacker) {
		a.call(1, append([]hpack.Field{{Name: name, Value: value}}, request()...))
	}
}

// withTrailers is an attack by a call that ends with a section of its own.
func withTrailers(pairs ...string) func(*attacker) {
	return func(a *attacker) {
		a.Headers(1, false, request()...)
		a.Data(1, false, hello())
		a.Headers(1, true, rawpeer.Fields(pairs...)...)
	}
}

// RFC 9113 §8.2 and §8.3.
func TestFields(t *testing.T) {
	var attacks []attack
	add := func(want, name string, send func(*attacker)) {
		attacks = append(attacks, attack{name, want, send})
	}
	for name, value := range map[string]string{"CR": "a\rb", "LF": "a\nb", "CRLF and a field": "a\r\nx-admin: 1", "NUL": "a\x00b", "only LF": "\n"} {
		add(malformed, name+" in a value", sends("x-a", value))
		add(malformed, name+" in the value of -bin", sends("x-bin", value))
		add(malformed, name+" in :path", sends(":path", unaryPath+value))
		add(malformed, name+" in :authority", sends(":authority", value))
		add(malformed, name+" in trailers", withTrailers("x-a", value))
	}
	for _, name := range []string{"X-Upper", "x a", "x:a", "x\r\ny", "x\x00", "x\x7f", "x\xc3\xa9", " x", "x\t", "(x)", "", "x,y", "x\"y"} {
		add(malformed, "name "+quote(name), sends("+"+name, "1"))
		add(malformed, "name in trailers "+quote(name), withTrailers(name, "1"))
	}
	for _, name := range []string{":method", ":scheme", ":path", ":authority"} {
		value := rawpeer.Value(request(), name)
		add(malformed, "repeated "+name, first(name, value))
		add(malformed, "repeated with another value "+name, first(name, "x"))
		add(malformed, "misplaced "+name, sends("-"+name, "", "+"+name, value))
		add(malformed, "behind a field "+name, first("x-a", "1"))
		add(malformed, "empty "+name, sends(name, ""))
		add(malformed, "in trailers "+name, withTrailers(name, value))
		if name != ":authority" {
			add(malformed, "missing "+name, sends("-"+name, ""))
		}
	}
	for _, name := range []string{":status", ":protocol", ":x", ":", ":Path", ":path ", "::path"} {
		add(malformed, "unknown pseudo-header field "+quote(name), first(name, "200"))
		add(malformed, "in trailers "+quote(name), withTrailers(name, "200"))
	}
	for _, name := range []string{"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"} {
		add(malformed, "connection-specific "+name, sends(name, "close"))
		add(malformed, "in trailers "+name, withTrailers(name, "close"))
	}
	for _, value := range []string{"gzip", "trailers, gzip", "chunked", "trailers;q=1", ""} {
		add(malformed, "te: "+value, sends("te", value))
	}
	add(served, "no te", sends("-te", ""))
	add(served, "CONTINUATION splits a name", func(a *attacker) {
		block := a.Block(request()...)
		f := frame.AppendHeader(nil, frame.Header{Length: 3, Type: frame.TypeHeaders, StreamID: 1})
		f = append(f, block[:3]...)
		f = frame.AppendHeader(f, frame.Header{Length: uint32(len(block) - 3), Type: frame.TypeContinuation, Flags: frame.FlagEndHeaders, StreamID: 1})
		a.Write(append(f, block[3:]...))
		a.Data(1, true, hello())
	})
	for _, m := range []string{"GET", "PUT", "OPTIONS", "post", "TRACE", "X"} {
		add("HTTP 405", "method "+m, sends(":method", m))
	}
	add("HTTP 415", "CONNECT", func(a *attacker) {
		a.Headers(1, true, rawpeer.Fields(":method", "CONNECT", ":authority", "db.internal:5432")...)
	})
	add(malformed, "CONNECT with a path", sends(":method", "CONNECT"))
	for _, ct := range []string{"", "text/plain", "application/json", "application/grpcfoo", "application/grpc-web", "application/grpc+nothing", "multipart/form-data"} {
		add("HTTP 415", "content-type "+ct, sends("content-type", ct))
	}
	add("HTTP 415", "no content-type", sends("-content-type", ""))
	eachWire(t, func(t *testing.T, tg *target) { tg.perform(t, attacks) })
}

// RFC 9113 §8.3.1, gRFC A41: exactly one name of the server (CVE-2026-84445).
func TestAuthority(t *testing.T) {
	eachWire(t, func(t *testing.T, tg *target) {
		tg.perform(t, []attack{
			{"neither :authority nor host", "HTTP 400", sends("-:authority", "")},
			{"an empty host", "HTTP 400", sends("-:authority", "", "host", "")},
			{"host in its place", served, sends("-:authority", "", "host", "echo.test")},
			{"host that agrees", served, sends("host", "echo.test")},
			{"host that disagrees", served, sends("host", "admin.test")},
			{"two hosts", malformed, sends("+host", "echo.test", "+host", "admin.test")},
			{"two equal hosts", malformed, sends("+host", "echo.test", "+host", "echo.test")},
			{"two hosts alone", malformed, sends("-:authority", "", "+host", "a", "+host", "b")},
			{"two authorities", malformed, first(":authority", "admin.test")},
			{"white space around :authority", malformed, sends(":authority", " echo.test")},
		})
	})
}

// RFC 9113 §8.1.1: content-length is the length of the content.
func TestContentLength(t *testing.T) {
	n := strconv.Itoa(len(hello()))
	attacks := []attack{
		{"as it is", served, sends("content-length", n)},
		{"said twice", served, sends("+content-length", n, "+content-length", n)},
		{"more", malformed, sends("content-length", strconv.Itoa(len(hello())+1))},
		{"less", malformed, sends("content-length", strconv.Itoa(len(hello())-1))},
		{"none", malformed, sends("content-length", "0")},
		{"two that disagree", malformed, sends("+content-length", n, "+content-length", "5")},
		{"of an empty request", malformed, func(a *attacker) { a.Headers(1, true, request("content-length", "5")...) }},
		{"more, and trailers", malformed, func(a *attacker) {
			a.Headers(1, false, request("content-length", "1000")...)
			a.Data(1, false, hello())
			a.Headers(1, true, rawpeer.Fields("x-a", "1")...)
		}},
	}
	for _, v := range []string{"-1", "+" + n, " ", "", "0x10", "1e1", n + "," + n, n + ".0", "18446744073709551616", "9223372036854775808", "99999999999999999999999", "\xd9\xa5", n + "\x0b"} {
		attacks = append(attacks, attack{"content-length " + quote(v), malformed, sends("content-length", v)})
	}
	attacks = append(attacks, attack{"the largest there is", malformed, sends("content-length", "9223372036854775807")})
	eachWire(t, func(t *testing.T, tg *target) { tg.perform(t, attacks) })
}

// PROTOCOL-HTTP2 "Requests": what is wrong with a field of gRPC's fails the call
// alone, and timeouts are of one form.
func TestCallFields(t *testing.T) {
	var attacks []attack
	for _, v := range []string{"", "1", "S", "-1S", "+1S", "1s", "1 S", "1.5S", "100000000n", "000000001S", "1SS", "0x1S", "1h", strings.Repeat("9", 4000) + "S", "\xd9\xa5S", "1S,1S"} {
		attacks = append(attacks, attack{"grpc-timeout " + quote(v[:min(len(v), 20)]), "grpc 13", sends("grpc-timeout", v)})
	}
	for _, v := range []string{"99999999H", "99999999S", "00000060S"} {
		attacks = append(attacks, attack{"grpc-timeout " + v, served, sends("grpc-timeout", v)})
	}
	attacks = append(attacks,
		attack{"no time left", "grpc 4", sends("grpc-timeout", "0n")},
		attack{"a good timeout and a bad one", "grpc 13", sends("+grpc-timeout", "60S", "+grpc-timeout", "x")},
		attack{"grpc-encoding unknown", "grpc 12", sends("grpc-encoding", "br")},
		attack{"grpc-encoding empty", "grpc 12", sends("grpc-encoding", "")},
		attack{"grpc-encoding a list", "grpc 12", sends("grpc-encoding", "gzip,br")},
		attack{"grpc-encoding unknown, then known", "grpc 12", sends("+grpc-encoding", "br", "+grpc-encoding", "gzip")},
	)
	for _, v := range []string{"a", "!!!!", "YWJj=", "YW=Jj", "_-_-", "YWJ j", "Y\x7f==", "=", "====", "YWJj,!!!!"} {
		attacks = append(attacks, attack{"x-bin " + quote(v), "grpc 13", sends("x-bin", v)})
	}
	eachWire(t, func(t *testing.T, tg *target) { tg.perform(t, attacks) })
}

// What a handler sees of a header: nothing that is the protocol's, and of binary
// values the bytes, whatever they are.
func TestMetadataSeen(t *testing.T) {
	for _, row := range []struct {
		name  string
		edits []string
		want  map[string]string
	}{
		{"CR, LF and NUL in bytes are bytes", []string{"x-bin", "DQp4LWFkbWluOiAxAA"}, map[string]string{"x-bin": "\r\nx-admin: 1\x00"}},
		{"with padding", []string{"x-bin", "DQo="}, map[string]string{"x-bin": "\r\n"}},
		{"joined by a comma", []string{"x-bin", "DQo,AA==,"}, map[string]string{"x-bin": "\r\n|\x00|"}},
		{"repeated and joined", []string{"+x-bin", "AA,AQ", "+x-bin", "Ag"}, map[string]string{"x-bin": "\x00|\x01|\x02"}},
		{"a pseudo-header field in bytes", []string{"x-bin", "OnBhdGg6IC9h"}, map[string]string{"x-bin": ":path: /a"}},
		{"a comma elsewhere", []string{"x-a", "1,2"}, map[string]string{"x-a": "1,2"}},
		{"gRPC's own names", []string{"grpc-status", "0", "grpc-message", "x", "grpc-message-type", "x", "grpc-internal", "1", "grpc-status-details-bin", "AAAA",
			"grpc-accept-encoding", "gzip", "x-a", "1"}, map[string]string{"x-a": "1"}},
		{"HTTP's names", []string{"host", "admin.test", "content-length", strconv.Itoa(len(hello())), "x-a", "1"}, map[string]string{"x-a": "1"}},
		{"octets that HTTP allows", []string{"x-a", "\x01\x7f\xff"}, map[string]string{"x-a": "\x01\x7f\xff"}},
		{"fields in trailers of the request", nil, map[string]string{}},
	} {
		eachWire(t, func(t *testing.T, tg *target) {
			a := tg.attacker(t)
			a.Headers(1, false, request(row.edits...)...)
			a.Data(1, len(row.edits) > 0, hello())
			if len(row.edits) == 0 {
				a.Headers(1, true, rawpeer.Fields("x-admin", "1")...)
			}
			if got := a.outcome(1); got != served {
				t.Fatalf("%s: %s", row.name, got)
			}
			res := new(echov1.EchoResponse)
			if err := proto.Unmarshal(a.Stream(1).Data[5:], res); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for name, value := range row.want {
				want[name] = quote(value)
			}
			if !maps.Equal(res.GetHeader(), want) {
				t.Errorf("%s: the handler sees %q, want %q", row.name, res.GetHeader(), want)
			}
			a.Close()
			tg.crowd.check(t)
		})
	}
}
