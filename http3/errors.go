package http3

import (
	"context"
	"errors"
	"net/http"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

var errClosed error = &transport.Status{Code: wire.Unavailable, Message: "the client has been closed", Unprocessed: true}

// dialError returns the status of a request for which there is no connection.
func dialError(req *http.Request, err error) error {
	var st *transport.Status
	switch {
	case errors.As(err, &st):
		return st
	case req.Context().Err() != nil:
		return req.Context().Err()
	}
	return &transport.Status{Code: wire.Unavailable, Message: "cannot connect by HTTP/3: " + err.Error(), Unprocessed: true, Cause: err}
}

// requestError returns the status of a request to which there was no response.
func requestError(req *http.Request, err error) error {
	if e := req.Context().Err(); e != nil {
		return e
	}
	return statusOf(err)
}

// statusOf returns what an error of HTTP/3 means for a call (gRFC G2).
func statusOf(err error) error {
	var (
		h3     *http3.Error
		stream *quic.StreamError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case !errors.As(err, &h3):
		return &transport.Status{Code: wire.Unavailable, Message: "the connection has failed: " + err.Error(), Cause: err}
	}
	st := &transport.Status{Code: codeOf(h3.ErrorCode), Cause: err, Remote: h3.Remote}
	if errors.As(err, &stream) {
		st.Message = "the request was broken off: " + err.Error()
		st.Unprocessed = h3.ErrorCode == http3.ErrCodeRequestRejected
		return st
	}
	st.Message = "the connection was closed: " + err.Error()
	if h3.ErrorCode == http3.ErrCodeNoError {
		st.Code = wire.Unavailable
	}
	return st
}

// codeOf returns the code that stands for one of HTTP/3 (gRFC G2).
func codeOf(e http3.ErrCode) wire.Code {
	switch e {
	case http3.ErrCodeRequestRejected:
		return wire.Unavailable
	case http3.ErrCodeRequestCanceled:
		return wire.Canceled
	case http3.ErrCodeExcessiveLoad:
		return wire.ResourceExhausted
	}
	return wire.Internal
}
