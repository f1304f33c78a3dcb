package grpc

import (
	"math"
	"strconv"
	"time"
)

// maxTimeoutValue is the largest TimeoutValue: 8 digits.
const maxTimeoutValue = 99999999

var timeoutUnits = [...]struct {
	size time.Duration
	name byte
}{
	{time.Nanosecond, 'n'},
	{time.Microsecond, 'u'},
	{time.Millisecond, 'm'},
	{time.Second, 'S'},
	{time.Minute, 'M'},
	{time.Hour, 'H'}, // the longest Duration is 2562048 hours: always fits
}

// AppendTimeout appends the value of a grpc-timeout field, in the smallest unit
// whose value fits the 8 digits allowed. It rounds up, so that no hop of a call
// shortens the deadline. A d of zero or less is "0n": no time left.
func AppendTimeout(dst []byte, d time.Duration) []byte {
	if d <= 0 {
		return append(dst, '0', 'n')
	}
	for _, unit := range timeoutUnits {
		n := int64(d / unit.size)
		if d%unit.size != 0 {
			n++
		}
		if n <= maxTimeoutValue {
			dst = strconv.AppendInt(dst, n, 10)
			return append(dst, unit.name)
		}
	}
	panic("unreachable: every Duration fits 8 digits of hours")
}

var (
	errTimeoutLength = &Error{Internal, "malformed grpc-timeout: want 1 to 8 digits and a unit"}
	errTimeoutUnit   = &Error{Internal, "malformed grpc-timeout: the unit is none of H M S m u n"}
	errTimeoutDigits = &Error{Internal, "malformed grpc-timeout: the value is not decimal digits"}
)

// ParseTimeout reads the value of a grpc-timeout field. A value beyond the
// longest Duration becomes that; zero is valid and means that no time is left.
// A malformed value is an [*Error] with Internal.
func ParseTimeout(s string) (time.Duration, error) {
	if len(s) < 2 || len(s) > 9 {
		return 0, errTimeoutLength
	}
	var unit time.Duration
	switch s[len(s)-1] {
	case 'n':
		unit = time.Nanosecond
	case 'u':
		unit = time.Microsecond
	case 'm':
		unit = time.Millisecond
	case 'S':
		unit = time.Second
	case 'M':
		unit = time.Minute
	case 'H':
		unit = time.Hour
	default:
		return 0, errTimeoutUnit
	}
	var n time.Duration
	for i := range len(s) - 1 {
		digit := s[i] - '0'
		if digit > 9 {
			return 0, errTimeoutDigits
		}
		n = n*10 + time.Duration(digit)
	}
	if n > math.MaxInt64/unit {
		return math.MaxInt64, nil
	}
	return n * unit, nil
}
