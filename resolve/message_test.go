package resolve

import (
	"slices"
	"testing"
	"time"
)

// query asks for the addresses of "a.test".
var query = []byte{0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1}

func TestMessageTTL(t *testing.T) {
	v4 := []byte{192, 0, 2, 1}
	change := func(msg []byte, at int, b byte) []byte {
		msg = slices.Clone(msg)
		msg[at] = b
		return msg
	}
	good := response(query, false, record{typeCNAME, 30, []byte{1, 'b', 0}}, record{typeA, 60, v4})
	for _, c := range []struct {
		name string
		msg  []byte
		ttl  time.Duration
		ok   bool
	}{
		{"alias and address", good, 30 * time.Second, true},
		{"alias alone", response(query, false, record{typeCNAME, 30, []byte{1, 'b', 0}}), 0, false},
		{"other types do not count", response(query, false, record{16, 1, nil}, record{typeA, 60, v4}), time.Minute, true},
		{"negative", response(query, false, record{typeA, 1 << 31, v4}), 0, true},
		{"no answers", response(query, false), 0, false},
		{"query", query, 0, false},
		{"error", change(good, 3, 0x83), 0, false},
		{"too many questions", change(good, 5, 9), 0, false},
		{"too many answers", change(good, 7, 9), 0, false},
		{"reserved label", change(good, 12, 0x80), 0, false},
		{"empty", nil, 0, false},
	} {
		ttl, ok := messageTTL(c.msg)
		if ok != c.ok || ok && ttl != c.ttl {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, ttl, ok, c.ttl, c.ok)
		}
	}
	for n := range good {
		if ttl, ok := messageTTL(good[:n]); ok {
			t.Errorf("cut after %d bytes it holds %v", n, ttl)
		}
	}
}

func FuzzMessageTTL(f *testing.F) {
	f.Add(query)
	f.Add(response(query, false, record{typeCNAME, 30, []byte{1, 'b', 0}}, record{typeA, 60, []byte{192, 0, 2, 1}}))
	f.Add(response(query, false, record{typeAAAA, 1<<31 - 1, make([]byte, 16)}))
	f.Fuzz(func(t *testing.T, msg []byte) {
		ttl, ok := messageTTL(msg)
		if ttl < 0 || ttl > (1<<31-1)*time.Second {
			t.Fatalf("%v, %v", ttl, ok)
		}
	})
}
