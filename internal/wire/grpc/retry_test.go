package grpc

import (
	"math"
	"testing"
	"time"
)

func TestPushback(t *testing.T) {
	tests := []struct {
		s     string
		wait  time.Duration
		retry bool
	}{
		{"0", 0, true},
		{"1", time.Millisecond, true},
		{"0250", 250 * time.Millisecond, true},
		{"2147483648", 2147483648 * time.Millisecond, true},
		{"9223372036854", 9223372036854 * time.Millisecond, true},
		{"9223372036855", math.MaxInt64, true},
		{"999999999999999999", math.MaxInt64, true},
		{"9999999999999999999", 0, false},
		{"-1", 0, false},
		{"-0", 0, false},
		{"", 0, false},
		{"+1", 0, false},
		{" 1", 0, false},
		{"1ms", 0, false},
		{"1.5", 0, false},
		{"soon", 0, false},
	}
	for _, test := range tests {
		wait, retry := ParsePushback(test.s)
		if wait != test.wait || retry != test.retry {
			t.Errorf("ParsePushback(%q) = %v, %v", test.s, wait, retry)
		}
	}
}

func TestAppendPushback(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "-1", math.MinInt64: "-1", 0: "0", 1: "1", time.Millisecond: "1", time.Millisecond + 1: "2",
		time.Minute: "60000", math.MaxInt64: "9223372036855",
	} {
		if got := string(AppendPushback([]byte("p"), d)); got != "p"+want {
			t.Errorf("AppendPushback(%d) = %q, want %q", d, got, want)
		}
		wait, retry := ParsePushback(want)
		if retry != (d >= 0) || retry && wait < d {
			t.Errorf("%d comes back as %d, %v", d, wait, retry)
		}
	}
}

func TestAttempts(t *testing.T) {
	for s, want := range map[string]int{
		"1": 1, "4": 4, "0": 0, "": 0, "-1": 0, "x": 0, "2147483647": math.MaxInt32, "2147483648": 0,
		"99999999999999999999": 0,
	} {
		if got := ParseAttempts(s); got != want {
			t.Errorf("ParseAttempts(%q) = %d, want %d", s, got, want)
		}
	}
	if got := string(AppendAttempts([]byte("n"), 3)); got != "n3" {
		t.Errorf("AppendAttempts = %q", got)
	}
}
