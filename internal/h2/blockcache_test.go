package h2

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A decodingConn is as much of a connection as decoding header blocks takes.
func decodingConn() *Conn {
	cfg := Defaults()
	c := &Conn{cfg: &cfg}
	c.dec.Init(hpackTableSize)
	return c
}

func mustDecode(t *testing.T, c *Conn, k kind, block []byte) section {
	t.Helper()
	sec, err := c.decodeOnReader(k, block)
	if err != nil {
		t.Fatal(err)
	}
	return sec
}

// Calls repeat themselves: from the third time on the same section is given.
func TestRepeatedBlocksAreDecodedOnce(t *testing.T) {
	c, enc := decodingConn(), hpack.NewEncoder()
	fields := sectionOf(t, "POST te=trailers x=y")
	mustDecode(t, c, request, enc.Append(nil, fields)) // enters the table
	block := enc.Append(nil, fields)
	var messages []*Message
	for range 4 {
		messages = append(messages, mustDecode(t, c, request, block).msg)
	}
	if messages[2] != messages[1] || messages[3] != messages[1] {
		t.Error("a block that came before was decoded again")
	}
	if n := testing.AllocsPerRun(100, func() { mustDecode(t, c, request, block) }); n != 0 {
		t.Errorf("%v allocations for a cached block", n)
	}
}

// The octets of a block mean something else when the table has changed.
func TestCachedBlocksEndWithTheTable(t *testing.T) {
	c := decodingConn()
	newest := []byte{0x82, 0x86, 0x84, 0xbe} // GET http / and the newest entry
	for i := range 20 {
		name, value := fmt.Sprint("n", i), fmt.Sprint("v", i)
		insert := append([]byte{0x40, byte(len(name))}, name...)
		insert = append(append(insert, byte(len(value))), value...)
		mustDecode(t, c, trailer, insert)
		for range 4 {
			sec := mustDecode(t, c, request, newest)
			if want := (hpack.Field{Name: name, Value: value}); sec.malformed != "" || len(sec.msg.Fields) != 1 || sec.msg.Fields[0] != want {
				t.Fatalf("after entry %d: %+v %s", i, sec.msg.Fields, sec.malformed)
			}
		}
	}
}

// The same octets are judged by other rules as a request than as trailers.
func TestCachedBlocksAreOfOneKind(t *testing.T) {
	c := decodingConn()
	block := []byte{0x82, 0x86, 0x84} // GET http /
	for range 4 {
		if sec := mustDecode(t, c, request, block); sec.malformed != "" || sec.msg.Method != "GET" {
			t.Fatalf("request: %+v %s", sec.msg, sec.malformed)
		}
		if sec := mustDecode(t, c, trailer, block); sec.malformed == "" {
			t.Fatal("pseudo-header fields in trailers")
		}
		if sec := mustDecode(t, c, response, block); sec.malformed == "" {
			t.Fatal("a request for a response")
		}
	}
}

// A peer that sends blocks without end gains no memory.
func TestCacheHoldsFewBlocks(t *testing.T) {
	c := decodingConn()
	for i := range 1000 {
		block := []byte{0x82, 0x86, 0x84, 0x00, 1, 'a', 3, byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)}
		first := mustDecode(t, c, request, block)
		second := mustDecode(t, c, request, block)
		third := mustDecode(t, c, request, block)
		if want := string(block[7:]); first.msg.Fields[0].Value != want || second.msg.Fields[0].Value != want || third.msg != second.msg {
			t.Fatalf("block %d: %v, %v, %v", i, first.msg, second.msg, third.msg)
		}
	}
	value := bytes.Repeat([]byte("x"), maxCachedBlock-6)
	long := append([]byte{0x82, 0x86, 0x84, 0x00, 1, 'a', byte(len(value))}, value...)
	if a, b := mustDecode(t, c, request, long), mustDecode(t, c, request, long); a.msg == b.msg || mustDecode(t, c, request, long).msg == b.msg {
		t.Error("a long block was kept")
	}
}

// Whatever the order of blocks, the cache changes nothing.
func TestCacheChangesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	cached, plain, enc := decodingConn(), hpack.NewDecoder(hpackTableSize), hpack.NewEncoder()
	sizes := []uint32{4096, 0, 100, 4096}
	for i := range 20_000 {
		if rng.IntN(500) == 0 {
			enc.SetPeerTableSize(sizes[rng.IntN(len(sizes))])
		}
		fields := []hpack.Field{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: "/"}}
		for range rng.IntN(4) {
			n := rng.IntN(12)
			fields = append(fields, hpack.Field{Name: fmt.Sprint("name", n), Value: fmt.Sprint("value", rng.IntN(3)), NoIndex: rng.IntN(4) == 0})
		}
		block := enc.Append(nil, fields)
		want, _, err := plain.Decode(nil, block, hpack.Limits{MaxBytes: 1 << 20, MaxFields: 100})
		if err != nil {
			t.Fatal(err)
		}
		got := mustDecode(t, cached, request, block)
		if !slices.EqualFunc(got.msg.Fields, want[3:], func(a, b hpack.Field) bool { return a.Name == b.Name && a.Value == b.Value }) {
			t.Fatalf("block %d: %v, not %v", i, got.msg.Fields, want)
		}
	}
}
