package grpc

import (
	"strings"
	"testing"
)

func TestMessageRoundTrip(t *testing.T) {
	tests := []struct{ text, field string }{
		{"", ""},
		{"not found", "not found"},
		{"100%", "100%25"},
		{"%41", "%2541"},
		{"a\r\nb\x00", "a%0D%0Ab%00"},
		{"\x7f~", "%7F~"},
		{"käse", "k%C3%A4se"},
		{"日本語", "%E6%97%A5%E6%9C%AC%E8%AA%9E"},
		{"😀!", "%F0%9F%98%80!"},
		{"�", "%EF%BF%BD"},
		{"\t", "%09"},
		// A field value has no space at its ends.
		{" ", "%20"},
		{"  ", "%20%20"},
		{"   ", "%20 %20"},
		{" a b ", "%20a b%20"},
		{"ü ", "%C3%BC%20"},
	}
	for _, test := range tests {
		if got := EncodeMessage(test.text); got != test.field {
			t.Errorf("EncodeMessage(%q) = %q, want %q", test.text, got, test.field)
		}
		if got := DecodeMessage(test.field); got != test.text {
			t.Errorf("DecodeMessage(%q) = %q, want %q", test.field, got, test.text)
		}
	}
}

func TestEncodeMessageReplacesWhatIsNotUTF8(t *testing.T) {
	for text, want := range map[string]string{
		"a\xffb":       "a%EF%BF%BDb",
		"\xc3":         "%EF%BF%BD",
		"\xed\xa0\x80": "%EF%BF%BD%EF%BF%BD%EF%BF%BD", // a surrogate
	} {
		if got := EncodeMessage(text); got != want {
			t.Errorf("EncodeMessage(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestDecodeMessageNeverFails(t *testing.T) {
	for field, want := range map[string]string{
		"%":           "%",
		"%4":          "%4",
		"100%":        "100%",
		"%zz":         "%zz",
		"%4g":         "%4g",
		"%G4":         "%G4",
		"%%41":        "%A",
		"%25%34%31":   "%41", // decoded once
		"%c3%a4":      "ä",   // lower case digits
		"%C3":         "�",
		"%C3\xa4":     "ä", // half escaped, half raw
		"a\xff\xfe":   "a��",
		"%FF%41":      "�A",
		" as it is  ": " as it is  ",
	} {
		if got := DecodeMessage(field); got != want {
			t.Errorf("DecodeMessage(%q) = %q, want %q", field, got, want)
		}
	}
}

func TestEncodeMessageOfEveryByte(t *testing.T) {
	for c := range 0x80 {
		text := "a" + string(rune(c)) + "z"
		field := EncodeMessage(text)
		asItIs := c >= 0x20 && c <= 0x7e && c != '%'
		if asItIs != (field == text) || strings.ContainsAny(field, "\x00\r\n") {
			t.Errorf("EncodeMessage(%q) = %q", text, field)
		}
	}
}
