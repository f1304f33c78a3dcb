package websocket

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClose(t *testing.T) {
	tests := []struct {
		payload string
		code    CloseCode
		reason  string
	}{
		{"", NoStatus, ""},
		{"\x03\xe8", Normal, ""},
		{"\x03\xe8bye", Normal, "bye"},
		{"\x03\xf3käse", InternalError, "käse"},
		{"\x0f\xa0", 4000, ""},
		{"\x13\x87x", 4999, "x"},
	}
	for _, test := range tests {
		code, reason, err := ParseClose([]byte(test.payload))
		if code != test.code || reason != test.reason || err != nil {
			t.Errorf("ParseClose(%q) = %d, %q, %v", test.payload, code, reason, err)
		}
		if got := string(AppendClose([]byte("> "), test.code, test.reason)); got != "> "+test.payload {
			t.Errorf("AppendClose(%d, %q) = %q", test.code, test.reason, got)
		}
	}
}

func TestParseCloseRefuses(t *testing.T) {
	_, _, err := ParseClose([]byte{3})
	wantError(t, "half a code", err, ProtocolError)
	for _, reason := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"} {
		_, _, err := ParseClose([]byte("\x03\xe8" + reason))
		wantError(t, reason, err, InvalidPayload)
	}
}

func TestCloseCodes(t *testing.T) {
	for c := range CloseCode(6000) {
		want := c >= 1000 && c <= 1014 && c != 1004 && c != NoStatus && c != Abnormal || c >= 3000 && c < 5000
		if c.Sendable() != want {
			t.Errorf("%d: Sendable is %v", c, c.Sendable())
		}
		_, _, err := ParseClose([]byte{byte(c >> 8), byte(c)})
		if want && err != nil {
			t.Errorf("%d: %v", c, err)
		} else if !want {
			wantError(t, "code", err, ProtocolError)
			if got := AppendClose(nil, c, "reason"); len(got) != 0 {
				t.Errorf("AppendClose(%d) = %q", c, got)
			}
		}
	}
}

func TestAppendCloseCutsReasons(t *testing.T) {
	for _, reason := range []string{strings.Repeat("a", 200), strings.Repeat("a", 122) + "ä", strings.Repeat("😀", 40), strings.Repeat("\xff", 100)} {
		payload := AppendClose(nil, Normal, reason)
		_, got, err := ParseClose(payload)
		if err != nil || len(payload) > 125 || len(payload) < 122 || !strings.HasPrefix(string([]rune(reason)), got) || !utf8.ValidString(got) {
			t.Errorf("AppendClose(%q) = %q, %v", reason, payload, err)
		}
	}
}

func TestErrorText(t *testing.T) {
	if got := errText.Error(); got != "websocket: text is not UTF-8 (1007)" {
		t.Errorf("Error = %q", got)
	}
	if got := errKey.Error(); got != "websocket: sec-websocket-key is not 16 bytes in base64" {
		t.Errorf("Error = %q", got)
	}
}
