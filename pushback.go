package curlew

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// RetryAfter returns a copy of the error that asks clients which retry the call to
// do so after d and not before; a negative d asks them not to (gRFC A6, pushback). It
// does not make clients retry that would not.
func (e *Error) RetryAfter(d time.Duration) *Error {
	c := *e
	c.pushback = &d
	return &c
}

// appendPushback appends the trailer field that tells a client when to retry.
func appendPushback(trailer []transport.Field, err error) []transport.Field {
	var e *Error
	if !errors.As(err, &e) || e.pushback == nil {
		return trailer
	}
	ms := int64(-1)
	if d := *e.pushback; d >= 0 {
		ms = int64((d + time.Millisecond - 1) / time.Millisecond)
	}
	return append(slices.Clip(trailer), transport.Field{Name: "grpc-retry-pushback-ms", Value: strconv.FormatInt(ms, 10)})
}
