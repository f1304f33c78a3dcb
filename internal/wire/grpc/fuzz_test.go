package grpc

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func FuzzTimeout(f *testing.F) {
	f.Add("99999999H", int64(100000001))
	f.Fuzz(func(t *testing.T, s string, ns int64) {
		d, err := ParseTimeout(s)
		if err == nil && (d < 0 || len(s) > 9) {
			t.Fatalf("ParseTimeout(%q) = %d", s, d)
		}
		for _, d := range []time.Duration{d, time.Duration(ns)} {
			field := string(AppendTimeout(nil, d))
			back, err := ParseTimeout(field)
			if err != nil {
				t.Fatalf("AppendTimeout(%d) = %q: %v", d, field, err)
			}
			// Never less than it was, and at most the least value of 8 digits' last digit more.
			if want := max(d, 0); back < want || float64(back-want) > float64(want)/1e5 && back != math.MaxInt64 {
				t.Fatalf("AppendTimeout(%d) = %q, which is %d", d, field, back)
			}
		}
	})
}

// wantFieldValue fails the test if HTTP would not carry s as it is.
func wantFieldValue(t *testing.T, s string) {
	t.Helper()
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			t.Fatalf("%q has a character that is not printable ASCII", s)
		}
	}
	if TrimValue(s) != s {
		t.Fatalf("%q has a space at an end", s)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(" 100%25 käse\xff\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		field := EncodeMessage(s)
		wantFieldValue(t, field)
		if got := DecodeMessage(field); got != string([]rune(s)) {
			t.Fatalf("%q comes back as %q", s, got)
		}
		text := DecodeMessage(s)
		if !utf8.ValidString(text) {
			t.Fatalf("DecodeMessage(%q) = %q is not UTF-8", s, text)
		}
		if !strings.Contains(s, "%") && text != string([]rune(s)) {
			t.Fatalf("DecodeMessage(%q) = %q without an escape", s, text)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add("x-trace-bin", "YQ==, YWI")
	f.Add("grpc-status", " a\nb")
	f.Fuzz(func(t *testing.T, name, value string) {
		if CheckName(name) == nil {
			wantFieldValue(t, name)
			if strings.ToLower(name) != name || name == "" || strings.ContainsAny(name, ": ,;=/") || !Visible(name) {
				t.Fatalf("CheckName accepts %q", name)
			}
		}
		_ = Visible(name) // of any name, it must only not panic
		if CheckValue("x", value) == nil {
			wantFieldValue(t, TrimValue(value))
		}
		if err := CheckValue(name, value); err != nil && IsBin(name) {
			t.Fatal(err)
		}
		field := EncodeBin(value)
		wantFieldValue(t, field)
		if got, err := DecodeBin(field, 1<<20); err != nil || len(got) != 1 || got[0] != value {
			t.Fatalf("%q comes back as %q, %v", value, got, err)
		}
		values, err := DecodeBin(value, 1<<20)
		if err != nil {
			return
		}
		if len(values) != 1+strings.Count(value, ",") {
			t.Fatalf("DecodeBin(%q) has %d values", value, len(values))
		}
		encoded := make([]string, len(values))
		for i, v := range values {
			encoded[i] = EncodeBin(v)
		}
		again, err := DecodeBin(strings.Join(encoded, ","), 1<<20)
		if err != nil || !reflect.DeepEqual(again, values) {
			t.Fatalf("%q comes back as %q, %v", values, again, err)
		}
	})
}

func FuzzPrefix(f *testing.F) {
	f.Add([]byte{1, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < PrefixLen {
			return
		}
		p, err := ParsePrefix(b)
		if (err == nil) != (b[0] <= 1) {
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

func FuzzDetails(f *testing.F) {
	f.Add(AppendDetails(nil, golden.code, golden.message, golden.details))
	f.Add([]byte("\x43\x4b\x53\x54\x4c\x4b\x4c\x44\x08\x05"))
	f.Fuzz(func(t *testing.T, b []byte) {
		code, message, details, err := ParseDetails(b)
		if err != nil {
			return
		}
		if code >= codes || !utf8.ValidString(message) {
			t.Fatalf("ParseDetails = %v, %q", code, message)
		}
		code2, message2, details2, err := ParseDetails(AppendDetails(nil, code, message, details))
		if err != nil || code2 != code || message2 != message || !sameDetails(details, details2) {
			t.Fatalf("%v %q %v comes back as %v %q %v, %v", code, message, details, code2, message2, details2, err)
		}
	})
}

func FuzzPath(f *testing.F) {
	f.Add("/shop.v1.UserService/GetUser")
	f.Add("/s/../m?x=%2F")
	f.Fuzz(func(t *testing.T, path string) {
		service, method, ok := SplitPath(path)
		if !ok {
			if service != "" || method != "" {
				t.Fatalf("SplitPath(%q) = %q, %q, false", path, service, method)
			}
			return
		}
		if "/"+service+"/"+method != path || service == "" || method == "" || strings.Contains(method, "/") {
			t.Fatalf("SplitPath(%q) = %q, %q", path, service, method)
		}
		wantFieldValue(t, path)
		if strings.ContainsAny(path, "?%#\\ ") || strings.Contains(path+"/", "//") ||
			strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../") {
			t.Fatalf("SplitPath accepts %q", path)
		}
	})
}

// FuzzFields is for the small fields whose rules are one function each.
func FuzzFields(f *testing.F) {
	f.Add("application/grpc+proto; q=1", "gzip")
	f.Add("identity, GZIP;q=0", "gzip")
	f.Add("-1", "250")
	f.Fuzz(func(t *testing.T, s, name string) {
		if subtype, ok := ContentSubtype(s); ok {
			again, ok := ContentSubtype(ContentType(subtype))
			if !ok || again != subtype {
				t.Fatalf("subtype %q of %q comes back as %q", subtype, s, again)
			}
		}
		if Accepts(s, name) && name != Identity && !strings.Contains(strings.ToLower(s), strings.ToLower(name)) {
			t.Fatalf("Accepts(%q, %q)", s, name)
		}
		if c := ParseStatus(s); c != Unknown && StatusString(c) != s {
			t.Fatalf("ParseStatus(%q) = %v", s, c)
		}
		if wait, retry := ParsePushback(s); wait < 0 || !retry && wait != 0 {
			t.Fatalf("ParsePushback(%q) = %v, %v", s, wait, retry)
		}
		if n := ParseAttempts(s); n < 0 {
			t.Fatalf("ParseAttempts(%q) = %d", s, n)
		}
	})
}
