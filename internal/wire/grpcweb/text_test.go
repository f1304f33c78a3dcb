package grpcweb

import (
	"bytes"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestText(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{"YQ==", "a"},
		{"YWI=", "ab"},
		{"YWJj", "abc"},
		{"YWJjZGVm", "abcdef"},
		{"YQ==YWI=YWJjYQ==", "aababca"},
		{"YWJjYQ==YWJjZGVmYWI=", "abcaabcdefab"},
		{"AAAAAAA=gAAAAA==", "\x00\x00\x00\x00\x00\x80\x00\x00\x00"},
		{"+/+/", "\xfb\xff\xbf"},
	}
	for _, test := range tests {
		// Whole, and cut at any two places.
		for i := range len(test.text) + 1 {
			for j := i; j <= len(test.text); j++ {
				var d TextDecoder
				got := []byte("> ")
				for _, piece := range []string{test.text[:i], test.text[i:j], test.text[j:]} {
					var err error
					if got, err = d.Append(got, []byte(piece)); err != nil {
						t.Fatalf("%q cut at %d and %d: %v", test.text, i, j, err)
					}
				}
				if err := d.Close(); err != nil || string(got) != "> "+test.want {
					t.Fatalf("%q cut at %d and %d = %q, %v", test.text, i, j, got, err)
				}
			}
		}
	}
}

func TestTextRefuses(t *testing.T) {
	for _, text := range []string{
		"Y===", "====", "=YWJ", "Y=Q=", "YQ=a", "YQ==YQ=a", "YQ==\n", "YWJ\n", "\nYWJ", "Y\nWJj\n\n\n", "YWJj\r\n\r\n", "YWI-", "YW_j", "YW j", "YWJ\x00", "YWJ\xff",
		"YWJjYWJjYWJ*", strings.Repeat("YWJj", 40) + "\n\n\n\n",
	} {
		for _, cut := range []int{0, 1, 3, len(text) - 1} {
			var d TextDecoder
			_, err := d.Append(nil, []byte(text[:cut]))
			if err == nil {
				_, err = d.Append(nil, []byte(text[cut:]))
			}
			if err == nil {
				err = d.Close()
			}
			wantError(t, text, err, grpc.Internal)
		}
	}
}

func TestTextCutOff(t *testing.T) {
	for _, text := range []string{"Y", "YQ", "YQ=", "YWJjYWJ"} {
		var d TextDecoder
		if _, err := d.Append(nil, []byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		wantError(t, text, d.Close(), grpc.Internal)
	}
}

func TestAppendText(t *testing.T) {
	for plain, want := range map[string]string{"": "", "a": "YQ==", "ab": "YWI=", "abc": "YWJj", "\xfb\xff\xbf": "+/+/"} {
		got := AppendText([]byte("> "), []byte(plain))
		if string(got) != "> "+want || TextLen(len(plain)) != len(want) {
			t.Errorf("AppendText(%q) = %q, TextLen %d", plain, got, TextLen(len(plain)))
		}
	}
}

func BenchmarkTextDecoder(b *testing.B) {
	body := AppendText(nil, bytes.Repeat([]byte("message "), 512))
	var dst []byte
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var d TextDecoder
		var err error
		if dst, err = d.Append(dst[:0], body); err != nil {
			b.Fatal(err)
		}
	}
}
