package grpc

import (
	"math"
	"testing"
	"time"
)

func TestAppendTimeout(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{math.MinInt64, "0n"},
		{-1, "0n"},
		{0, "0n"},
		{1, "1n"},
		{99999999, "99999999n"},
		{100000000, "100000u"},
		{100000001, "100001u"}, // rounds up
		{99999999 * time.Microsecond, "99999999u"},
		{99999999*time.Microsecond - 1, "99999999u"},
		{99999999*time.Microsecond + 1, "100000m"}, // would round up to 9 digits
		{100 * time.Second, "100000m"},
		{99999999 * time.Millisecond, "99999999m"},
		{99999999*time.Millisecond + 1, "100000S"},
		{99999999 * time.Second, "99999999S"},
		{99999999*time.Second + 1, "1666667M"},
		{99999999 * time.Minute, "99999999M"},
		{99999999*time.Minute + 1, "1666667H"},
		{math.MaxInt64, "2562048H"},
	}
	for _, test := range tests {
		if got := string(AppendTimeout([]byte("t="), test.d)); got != "t="+test.want {
			t.Errorf("AppendTimeout(%d) = %q, want %q", test.d, got, test.want)
		}
	}
}

func TestParseTimeout(t *testing.T) {
	tests := []struct {
		s    string
		want time.Duration
	}{
		{"0n", 0},
		{"0H", 0},
		{"00000000S", 0},
		{"1n", 1},
		{"1u", time.Microsecond},
		{"1m", time.Millisecond},
		{"1S", time.Second},
		{"1M", time.Minute},
		{"1H", time.Hour},
		{"007S", 7 * time.Second},
		{"99999999n", 99999999},
		{"99999999S", 99999999 * time.Second},
		{"99999999M", 99999999 * time.Minute},
		{"2562047H", 2562047 * time.Hour},
		{"2562048H", math.MaxInt64}, // overflows
		{"99999999H", math.MaxInt64},
	}
	for _, test := range tests {
		got, err := ParseTimeout(test.s)
		if err != nil || got != test.want {
			t.Errorf("ParseTimeout(%q) = %d, %v, want %d", test.s, got, err, test.want)
		}
	}
}

func TestParseTimeoutRefuses(t *testing.T) {
	for _, s := range []string{"", "S", "1", "10", "-1S", "+1S", " 1S", "1S ", "1 S", "1s", "1h", "1.5S", "0x1S",
		"123456789S", "1SS", "1µ", "/S", ":S", "1\x00", "١S"} {
		d, err := ParseTimeout(s)
		if d != 0 {
			t.Errorf("ParseTimeout(%q) = %d beside its error", s, d)
		}
		wantError(t, "ParseTimeout "+s, err, Internal)
	}
}
