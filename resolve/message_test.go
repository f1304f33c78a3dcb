package resolve

import (
	"slices"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve/internal/dnstest"
)

func TestReadAnswer(t *testing.T) {
	query := dnstest.Query("a.test", typeA)
	respond := func(records ...dnstest.Record) []byte { return dnstest.Response(query, 0, false, records...) }
	change := func(msg []byte, at int, b byte) []byte {
		msg = slices.Clone(msg)
		msg[at] = b
		return msg
	}
	v4, alias := dnstest.Addr(60, "192.0.2.1"), dnstest.CNAME(30, "b")
	good := respond(alias, v4)
	for _, c := range []struct {
		name  string
		msg   []byte
		ttl   time.Duration
		found bool
		ok    bool
	}{
		{"alias and address", good, 30 * time.Second, true, true},
		{"alias alone", respond(alias), 30 * time.Second, false, true},
		{"other types do not count", respond(dnstest.TXT(1, ""), dnstest.Addr(2, "::1"), v4), time.Minute, true, true},
		{"negative", respond(dnstest.Record{Type: typeA, TTL: 1 << 31, Data: []byte{192, 0, 2, 1}}), 0, true, true},
		{"no answers", respond(), 0, false, true},
		{"no such name", dnstest.Response(query, dnstest.NameError, false), 0, false, true},
		{"query", query, 0, false, false},
		{"error", dnstest.Response(query, dnstest.ServerFailure, false), 0, false, false},
		{"truncated", dnstest.Response(query, 0, true), 0, false, false},
		{"two questions", change(good, 5, 2), 0, false, false},
		{"too many answers", change(good, 7, 9), 0, false, false},
		{"reserved label", change(good, 12, 0x80), 0, false, false},
		{"empty", nil, 0, false, false},
	} {
		a, ok := readAnswer(c.msg)
		if ok != c.ok || ok && (a.ttl != c.ttl || a.found != c.found || a.typ != typeA || a.name != "\x01a\x04test\x00") {
			t.Errorf("%s: %+v, %v; want %v, %v, %v", c.name, a, ok, c.ttl, c.found, c.ok)
		}
	}
	for n := range good {
		if a, ok := readAnswer(good[:n]); ok {
			t.Errorf("cut after %d bytes it is %v", n, a)
		}
	}
}

func TestAnswers(t *testing.T) {
	v4, v6 := dnstest.Addr(60, "192.0.2.1"), dnstest.Addr(40, "2001:db8::1")
	respond := func(name string, typ uint16, rcode byte, records ...dnstest.Record) []byte {
		return dnstest.Response(dnstest.Query(name, typ), rcode, false, records...)
	}
	for _, c := range []struct {
		name string
		msgs [][]byte
		ttl  time.Duration
		half bool
	}{
		{"nothing heard", nil, 0, false},
		{"both", [][]byte{respond("a", typeA, 0, v4), respond("a", typeAAAA, 0, v6)}, 40 * time.Second, false},
		{"one family", [][]byte{respond("a", typeA, 0, v4), respond("a", typeAAAA, 0)}, time.Minute, false},
		{"one fails", [][]byte{respond("a", typeA, 0, v4), respond("a", typeAAAA, dnstest.ServerFailure)}, time.Minute, true},
		{"fails, then not", [][]byte{respond("a", typeA, 0, v4), respond("a", typeAAAA, dnstest.ServerFailure), respond("a", typeAAAA, 0, v6)}, 40 * time.Second, false},
		{"another name of the search list", [][]byte{respond("a.x", typeA, dnstest.NameError), respond("a", typeA, 0, v4), respond("a", typeAAAA, 0)}, time.Minute, false},
		{"another name answers instead", [][]byte{respond("a.x", typeAAAA, 0), respond("a", typeA, 0, v4)}, time.Minute, true},
	} {
		var heard answers
		for _, msg := range c.msgs {
			heard.add(msg)
		}
		if heard.minTTL() != c.ttl || heard.half() != c.half {
			t.Errorf("%s: %v, half %v; want %v, %v", c.name, heard.minTTL(), heard.half(), c.ttl, c.half)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	query := dnstest.Query("a.test", typeA)
	f.Add(query)
	f.Add(dnstest.Response(query, 0, false, dnstest.CNAME(30, "b"), dnstest.Addr(60, "192.0.2.1")))
	f.Add(dnstest.Response(query, 0, false, dnstest.Addr(1<<31-1, "::1")))
	f.Fuzz(func(t *testing.T, msg []byte) {
		a, ok := readAnswer(msg)
		if a.ttl < 0 || a.ttl > (1<<31-1)*time.Second || ok && a.name == "" {
			t.Fatalf("%+v, %v", a, ok)
		}
	})
}
