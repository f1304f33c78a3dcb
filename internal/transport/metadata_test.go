package transport_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/transport"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// openMirror serves a method that gives the metadata it gets back, as response
// header and as trailers.
func openMirror(t testing.TB) *house {
	h := newHouse()
	h.methods["/t.S/Mirror"] = &target{serve: func(c *call) *transport.Status {
		c.header = c.Request.Header
		c.trailer = c.Request.Header
		return nil
	}}
	h.open(t)
	return h
}

// own returns the fields that are not the protocol's.
func own(fields []hpack.Field) (own []string) {
	for _, f := range fields {
		if wire.Visible(f.Name) {
			own = append(own, f.Name+": "+f.Value)
		}
	}
	return own
}

func TestMetadata(t *testing.T) {
	noLeaks(t)
	h := openMirror(t)
	p := rawpeer.Dial(t, h.addr)
	for i, row := range []struct {
		name string
		sent []string // pairs
		want []string // as the handler gives them back
	}{
		{"none", nil, nil},
		{"in order", []string{"b", "2", "a", "1"}, []string{"b: 2", "a: 1"}},
		{"repeated", []string{"a", "1", "b", "x", "a", "2", "a", "1"}, []string{"a: 1", "b: x", "a: 2", "a: 1"}},
		{"an empty value", []string{"a", ""}, []string{"a: "}},
		{"commas", []string{"a", "1,2, 3"}, []string{"a: 1,2, 3"}},
		{"all characters of a name", []string{"az09-_.", "x"}, []string{"az09-_.: x"}},
		{"what HTTP allows in a value", []string{"a", "\x01\x7f\x80\xff"}, []string{"a: \x01\x7f\x80\xff"}},
		{"the client's name", []string{"user-agent", "grpc-c/1"}, []string{"user-agent: grpc-c/1"}},
		{"gRPC's own", []string{"grpc-foo", "1", "grpc-message-type", "x.Y", "grpc-previous-rpc-attempts", "2"}, []string{"grpc-previous-rpc-attempts: 2"}},

		{"binary", []string{"x-bin", "AAH/"}, []string{"x-bin: AAH/"}},
		{"binary, unpadded", []string{"x-bin", "AA"}, []string{"x-bin: AA"}},
		{"binary, padded", []string{"x-bin", "AAE=", "x-bin", "AA=="}, []string{"x-bin: AAE", "x-bin: AA"}},
		{"binary, empty", []string{"x-bin", ""}, []string{"x-bin: "}},
		{"binary, joined", []string{"x-bin", "AA,AQ==,AgME"}, []string{"x-bin: AA", "x-bin: AQ", "x-bin: AgME"}},
		{"binary, joined with blanks", []string{"x-bin", "AA, AQ"}, []string{"x-bin: AA", "x-bin: AQ"}},
		{"binary, the first joined", []string{"x-bin", "AA,AQ", "a", "1", "x-bin", "Ag"}, []string{"x-bin: AA", "x-bin: AQ", "a: 1", "x-bin: Ag"}},
		{"a trace", []string{"grpc-trace-bin", "AQ"}, []string{"grpc-trace-bin: AQ"}},
	} {
		id := uint32(2*i + 1)
		p.Headers(id, true, request("/t.S/Mirror", row.sent...)...)
		s := p.Stream(id)
		verdict{"200", "0", "", "HH$"}.check(t, row.name, s)
		if got := own(s.First()); !slices.Equal(got, row.want) {
			t.Errorf("%s: the handler got %q, want %q", row.name, got, row.want)
		}
		if got := own(s.Last()); !slices.Equal(got, row.want) {
			t.Errorf("%s: the trailers are %q, want %q", row.name, got, row.want)
		}
	}
}

// What a client does not want in compression tables is not put there on the way
// back either.
func TestNeverIndexedStaysSo(t *testing.T) {
	noLeaks(t)
	p := rawpeer.Dial(t, openMirror(t).addr)
	p.Headers(1, true, append(request("/t.S/Mirror"), hpack.Field{Name: "x-secret", Value: "1", Sensitive: true},
		hpack.Field{Name: "x-bin", Value: "AA,AQ", Sensitive: true}, hpack.Field{Name: "x-plain", Value: "2"})...)
	for _, fields := range p.Stream(1).Sections {
		seen := 0
		for _, f := range fields {
			if wire.Visible(f.Name) {
				seen++
				if f.Sensitive != (f.Name != "x-plain") {
					t.Errorf("%+v", f)
				}
			}
		}
		if seen != 4 {
			t.Errorf("%v", fields)
		}
	}
}

// Binary metadata that is none fails the call, never the connection
// (CVE-2023-32732).
func TestBadBinaryMetadata(t *testing.T) {
	noLeaks(t)
	h := openMirror(t)
	p := rawpeer.Dial(t, h.addr)
	id := uint32(1)
	for _, value := range []string{"!", "A", "AAAAA", "AA=A", "AA=,AA", "A-_/", "AA==AA", "=", "AA,!"} {
		p.Headers(id, true, request("/t.S/Mirror", "a", "1", "x-bin", value)...)
		verdict{"200", "13", "not base64", "H$"}.check(t, value, p.Stream(id))
		id += 2
	}
	p.Headers(id, true, request("/t.S/Mirror", "x-bin", "AA")...)
	verdict{"200", "0", "", "HH$"}.check(t, "a good one after that", p.Stream(id))
}

// A header over the limit fails its call; the connection goes on, and its header
// tables are in step (CVE-2023-32731).
func TestHeaderTooLarge(t *testing.T) {
	noLeaks(t)
	long := strings.Repeat("x", 20_000)
	var many []string
	for i := range 250 {
		many = append(many, fmt.Sprint("x-", i), "1")
	}
	tooLarge := verdict{"200", "8", "larger than the limit of 16384 bytes", "H$"}
	for _, row := range []struct {
		name    string
		header  []transport.Field
		verdict verdict
	}{
		{"a long value", request("/t.S/Echo", "x-long", long), tooLarge},
		{"a long path", request("/" + long + "/Echo"), verdict{"431", "", "header", "HD$"}},
		{"a long content-type", request("/t.S/Echo", "content-type", "application/grpc;"+long), verdict{"431", "", "header", "HD$"}},
		{"many fields", request("/t.S/Echo", many...), tooLarge},
		{"a long value before all others", append(rawpeer.Fields("x-long", long), request("/t.S/Echo")[4:]...), verdict{"431", "", "header", "HD$"}},
		{"no room for the method", append(rawpeer.Fields(":path", "/"+long), request("/")[:1]...), verdict{"431", "", "header", "HD$"}},
	} {
		p := rawpeer.Dial(t, openMirror(t).addr)
		for i := range 3 {
			// The end of the block enters fields into the table, that of the second
			// request uses them.
			id := uint32(4*i + 1)
			p.Headers(id, false, append(slices.Clip(row.header), rawpeer.Fields("x-step", fmt.Sprint("in step ", i))...)...)
			p.Data(id, true, rawpeer.Message(0, "hello"))
			row.verdict.check(t, row.name, p.Stream(id))
			p.Headers(id+2, true, request("/t.S/Mirror", "x-step", fmt.Sprint("in step ", i), "x-bin", base64.RawStdEncoding.EncodeToString([]byte(row.name)))...)
			s := p.Stream(id + 2)
			if got := rawpeer.Value(s.First(), "x-step"); got != fmt.Sprint("in step ", i) {
				t.Errorf("%s: the call after it got x-step %q", row.name, got)
			}
		}
		if p.GoAway != nil || !p.Sync() {
			t.Errorf("%s: the connection did not survive: %+v", row.name, p.GoAway)
		}
	}
}

// The limit is told to the client beforehand, and holds for what comes in several
// frames as well.
func TestHeaderLimitIsAnnounced(t *testing.T) {
	noLeaks(t)
	p := rawpeer.Dial(t, openMirror(t).addr)
	if want := (frame.Setting{ID: frame.SettingMaxHeaderListSize, Value: 16 << 10}); !slices.Contains(p.Settings, want) {
		t.Errorf("%v", p.Settings)
	}
	block := p.Block(request("/t.S/Mirror", "x-long", strings.Repeat("-", 17_000))...)
	p.Write(frame.AppendHeaders(nil, 1, true, 2000, block))
	verdict{"200", "8", "larger than the limit", "H$"}.check(t, "in several frames", p.Stream(1))
	block = p.Block(request("/t.S/Mirror", "x-long", strings.Repeat("-", 16_000))...)
	p.Write(frame.AppendHeaders(nil, 3, true, 2000, block))
	if s := p.Stream(3); s.Order != "HH$" || len(rawpeer.Value(s.First(), "x-long")) != 16_000 {
		t.Errorf("within the limit: %s", s.Order)
	}
}
