package differential

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	xhpack "golang.org/x/net/http2/hpack"

	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

var noLimits = hpack.Limits{MaxBytes: 1<<32 - 1, MaxFields: 1 << 30}

// stricter are the reasons for which only ours refuses: x/net takes size updates
// anywhere while its table is empty, any number of them, and integers that are padded
// with zeros.
var stricter = map[string]bool{
	"a table size update behind a field": true,
	"more than two table size updates":   true,
	"an integer too large":               true,
}

// oneUpdateOnly says that x/net has refused the second of two size updates that begin a
// block. RFC 7541, section 4.2, has an encoder send two, the smallest size and the last,
// but x/net's decoder takes the second for one behind a field unless its table is empty.
func oneUpdateOnly(block []byte, err error) bool {
	return err != nil && len(block) > 0 && block[0]&0xe0 == 0x20 &&
		strings.Contains(err.Error(), "size update MUST occur at the beginning")
}

// blocks splits input into blocks, each behind an octet with its length.
func blocks(in []byte) (blocks [][]byte) {
	for len(in) > 0 {
		n := min(int(in[0]), len(in)-1)
		blocks = append(blocks, in[1:1+n])
		in = in[1+n:]
	}
	return blocks
}

// The header blocks of one connection, of any octets, mean the same to both.
func FuzzHPACKDecode(f *testing.F) {
	e := hpack.NewEncoder()
	var seed []byte
	for _, fields := range [][]hpack.Field{
		{{Name: ":method", Value: "POST"}, {Name: ":path", Value: "/a.B/C"}, {Name: "authorization", Value: "secret", Sensitive: true}},
		{{Name: ":method", Value: "POST"}, {Name: ":path", Value: "/a.B/C"}, {Name: "x-id", Value: "\x00\xff"}},
	} {
		block := e.Append(nil, fields)
		seed = append(append(seed, byte(len(block))), block...)
	}
	f.Add(seed)
	f.Add([]byte("\x02\x20\x82\x05\x3f\xe1\x1f\x40\x00\x01\x80"))
	f.Add([]byte("\x03\x20\x3f\x00\x01\xbe"))
	f.Add([]byte("\x05\x40\x01a\x01b\x04\x3f\x1f\x30\xbe"))
	f.Fuzz(func(t *testing.T, in []byte) {
		ours := hpack.NewDecoder(hpack.DefaultTableSize)
		theirs := xhpack.NewDecoder(hpack.DefaultTableSize, nil)
		for i, block := range blocks(in) {
			got, truncated, err := ours.Decode(nil, block, noLimits)
			want, wantErr := theirs.DecodeFull(block)
			var reason *hpack.Error
			switch {
			case truncated:
				t.Fatalf("block %d is truncated", i)
			case errors.As(err, &reason) && wantErr == nil && stricter[reason.Reason]:
				return
			case err == nil && oneUpdateOnly(block, wantErr):
				return
			case (err == nil) != (wantErr == nil):
				t.Fatalf("block %d, %x: we say %v, they %v", i, block, err, wantErr)
			case err != nil:
				return
			}
			same(t, got, want)
		}
	})
}

func same(t *testing.T, ours []hpack.Field, theirs []xhpack.HeaderField) {
	t.Helper()
	if len(ours) != len(theirs) {
		t.Fatalf("%d fields of ours, %d of theirs", len(ours), len(theirs))
	}
	for i, x := range theirs {
		if o := ours[i]; o.Name != x.Name || o.Value != x.Value || o.Sensitive != x.Sensitive {
			t.Fatalf("field %d is %+v to us, %+v to them", i, o, x)
		}
	}
}

// Each decodes what the other has encoded, while the peer's table changes its size.
func FuzzHPACKEncode(f *testing.F) {
	f.Add([]byte("a\x00b\x01ab\x02abc\x00\xff\x10a\x00b"))
	f.Add([]byte("\xff\x00a\x03\xff\xffa\x03\xff\x20a\x03"))
	f.Fuzz(func(t *testing.T, in []byte) {
		ourEncoder, ourDecoder := hpack.NewEncoder(), hpack.NewDecoder(hpack.DefaultTableSize)
		var wire bytes.Buffer
		theirEncoder, theirDecoder := xhpack.NewEncoder(&wire), xhpack.NewDecoder(hpack.DefaultTableSize, nil)
		for ; len(in) > 1; in = in[2:] {
			if in[0] == 0xff {
				size := uint32(in[1]) * 32
				ourEncoder.SetPeerTableSize(size)
				theirDecoder.SetAllowedMaxDynamicTableSize(size)
				theirEncoder.SetMaxDynamicTableSizeLimit(size)
				ourDecoder.SetMaxTableSize(size)
				continue
			}
			fields := section(in[0], in[1])
			got, err := theirDecoder.DecodeFull(ourEncoder.Append(nil, fields))
			if err != nil {
				t.Fatalf("they cannot decode ours: %v", err)
			}
			if len(got) != len(fields) {
				t.Fatalf("they decode %d fields of %d", len(got), len(fields))
			}
			wire.Reset()
			for i, x := range fields {
				if got[i].Name != x.Name || got[i].Value != x.Value || x.Sensitive && !got[i].Sensitive {
					t.Fatalf("of ours they decode %+v, not %+v", got[i], x)
				}
				if err := theirEncoder.WriteField(xhpack.HeaderField{Name: x.Name, Value: x.Value, Sensitive: x.Sensitive}); err != nil {
					t.Fatal(err)
				}
			}
			back, _, err := ourDecoder.Decode(nil, wire.Bytes(), noLimits)
			if err != nil {
				t.Fatalf("we cannot decode theirs: %v", err)
			}
			for i, x := range fields {
				if back[i].Name != x.Name || back[i].Value != x.Value || back[i].Sensitive != x.Sensitive {
					t.Fatalf("of theirs we decode %+v, not %+v", back[i], x)
				}
			}
		}
	})
}

// section makes a header section of two octets: few names and values, so that tables
// are used, of many lengths.
func section(a, b byte) (fields []hpack.Field) {
	names := []string{":path", "content-type", "authorization", "x", "x-request-id", "cookie", "grpc-timeout", "\x00\x80"}
	for i := range a%4 + 1 {
		name := names[(a+i)%8]
		value := bytes.Repeat([]byte{b + i}, int(b)*int(a%3))
		fields = append(fields, hpack.Field{Name: name, Value: string(value), Sensitive: b%16 == 7})
	}
	return fields
}
