package grpcweb

import (
	"bytes"
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
)

func FuzzTrailer(f *testing.F) {
	f.Add("grpc-status: 9\r\nGrpc-Message:error\nx-bin: YQ==\r\n")
	f.Add("a: b\r\n folded\r\n")
	f.Fuzz(func(t *testing.T, block string) {
		fields, err := parse(block)
		if err != nil {
			return
		}
		for _, p := range fields {
			if p.name != strings.ToLower(p.name) || strings.ContainsAny(p.name+p.value, "\r\n\x00") || strings.ContainsAny(p.name, ": \t") {
				t.Fatalf("ParseTrailer(%q) gives %q", block, p)
			}
		}
		again := AppendTrailer(nil, each(fields))
		back, err := parse(string(again))
		if err != nil || !reflect.DeepEqual(back, fields) {
			t.Fatalf("%q comes back as %q, %v", fields, back, err)
		}
	})
}

// FuzzText holds the decoder against one that takes each quantum on its own.
func FuzzText(f *testing.F) {
	f.Add([]byte("YQ==YWI=YWJjYQ=="), uint8(3))
	f.Add([]byte("YWJj\r\n"), uint8(0))
	f.Fuzz(func(t *testing.T, text []byte, step uint8) {
		var want []byte
		ok := len(text)%quantum == 0
		for i := 0; ok && i < len(text); i += quantum {
			q := text[i : i+quantum]
			b, err := base64.StdEncoding.DecodeString(string(q))
			ok = err == nil && !bytes.ContainsAny(q, "\r\n")
			want = append(want, b...)
		}
		var (
			d   TextDecoder
			got []byte
			err error
		)
		for rest := text; len(rest) > 0 && err == nil; {
			n := min(int(step)+1, len(rest))
			got, err = d.Append(got, rest[:n])
			rest = rest[n:]
		}
		if err == nil {
			err = d.Close()
		}
		if (err == nil) != ok || ok && !bytes.Equal(got, want) {
			t.Fatalf("%q = %q, %v, want %q, %v", text, got, err, want, ok)
		}
		var d2 TextDecoder
		if back, err := d2.Append(nil, AppendText(nil, text)); err != nil || !bytes.Equal(back, text) {
			t.Fatalf("%q comes back as %q, %v", text, back, err)
		}
	})
}

func FuzzPrefix(f *testing.F) {
	f.Add([]byte{0x81, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < PrefixLen {
			return
		}
		p, err := ParsePrefix(b)
		if (err == nil) != (b[0]&0x7e == 0) {
			t.Fatalf("ParsePrefix(%x) = %+v, %v", b, p, err)
		}
		if err != nil {
			return
		}
		var again [PrefixLen]byte
		PutPrefix(again[:], p)
		if string(again[:]) != string(b[:PrefixLen]) {
			t.Fatalf("%x comes back as %x", b, again)
		}
	})
}

func FuzzContentType(f *testing.F) {
	f.Add("Application/grpc-web-text+proto; x=y")
	f.Fuzz(func(t *testing.T, s string) {
		subtype, text, ok := ParseContentType(s)
		if !ok {
			return
		}
		subtype2, text2, ok := ParseContentType(ContentType(subtype, text))
		if !ok || subtype2 != subtype || text2 != text {
			t.Fatalf("%q of %q comes back as %q", subtype, s, subtype2)
		}
		_ = WantsText(s)
	})
}
