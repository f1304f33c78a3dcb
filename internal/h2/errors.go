package h2

import (
	"errors"
	"fmt"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A ConnError is why a connection ended, or is about to.
type ConnError struct {
	Code   frame.ErrCode
	Reason string
	Remote bool  // the peer said so, by GOAWAY
	Cause  error // what the socket said, if that is why
}

func (e *ConnError) Error() string {
	switch {
	case e.Cause != nil && e.Reason != "":
		return e.Reason + ": " + e.Cause.Error()
	case e.Cause != nil:
		return e.Cause.Error()
	case e.Remote:
		return fmt.Sprintf("peer closed the connection with %v: %s", e.Code, e.Reason)
	}
	return fmt.Sprintf("%v: %s", e.Code, e.Reason)
}

func (e *ConnError) Unwrap() error { return e.Cause }

// A StreamError is why a stream ended otherwise than by END_STREAM of both sides.
type StreamError struct {
	Code   frame.ErrCode
	Reason string
	Remote bool // the peer sent RST_STREAM
	// Unprocessed: the peer has certainly not acted on the stream, so that the
	// request may be sent again elsewhere (RFC 9113 §8.7).
	Unprocessed bool
	// Conn is set when the stream ended because its connection did.
	Conn *ConnError
}

func (e *StreamError) Error() string {
	switch {
	case e.Conn != nil:
		return e.Conn.Error()
	case e.Remote:
		return fmt.Sprintf("stream reset by peer with %v", e.Code)
	case e.Reason != "":
		return e.Reason
	}
	return fmt.Sprintf("stream reset with %v", e.Code)
}

func (e *StreamError) Unwrap() error {
	if e.Conn != nil {
		return e.Conn
	}
	return nil
}

var (
	// ErrDone is returned by a wait whose done channel was closed.
	ErrDone = errors.New("h2: the wait was given up")
	// ErrSendClosed is returned for sending on a stream whose sending side has ended.
	ErrSendClosed = errors.New("h2: the sending side of the stream has ended")
	// ErrReset ends a stream that Reset was called for, or whose owner has left it.
	ErrReset = &StreamError{Code: frame.CodeCancel, Reason: "stream reset"}
	// errNeverSent: the connection took no more streams before this one was opened.
	errNeverSent = &StreamError{Code: frame.CodeRefusedStream, Unprocessed: true, Reason: "the connection accepts no further streams"}
	errAnswered  = &StreamError{Code: frame.CodeNo, Reason: "the response is complete"}
)

func connError(code frame.ErrCode, reason string) *ConnError {
	return &ConnError{Code: code, Reason: reason}
}

// A violation is a breach of the protocol by the peer that ends one stream.
type violation struct {
	id     uint32
	code   frame.ErrCode
	reason string
}

func (v *violation) Error() string {
	return fmt.Sprintf("stream %d: %v: %s", v.id, v.code, v.reason)
}
