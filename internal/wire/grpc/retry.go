package grpc

import (
	"math"
	"strconv"
	"time"
)

// AppendPushback appends the value of a grpc-retry-pushback-ms trailer: the time
// that the client has to wait before it retries, in whole milliseconds rounded
// up. A negative d tells it not to retry.
func AppendPushback(dst []byte, d time.Duration) []byte {
	if d < 0 {
		return append(dst, '-', '1')
	}
	ms := int64(d / time.Millisecond)
	if d%time.Millisecond != 0 {
		ms++
	}
	return strconv.AppendInt(dst, ms, 10)
}

// ParsePushback reads the value of a grpc-retry-pushback-ms trailer. retry is
// false if the server forbids a retry: by a negative number or by anything that is
// no number (A6 "Pushback"). Times beyond the longest Duration become that.
func ParsePushback(s string) (wait time.Duration, retry bool) {
	n, ok := parseDecimal(s)
	if !ok {
		return 0, false
	}
	if n > math.MaxInt64/int64(time.Millisecond) {
		return math.MaxInt64, true
	}
	return time.Duration(n) * time.Millisecond, true
}

// AppendAttempts appends the value of a grpc-previous-rpc-attempts header, n of at
// least 1: how many attempts went before this one.
func AppendAttempts(dst []byte, n int) []byte {
	return strconv.AppendInt(dst, int64(n), 10)
}

// ParseAttempts reads the value of a grpc-previous-rpc-attempts header. What is no
// number counts as no attempt.
func ParseAttempts(s string) int {
	n, ok := parseDecimal(s)
	if !ok || n > math.MaxInt32 {
		return 0
	}
	return int(n)
}

// parseDecimal reads 1 to 18 digits, which always fit an int64; no sign, no blank.
func parseDecimal(s string) (n int64, ok bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		digit := s[i] - '0'
		if digit > 9 {
			return 0, false
		}
		n = n*10 + int64(digit)
	}
	return n, true
}
