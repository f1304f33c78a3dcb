package websocket

import (
	"bytes"
	"errors"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"
)

// slowHeader reads a header as the table of §5.2 reads, and nothing but what it is.
func slowHeader(b []byte, fromClient bool) (h Header, n int, bad bool) {
	bit := func(i int) int { return int(b[i/8]>>(7-i%8)) & 1 }
	number := func(from, bits int) *big.Int {
		v := new(big.Int)
		for i := range bits {
			v.Lsh(v, 1)
			v.Or(v, big.NewInt(int64(bit(from+i))))
		}
		return v
	}
	if len(b) < 2 {
		return Header{}, 0, false
	}
	op := number(4, 4).Uint64()
	length := number(9, 7)
	control := op >= 8
	if bit(1)+bit(2)+bit(3) > 0 || op > 2 && op < 8 || op > 10 || control && (bit(0) == 0 || length.Uint64() > 125) || (bit(8) == 1) != fromClient {
		return Header{}, 0, true
	}
	n = 2
	for _, wide := range []struct{ mark, bits, least uint64 }{{126, 16, 126}, {127, 64, 1 << 16}} {
		if number(9, 7).Uint64() != wide.mark {
			continue
		}
		n += int(wide.bits / 8)
		if len(b) < n {
			return Header{}, 0, false
		}
		if length = number(16, int(wide.bits)); length.Cmp(new(big.Int).SetUint64(wide.least)) < 0 || length.BitLen() > 63 {
			return Header{}, 0, true
		}
	}
	h = Header{Final: bit(0) == 1, Opcode: Opcode(op), Masked: fromClient, Length: length.Uint64()}
	if fromClient {
		if len(b) < n+4 {
			return Header{}, 0, false
		}
		h.Key = [4]byte(b[n : n+4])
		n += 4
	}
	return h, n, false
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), true)
	f.Add([]byte("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"), false)
	f.Add([]byte("\x82\xfe\x00\x7e\x01\x02\x03\x04"), true)
	f.Fuzz(func(t *testing.T, b []byte, fromClient bool) {
		h, n, err := ParseHeader(b, fromClient)
		want, wantN, bad := slowHeader(b, fromClient)
		if h != want || n != wantN || (err != nil) != bad {
			t.Fatalf("ParseHeader(% x) = %+v, %d, %v, want %+v, %d, %v", b, h, n, err, want, wantN, bad)
		}
		if n > 0 {
			if again := AppendHeader(nil, h); !bytes.Equal(again, b[:n]) {
				t.Fatalf("% x comes back as % x", b[:n], again)
			}
		}
	})
}

// FuzzConnection reads a client's bytes as a server does, and holds the messages that
// come out against what a reader makes of them that has all bytes at once.
func FuzzConnection(f *testing.F) {
	f.Add([]byte("\x01\x83\x37\xfa\x21\x3d\x7f\x9f\x4d\x80\x82\x00\x00\x00\x00lo"), uint8(3))
	f.Add([]byte("\x82\x80\x01\x02\x03\x04\x88\x82\x00\x00\x00\x00\x03\xe8"), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, step uint8) {
		const limit = 64
		a := Assembler{Limit: limit}
		var whole []byte // of the message
		var op Opcode
		for {
			h, n, err := ParseHeader(b, true)
			if err != nil || n == 0 {
				return
			}
			b = b[n:]
			payload := bytes.Clone(b[:min(h.Length, uint64(len(b)))])
			slowMask(payload, h.Key, 0)
			if h.Opcode.Control() {
				if uint64(len(payload)) < h.Length {
					return
				}
				if h.Opcode == Close {
					if c, reason, err := ParseClose(payload); err == nil && !bytes.Equal(AppendClose(nil, c, reason), payload) {
						t.Fatalf("close %x is %d, %q", payload, c, reason)
					}
				}
				b = b[h.Length:]
				continue
			}
			ordered := (h.Opcode == Continuation) == (op != Continuation)
			fits := h.Length <= uint64(limit-len(whole))
			if err := a.Begin(h); err != nil {
				valid := op != Text && h.Opcode != Text || utf8.Valid(whole)
				if ordered && fits && valid {
					t.Fatalf("Begin(%+v): %v", h, err)
				}
				return
			}
			if !ordered || !fits {
				t.Fatalf("Begin(%+v) accepts it within %d and %d bytes", h, op, len(whole))
			}
			if h.Opcode != Continuation {
				op = h.Opcode
			}
			whole = append(whole, payload...)
			for rest := b[:len(payload)]; len(rest) > 0; {
				piece := rest[:min(int(step)+1, len(rest))]
				if left, err := a.Append(piece); err != nil {
					var e *Error
					if !errors.As(err, &e) || e.Code != InvalidPayload || op != Text || utf8.Valid(whole) {
						t.Fatalf("Append(%x): %v", piece, err)
					}
					return
				} else if len(left) > 0 {
					t.Fatalf("Append leaves %d bytes", len(left))
				}
				rest = rest[len(piece):]
			}
			b = b[len(payload):]
			if a.Done() != (h.Final && uint64(len(payload)) == h.Length) {
				t.Fatalf("Done is %v after %+v", a.Done(), h)
			}
			if !a.Done() {
				continue
			}
			gotOp, got := a.Message()
			if gotOp != op || !bytes.Equal(got, whole) || op == Text && !utf8.Valid(got) {
				t.Fatalf("message %d %x, want %d %x", gotOp, got, op, whole)
			}
			whole, op = nil, Continuation
		}
	})
}

func FuzzMask(f *testing.F) {
	f.Add([]byte("some text that is longer than a word or four of them"), uint32(0x12345678), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, k uint32, at uint8) {
		key := [4]byte{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24)}
		got, want := bytes.Clone(b), bytes.Clone(b)
		Mask(got, key, uint64(at))
		slowMask(want, key, uint64(at))
		if !bytes.Equal(got, want) {
			t.Fatalf("% x, want % x", got, want)
		}
	})
}

func FuzzHandshake(f *testing.F) {
	f.Add("keep-alive, Upgrade", "websocket", "13", sampleNonce)
	f.Fuzz(func(t *testing.T, connection, upgrade, version, key string) {
		err := CheckUpgrade(&Request{"GET", connection, upgrade, version, key})
		if err == nil && !IsUpgrade(connection, upgrade) {
			t.Fatalf("CheckUpgrade accepts %q, %q", connection, upgrade)
		}
		if err := CheckResponse(&Response{101, "upgrade", "websocket", Accept(key), "", ""}, key, ""); err != nil {
			t.Fatal(err)
		}
		name := trim(connection)
		if name != "" && !strings.Contains(name, ",") && !Offers(upgrade+","+connection, name) {
			t.Fatalf("the list of %q and %q does not offer %q", upgrade, connection, name)
		}
	})
}
