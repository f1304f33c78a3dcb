package jsonfield

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// String returns a string.
func (v Value) String(absent string) string {
	if v.Absent() {
		return absent
	}
	var s string
	if json.Unmarshal(v.raw, &s) != nil {
		v.Refuse("it must be a string")
		return absent
	}
	return s
}

// Bool returns true or false.
func (v Value) Bool(absent bool) bool {
	switch {
	case v.Absent():
		return absent
	case string(v.raw) == "true":
		return true
	case string(v.raw) == "false":
		return false
	}
	v.Refuse("it must be true or false")
	return absent
}

// Float returns a number.
func (v Value) Float(absent float64) float64 {
	if v.Absent() {
		return absent
	}
	f, err := strconv.ParseFloat(v.digits(), 64)
	if err != nil {
		v.Refuse("it must be a number")
		return absent
	}
	return f
}

// Int returns a whole number from least to most, where math.MaxInt is no bound: more
// than an int can be counts as that.
func (v Value) Int(absent, least, most int) int {
	if v.Absent() {
		return absent
	}
	n, ok := whole(v.digits())
	switch {
	case ok && n >= least && n <= most:
		return n
	case most == math.MaxInt && least == math.MinInt:
		v.Refuse("it must be a whole number")
	case most == math.MaxInt:
		v.Refuse("it must be a whole number of at least %d", least)
	default:
		v.Refuse("it must be a whole number from %d to %d", least, most)
	}
	return absent
}

// whole reads a number without a fraction: 3 may also be written 3.0 or 30e-1.
func whole(digits string) (n int, ok bool) {
	if n, err := strconv.Atoi(digits); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(digits, 64)
	switch {
	case err != nil || f != math.Trunc(f):
		return 0, false
	case f >= math.MaxInt:
		return math.MaxInt, true
	case f <= math.MinInt:
		return math.MinInt, true
	}
	return int(f), true
}

// digits is the text of a number, which may be in quotes; "" when the value is not one.
// What strconv would take beyond JSON's numbers, such as "Inf" and "0x10", is none.
func (v Value) digits() string {
	raw := v.raw
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		raw = json.RawMessage(s)
	}
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') || !json.Valid(raw) {
		return ""
	}
	return string(raw)
}

// maxSeconds is the greatest number of seconds of a google.protobuf.Duration.
const maxSeconds = 315_576_000_000

// Duration returns a time in the JSON form of google.protobuf.Duration: seconds with
// up to nine decimals and an "s". It may be negative. One that is longer than a
// time.Duration can be counts as the longest.
func (v Value) Duration(absent time.Duration) time.Duration {
	if v.Absent() {
		return absent
	}
	var s string
	if json.Unmarshal(v.raw, &s) == nil {
		if d, ok := parseDuration(s); ok {
			return d
		}
	}
	v.Refuse(`it must be a number of seconds with an s, such as "1.5s"`)
	return absent
}

// Positive returns a time of more than 0.
func (v Value) Positive(absent time.Duration) time.Duration {
	d := v.Duration(absent)
	if !v.Absent() && d <= 0 {
		v.Refuse("it must be positive")
	}
	return d
}

// NotNegative returns a time of 0 or more.
func (v Value) NotNegative(absent time.Duration) time.Duration {
	d := v.Duration(absent)
	if !v.Absent() && d < 0 {
		v.Refuse("it must not be negative")
	}
	return d
}

func parseDuration(s string) (time.Duration, bool) {
	s, unit := strings.CutSuffix(s, "s")
	s, negative := strings.CutPrefix(s, "-")
	seconds, fraction, _ := strings.Cut(s, ".")
	if !unit || seconds == "" && fraction == "" || len(fraction) > 9 {
		return 0, false
	}
	// Either may be left out, as in "1.s" and ".5s", which gRPC's parsers take.
	sec, err1 := strconv.ParseUint("0"+seconds, 10, 63)
	nsec, err2 := strconv.ParseUint("0"+(fraction + "000000000")[:9], 10, 63)
	if err1 != nil || err2 != nil || sec > maxSeconds {
		return 0, false
	}
	d := time.Duration(math.MaxInt64)
	if sec < math.MaxInt64/uint64(time.Second) {
		d = time.Duration(sec)*time.Second + time.Duration(nsec)
	}
	if negative {
		d = -d
	}
	return d, true
}
