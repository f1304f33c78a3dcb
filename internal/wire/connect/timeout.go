package connect

import (
	"strconv"
	"time"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// maxTimeout is the largest value of a connect-timeout-ms field, 10 digits of
// milliseconds: some 115 days.
const maxTimeout = 9999999999

// AppendTimeout appends the value of a connect-timeout-ms field: milliseconds,
// rounded up so that no hop of a call shortens the deadline. Zero or less is "0": no
// time left. What is beyond 10 digits is the most that they hold.
func AppendTimeout(dst []byte, d time.Duration) []byte {
	ms := int64(0)
	if d > 0 {
		ms = int64((d-1)/time.Millisecond) + 1
	}
	return strconv.AppendInt(dst, min(ms, maxTimeout), 10)
}

var errTimeout = &grpc.Error{Code: grpc.InvalidArgument, Message: "malformed connect-timeout-ms: want 1 to 10 digits"}

// ParseTimeout reads the value of a connect-timeout-ms field. Zero is valid and means
// that no time is left. A malformed value is a [*grpc.Error] with InvalidArgument.
func ParseTimeout(s string) (time.Duration, error) {
	if s == "" || len(s) > 10 {
		return 0, errTimeout
	}
	var ms time.Duration
	for i := range len(s) {
		digit := s[i] - '0'
		if digit > 9 {
			return 0, errTimeout
		}
		ms = ms*10 + time.Duration(digit)
	}
	return ms * time.Millisecond, nil
}
