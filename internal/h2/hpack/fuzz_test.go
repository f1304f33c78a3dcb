package hpack

import (
	"bytes"
	"slices"
	"testing"
)

func FuzzHuffman(f *testing.F) {
	f.Add([]byte("www.example.com"))
	f.Add(unhex("f1e3c2e5f23a6ba0ab90f4ff"))
	f.Add(unhex("fffffff3"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, ok := appendHuffmanDecoded(nil, in)
		want, wantOK := slowDecode(in)
		if ok != wantOK || ok && !bytes.Equal(got, want) {
			t.Fatalf("%x is decoded as %q (%v), bit by bit as %q (%v)", in, got, ok, want, wantOK)
		}
		if ok && !bytes.Equal(appendHuffman(nil, string(got)), in) {
			t.Fatalf("%x is decoded as %q, which is coded as %x", in, got, appendHuffman(nil, string(got)))
		}
		coded := appendHuffman(nil, string(in))
		if back, ok := appendHuffmanDecoded(nil, coded); !ok || !bytes.Equal(back, in) || len(coded) != huffmanLen(string(in)) {
			t.Fatalf("%q comes back as %q of %x", in, back, coded)
		}
	})
}

// A peer may send anything. Two blocks, so that the second meets a table.
func FuzzDecode(f *testing.F) {
	f.Add(unhex("828684418cf1e3c2e5f23a6ba0ab90f4ff"), unhex("828684be5886a8eb10649cbf"), uint16(4096), uint16(200), uint8(3))
	f.Add(unhex("4803333032580770726976617465"), unhex("4803333037c1c0bf"), uint16(64), uint16(1000), uint8(9))
	f.Add(unhex("1008706173737764067365637265740f010161"), unhex("203fe11f82"), uint16(8192), uint16(0), uint8(0))
	f.Fuzz(func(t *testing.T, first, second []byte, tableSize, maxBytes uint16, maxFields uint8) {
		lim := Limits{MaxBytes: uint32(maxBytes), MaxFields: int(maxFields)}
		bounded, free := NewDecoder(DefaultTableSize), NewDecoder(DefaultTableSize)
		for i, block := range [][]byte{first, second} {
			if i == 1 {
				bounded.SetMaxTableSize(uint32(tableSize))
				free.SetMaxTableSize(uint32(tableSize))
			}
			before := free.Generation()
			some, truncated, err := bounded.Decode(nil, block, lim)
			all, _, freeErr := free.Decode(nil, block, noLimits)
			if (err == nil) != (freeErr == nil) {
				t.Fatalf("with limits: %v, without: %v", err, freeErr)
			}
			checkLimits(t, some, lim)
			if got, want := entries(t, &bounded.table), entries(t, &free.table); !slices.Equal(got, want) {
				t.Fatalf("with limits the table has\n%v, without\n%v", got, want)
			}
			if err != nil {
				return
			}
			if truncated != (len(some) < len(all)) || !slices.Equal(some, all[:len(some)]) {
				t.Fatalf("with limits (truncated %v)\n%v, without\n%v", truncated, some, all)
			}
			if free.Generation() == before {
				wantFields(t, mustDecode(t, free, block), all)
			}
			e, d := NewEncoder(), NewDecoder(DefaultTableSize)
			for range 2 {
				wantFields(t, mustDecode(t, d, e.Append(nil, all)), all)
				wantSameTables(t, e, d)
			}
		}
	})
}

func checkLimits(t *testing.T, fields []Field, lim Limits) {
	t.Helper()
	size := uint64(0)
	for _, f := range fields {
		size += uint64(f.Size())
	}
	if len(fields) > lim.MaxFields || size > uint64(lim.MaxBytes) {
		t.Fatalf("%d fields of %d octets, with limits of %+v", len(fields), size, lim)
	}
}

// FuzzEncodeDecode takes its input for a list of fields, and of what happens
// between them: a block ends, the peer's table becomes smaller or larger.
func FuzzEncodeDecode(f *testing.F) {
	f.Add([]byte("abcabcabc\x00abc\x01\x10abc\x01\xffabc\x00abc"))
	f.Add([]byte("\x02\x80\x04a\x00b\x05ab\x05ab\x00\x06abcd\x06abcd\x00\x01\x00\x01\x20abc\x03abc"))
	f.Fuzz(func(t *testing.T, in []byte) {
		e, d := NewEncoder(), NewDecoder(DefaultTableSize)
		var fields []Field
		flush := func() {
			before := e.Generation()
			block := e.Append(nil, fields)
			for i := range fields {
				fields[i].NoIndex = false
			}
			wantFields(t, mustDecode(t, d, block), fields)
			wantSameTables(t, e, d)
			if e.Generation() == before {
				decoded := d.Generation()
				wantFields(t, mustDecode(t, d, block), fields)
				if d.Generation() != decoded {
					t.Fatal("the encoder's generation is the same, the decoder's is not")
				}
			}
			fields = fields[:0]
		}
		for i := 0; i+1 < len(in); i += 2 {
			switch op, arg := in[i], in[i+1]; op {
			case 0:
				flush()
			case 1:
				e.SetPeerTableSize(uint32(arg) * 17)
				d.SetMaxTableSize(uint32(arg) * 17)
			default:
				fields = append(fields, fuzzField(op, arg))
			}
		}
		flush()
	})
}

// fuzzField makes one of a few names, with one of many values.
func fuzzField(op, arg byte) Field {
	names := [...]string{":path", ":status", "te", "x-id", "grpc-timeout", "cookie", "", "\x00\xff"}
	f := Field{
		Name:      names[op%8],
		Value:     string(bytes.Repeat([]byte{arg}, int(arg%16))),
		Sensitive: op&0x70 == 0x70,
		NoIndex:   op&0x70 == 0x60,
	}
	if op&0x80 != 0 {
		f.Value = string(bytes.Repeat([]byte{'0' + arg%10}, int(arg)*12))
	}
	return f
}
