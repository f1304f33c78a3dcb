package hpack

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

type huffmanCode struct {
	bits uint32
	n    uint8
}

var huffmanSymbols = sync.OnceValue(func() map[huffmanCode]byte {
	symbols := make(map[huffmanCode]byte)
	for s := range 256 {
		symbols[huffmanCode{huffmanCodes[s], huffmanLens[s]}] = byte(s)
	}
	return symbols
})

// slowDecode decodes bit by bit, by the codes of RFC 7541 Appendix B alone.
func slowDecode(src []byte) (out []byte, ok bool) {
	var c huffmanCode
	for _, b := range src {
		for i := 7; i >= 0; i-- {
			c = huffmanCode{c.bits<<1 | uint32(b>>i&1), c.n + 1}
			if s, found := huffmanSymbols()[c]; found {
				out = append(out, s)
				c = huffmanCode{}
			}
			if c.n == 30 { // EOS: all other codes of 30 bits have been found
				return nil, false
			}
		}
	}
	return out, c.n < 8 && c.bits == 1<<c.n-1
}

func TestHuffmanTables(t *testing.T) {
	const eos = 1<<30 - 1
	sum := 1.0 / (1 << 30) // of EOS
	for s := range 256 {
		code, l := huffmanCodes[s], huffmanLens[s]
		sum += 1 / float64(uint64(1)<<l)
		if code>>l != 0 || l == 30 && code == eos {
			t.Errorf("code %#x of symbol %d has more than %d bits, or is EOS", code, s, l)
		}
		if l > 8 {
			if symbol, n := longSymbol(code << (32 - l)); symbol != byte(s) || n != uint(l) {
				t.Errorf("code of %d leads to %d with %d bits", s, symbol, n)
			}
			if symbol, n := longSymbol(code<<(32-l) | (1<<(32-l) - 1)); symbol != byte(s) || n != uint(l) {
				t.Errorf("code of %d, with ones behind it, leads to %d with %d bits", s, symbol, n)
			}
			continue
		}
		for i := range uint32(1) << (8 - l) {
			if got := huffmanShort[code<<(8-l)|i]; got != uint16(s)<<8|uint16(l) {
				t.Errorf("code of %d leads to %#x", s, got)
			}
		}
	}
	if sum != 1 {
		t.Errorf("the codes fill %v of their tree", sum)
	}
	for b := 0xfe; b <= 0xff; b++ {
		if huffmanShort[b] != 0 {
			t.Errorf("the beginning %#x of long codes leads to %#x", b, huffmanShort[b])
		}
	}
	if _, n := longSymbol(eos << 2); n != 0 {
		t.Error("EOS is taken for a symbol")
	}
}

func TestHuffmanStrings(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	tests := []string{"", "0", "www.example.com", "no-cache", strings.Repeat("e", 1000), string(all), strings.Repeat("\xff\x00\n", 99)}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		b := make([]byte, r.IntN(60))
		for i := range b {
			b[i] = byte(r.IntN(1 + r.IntN(256)))
		}
		tests = append(tests, string(b))
	}
	for _, s := range tests {
		coded := appendHuffman([]byte("x"), s)
		if len(coded)-1 != huffmanLen(s) {
			t.Fatalf("%q is coded as %x, want %d octets", s, coded[1:], huffmanLen(s))
		}
		got, ok := appendHuffmanDecoded([]byte("y"), coded[1:])
		if !ok || string(got) != "y"+s {
			t.Fatalf("%q comes back as %q (%v) of %x", s, got, ok, coded[1:])
		}
	}
}

func TestHuffmanEnds(t *testing.T) {
	tests := []struct {
		in, want string
		ok       bool
	}{
		{"", "", true},
		{"07", "0", true},        // padding of three ones
		{"00", "", false},        // of zeros
		{"06", "", false},        // of ones and a zero
		{"3f", "o", true},        // 00111 111
		{"ff", "", false},        // a whole octet of padding
		{"07ff", "", false},      // more than an octet
		{"f8", "&", true},        // no padding
		{"f8ff", "", false},      // a whole octet of padding
		{"fe3f", "!", true},      // ten bits, six of padding
		{"fe", "", false},        // half a code
		{"fffffffc", "", false},  // EOS and zeros
		{"ffffffff", "", false},  // EOS and padding
		{"fffffff3", "\n", true}, // 30 bits, two of padding
		{"fffffff7", "\r", true},
		{"fffffffb", "\x16", true},
		{"fffffff0", "", false}, // bad padding after it
	}
	for _, test := range tests {
		got, ok := appendHuffmanDecoded(nil, unhex(test.in))
		want, wantOK := slowDecode(unhex(test.in))
		if ok != wantOK || ok && !bytes.Equal(got, want) {
			t.Errorf("%s is decoded as %q (%v), bit by bit as %q (%v)", test.in, got, ok, want, wantOK)
		}
		if ok != test.ok || ok && string(got) != test.want {
			t.Errorf("%s is decoded as %q (%v), want %q (%v)", test.in, got, ok, test.want, test.ok)
		}
	}
}

// Every string of up to two octets, and what random ones end with.
func TestHuffmanAgainstSlow(t *testing.T) {
	check := func(in []byte) {
		t.Helper()
		got, ok := appendHuffmanDecoded(nil, in)
		want, wantOK := slowDecode(in)
		if ok != wantOK || ok && !bytes.Equal(got, want) {
			t.Fatalf("%x is decoded as %q (%v), bit by bit as %q (%v)", in, got, ok, want, wantOK)
		}
	}
	for i := range 1 << 8 {
		check([]byte{byte(i)})
	}
	for i := range 1 << 16 {
		check([]byte{byte(i >> 8), byte(i)})
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		in := make([]byte, r.IntN(24))
		for i := range in {
			in[i] = byte(r.Uint32() | r.Uint32()) // long codes begin with ones
		}
		check(in)
	}
}
