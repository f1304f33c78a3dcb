package connect

import (
	"math"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestAppendTimeout(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{math.MinInt64, "0"},
		{-1, "0"},
		{0, "0"},
		{1, "1"},
		{time.Millisecond, "1"},
		{time.Millisecond + 1, "2"}, // rounds up
		{time.Hour, "3600000"},
		{9999999999 * time.Millisecond, "9999999999"},
		{9999999999*time.Millisecond + 1, "9999999999"},
		{math.MaxInt64, "9999999999"},
	}
	for _, test := range tests {
		if got := string(AppendTimeout([]byte("t="), test.d)); got != "t="+test.want {
			t.Errorf("AppendTimeout(%d) = %q, want %q", test.d, got, test.want)
		}
	}
}

func TestParseTimeout(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0": 0, "0000000000": 0, "1": time.Millisecond, "0000000007": 7 * time.Millisecond, "9999999999": 9999999999 * time.Millisecond,
	} {
		if d, err := ParseTimeout(s); d != want || err != nil {
			t.Errorf("ParseTimeout(%q) = %v, %v", s, d, err)
		}
	}
	for _, s := range []string{"", "-1", "+1", " 1", "1 ", "1m", "1.5", "1e3", "00000000001", "10000000000", "/", ":", "\x001", "١"} {
		d, err := ParseTimeout(s)
		if d != 0 {
			t.Errorf("ParseTimeout(%q) = %v beside its error", s, d)
		}
		wantError(t, "ParseTimeout "+s, err, grpc.InvalidArgument)
	}
}
