package transport

import (
	"errors"
	"io"

	"github.com/curlew-rpc/curlew/internal/h2"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A Status is how a call ended, as it crosses the wire. As an error it is one
// whose code is not OK.
type Status struct {
	Code    wire.Code
	Message string
	Details []wire.Detail
	// Remote: the peer sent it. Otherwise it was made here.
	Remote bool
	// Unprocessed: the peer has certainly not acted on the request.
	Unprocessed bool
	// Cause is why, for a status made here.
	Cause error
}

func (s *Status) Error() string { return s.Code.String() + ": " + s.Message }

func (s *Status) Unwrap() error { return s.Cause }

// NewStatus returns a status made here.
func NewStatus(code wire.Code, message string) *Status {
	return &Status{Code: code, Message: message}
}

// StatusOf turns an error of the layers below into a status. h2.ErrDone and
// io.EOF pass: what they mean is the caller's to know.
func StatusOf(err error) error {
	if err == nil || err == h2.ErrDone || err == io.EOF {
		return err
	}
	var (
		st *Status
		we *wire.Error
		se *h2.StreamError
	)
	switch {
	case errors.As(err, &st):
		return st
	case errors.As(err, &we):
		return &Status{Code: we.Code, Message: we.Message}
	case !errors.As(err, &se):
		return &Status{Code: wire.Internal, Message: err.Error(), Cause: err}
	}
	st = &Status{Message: se.Error(), Unprocessed: se.Unprocessed, Cause: se}
	switch {
	case se == h2.ErrReset:
		st.Code = wire.Canceled
	case se.Conn != nil, se.Unprocessed:
		st.Code = wire.Unavailable
	case se.Remote:
		st.Code = wire.CodeFromReset(uint32(se.Code))
	default:
		st.Code = wire.Internal
	}
	return st
}
