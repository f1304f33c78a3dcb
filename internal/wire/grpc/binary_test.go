package grpc

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

func TestIsBin(t *testing.T) {
	for name, want := range map[string]bool{"": false, "bin": false, "-bin": true, "x-bin": true, "x-bin-y": false, "x-BIN": false} {
		if got := IsBin(name); got != want {
			t.Errorf("IsBin(%q) = %v", name, got)
		}
	}
}

// Every length up to several chunks, both padded and not, and joined.
func TestBinRoundTrip(t *testing.T) {
	var all []string
	var joined []string
	for n := range 4*chunkBytes + 5 {
		value := make([]byte, n)
		for i := range value {
			value[i] = byte(i*7 + n)
		}
		want := string(value)
		field := EncodeBin(want)
		if field != base64.RawStdEncoding.EncodeToString(value) {
			t.Fatalf("EncodeBin of %d bytes = %q", n, field)
		}
		padded := base64.StdEncoding.EncodeToString(value)
		for _, f := range []string{field, padded, " " + padded + "\t"} {
			got, err := DecodeBin(f, 1<<20)
			if err != nil || len(got) != 1 || got[0] != want {
				t.Fatalf("DecodeBin(%q) = %q, %v", f, got, err)
			}
		}
		all = append(all, want, want)
		joined = append(joined, field, padded)
	}
	for _, comma := range []string{",", ", "} {
		got, err := DecodeBin(strings.Join(joined, comma), 1<<20)
		if err != nil || !slices.Equal(got, all) {
			t.Errorf("joined by %q: %d values, %v", comma, len(got), err)
		}
	}
}

func TestDecodeBin(t *testing.T) {
	for field, want := range map[string][]string{
		"":           {""},
		",":          {"", ""},
		"YQ":         {"a"},
		"YQ==":       {"a"},
		"YWI=":       {"ab"},
		"YQ,YQ==":    {"a", "a"},
		"YQ==, ,YWI": {"a", "", "ab"},
		"+/+/":       {"\xfb\xff\xbf"},
		"YR":         {"a"}, // the bits that are left over do not count
	} {
		got, err := DecodeBin(field, 1<<20)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("DecodeBin(%q) = %q, %v, want %q", field, got, err, want)
		}
	}
}

func TestDecodeBinRefuses(t *testing.T) {
	fullChunk := strings.Repeat("A", chunkChars)
	for _, field := range []string{
		"Y", "YWJjZ", "YQ=", "YWI==", "=", "==", "====", "YQ==YQ==", "Y=Q=", "_-_-", "Y Q", "Y\nQ=", "YQ\r\n", "YQ\n",
		"\x00", "é", "YQ,*", "*,YQ", "YQ;YQ", strings.Repeat("A", chunkChars-2) + "==" + "YQ==",
		fullChunk + "A", fullChunk + "YQ=", "*" + fullChunk,
	} {
		got, err := DecodeBin(field, 1<<20)
		if got != nil {
			t.Errorf("DecodeBin(%q) = %q", field, got)
		}
		wantError(t, "DecodeBin "+field, err, Internal)
	}
}

// A value costs its sender one octet, and more than that its receiver.
func TestDecodeBinBound(t *testing.T) {
	if got, err := DecodeBin("YQ,,YQ", 3); err != nil || len(got) != 3 {
		t.Errorf("DecodeBin = %q, %v", got, err)
	}
	got, err := DecodeBin("YQ,,YQ", 2)
	if got != nil {
		t.Errorf("DecodeBin = %q", got)
	}
	wantError(t, "DecodeBin", err, ResourceExhausted)
}
