package webclient

import (
	"context"
	"errors"
	"net"
	"strconv"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A streamError is what net/http's HTTP/2 says of a stream that was reset: its own error
// has no name, but errors.As fills in a struct of the same fields.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string {
	return "stream reset with HTTP/2 error code " + strconv.Itoa(int(e.Code))
}

// roundTripError returns the status of a request that a RoundTripper has not brought
// to its end.
func roundTripError(err error) error {
	var (
		st *transport.Status
		ce *curlew.Error
		se streamError
		op *net.OpError
	)
	switch {
	case errors.As(err, &st):
		return st
	case errors.As(err, &ce):
		return &transport.Status{Code: wire.Code(ce.Code()), Message: ce.Message(), Cause: err}
	case errors.As(err, &se):
		code := wire.CodeFromReset(se.Code)
		const refused = 7 // RFC 9113 §7
		return &transport.Status{Code: code, Message: "the request was broken off: " + err.Error(), Unprocessed: se.Code == refused, Cause: err}
	case errors.Is(err, context.Canceled): // by Cancel, which says so first, or by Close
		return &transport.Status{Code: wire.Unavailable, Message: "the client has been closed", Cause: err}
	case errors.As(err, &op) && op.Op == "dial":
		return &transport.Status{Code: wire.Unavailable, Message: "cannot connect: " + err.Error(), Unprocessed: true, Cause: err}
	}
	return &transport.Status{Code: wire.Unavailable, Message: "the request has failed: " + err.Error(), Cause: err}
}
