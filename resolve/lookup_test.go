package resolve

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

// A record is one answer of the test's DNS server.
type record struct {
	typ  uint16
	ttl  uint32
	data []byte
}

// response answers the question of a query.
func response(query []byte, truncated bool, answers ...record) []byte {
	rest, ok := skipName(query[12:])
	if !ok || len(rest) < 4 {
		return nil
	}
	question := query[12 : len(query)-len(rest)+4]
	msg := slices.Clone(query[:12])
	msg[2], msg[3] = 0x81, 0x80
	if truncated {
		msg[2] |= 0x02
		answers = nil
	}
	binary.BigEndian.PutUint16(msg[4:], 1)
	binary.BigEndian.PutUint16(msg[6:], uint16(len(answers)))
	binary.BigEndian.PutUint32(msg[8:], 0)
	msg = append(msg, question...)
	for _, a := range answers {
		msg = append(msg, 0xc0, 12) // the question's name
		msg = binary.BigEndian.AppendUint16(msg, a.typ)
		msg = binary.BigEndian.AppendUint16(msg, classIN)
		msg = binary.BigEndian.AppendUint32(msg, a.ttl)
		msg = binary.BigEndian.AppendUint16(msg, uint16(len(a.data)))
		msg = append(msg, a.data...)
	}
	return msg
}

// listenBoth listens on one port number for packets and for streams.
func listenBoth(t *testing.T) (net.PacketConn, net.Listener) {
	for range 20 {
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if tcp, err := net.Listen("tcp", udp.LocalAddr().String()); err == nil {
			return udp, tcp
		}
		udp.Close() // somebody else has that port for streams
	}
	t.Fatal("no port is free for both")
	return nil, nil
}

// serveDNS answers A and AAAA questions over UDP, or says there that the answer is
// truncated and gives it over TCP. It returns its address.
func serveDNS(t *testing.T, truncate bool, answers map[uint16][]record) string {
	udp, tcp := listenBoth(t)
	var all sync.WaitGroup
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		all.Wait()
	})
	answer := func(query []byte, truncated bool) []byte {
		rest, _ := skipName(query[12:])
		return response(query, truncated, answers[binary.BigEndian.Uint16(rest)]...)
	}
	all.Go(func() {
		buf := make([]byte, 512)
		for {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = udp.WriteTo(answer(buf[:n], truncate), from)
		}
	})
	all.Go(func() {
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 512)
			if n, err := c.Read(buf); err == nil && n > 2 {
				msg := answer(buf[2:n], false)
				_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...))
			}
			c.Close()
		}
	})
	return udp.LocalAddr().String()
}

func TestSystemLookupTellsTheTTL(t *testing.T) {
	v4, v6 := []byte{192, 0, 2, 1}, netip.MustParseAddr("2001:db8::1").AsSlice()
	for _, c := range []struct {
		name    string
		a, aaaa []record
		ttl     time.Duration
	}{
		{"least of both", []record{{typeA, 60, v4}}, []record{{typeAAAA, 40, v6}}, 40 * time.Second},
		{"only A", []record{{typeA, 60, v4}, {typeA, 50, []byte{192, 0, 2, 2}}}, nil, 50 * time.Second},
		{"not to be kept", []record{{typeA, 0, v4}}, nil, time.Second},
	} {
		for _, truncate := range []bool{false, true} {
			server := serveDNS(t, truncate, map[uint16][]record{typeA: c.a, typeAAAA: c.aaaa})
			addrs, ttl, err := systemLookup(context.Background(), server, "users.test.")
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if ttl != c.ttl || len(addrs) != len(c.a)+len(c.aaaa) {
				t.Errorf("%s, over TCP %v: %v for %v, want %v", c.name, truncate, addrs, ttl, c.ttl)
			}
		}
	}
}

func TestSystemLookupWithoutDNS(t *testing.T) {
	addrs, ttl, err := systemLookup(context.Background(), "", "localhost")
	if err != nil || len(addrs) == 0 || ttl != 0 {
		t.Errorf("localhost: %v for %v, %v", addrs, ttl, err)
	}
	closed := serveDNS(t, false, nil)
	if _, ttl, err := systemLookup(context.Background(), closed, "users.test."); err == nil || ttl != 0 {
		t.Errorf("a name without addresses: %v, %v", ttl, err)
	}
}

func TestServerAddress(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"192.0.2.53", "192.0.2.53:53"},
		{"192.0.2.53:5353", "192.0.2.53:5353"},
		{"[2001:db8::53]", "[2001:db8::53]:53"},
		{"2001:db8::53", "[2001:db8::53]:53"},
	} {
		if got := serverAddress(c.in); got != c.out {
			t.Errorf("%q is %q, want %q", c.in, got, c.out)
		}
	}
}
