package curlew

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// An Error is how a call failed. A handler returns one to say what its client
// is told; a client gets one from every call that fails.
//
// An Error does not change once made: With and Because return another.
type Error struct {
	code    Code
	message string
	details []wire.Detail
	cause   error
	remote  bool
	why     *Explanation // of a client's call; nil: none

	pushback *time.Duration // see RetryAfter
}

// Errorf returns an error with a code and a message, both of which are sent to
// the client. The message is formatted as by fmt.Sprintf; to keep an error for
// errors.Is without sending it, see [Error.Because].
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{code: code, message: fmt.Sprintf(format, args...)}
}

// Code returns the error's code.
func (e *Error) Code() Code { return e.code }

// Message returns the error's message.
func (e *Error) Message() string { return e.message }

// Remote reports whether the other side sent the error, rather than this one
// finding it.
func (e *Error) Remote() bool { return e.remote }

// Error returns the code, the message and the cause.
func (e *Error) Error() string {
	s := e.code.String()
	if e.message != "" {
		s += ": " + e.message
	}
	if e.cause != nil && !e.remote {
		if c := e.cause.Error(); !strings.Contains(e.message, c) {
			s += ": " + c
		}
	}
	if e.why != nil {
		if why := e.why.short(); why != "" {
			s += " (" + why + ")"
		}
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the error's code, or the context error that
// means the same: context.Canceled for Canceled, context.DeadlineExceeded for
// DeadlineExceeded.
func (e *Error) Is(target error) bool {
	switch target {
	case context.Canceled:
		return e.code == Canceled
	case context.DeadlineExceeded:
		return e.code == DeadlineExceeded
	}
	c, ok := target.(Code)
	return ok && c == e.code
}

// Because returns a copy of the error with a cause, which errors.Is and
// errors.As see in this process and which is never sent.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// With returns a copy of the error with typed details added, which are sent:
// protobuf messages such as those of google.rpc's error_details.proto. A detail
// that cannot be encoded makes the error Internal and says so.
func (e *Error) With(details ...codec.Message) *Error {
	c := *e
	c.details = slices.Clip(c.details)
	for _, d := range details {
		url, value, err := codec.PackDetail(d)
		if err != nil {
			return Errorf(Internal, "an error's details cannot be encoded").Because(errors.Join(err, e))
		}
		c.details = append(c.details, wire.Detail{TypeURL: url, Value: value})
	}
	return &c
}

// Details yields the details of type T that err carries, a pointer to a
// generated message:
//
//	for v := range curlew.Details[*errdetails.BadRequest](err) { ... }
func Details[T codec.Message](err error) iter.Seq[T] {
	return func(yield func(T) bool) {
		var e *Error
		if !errors.As(err, &e) {
			return
		}
		for _, d := range e.details {
			msg, ok := reflect.New(reflect.TypeFor[T]().Elem()).Interface().(T)
			if ok && codec.UnpackDetail(d.TypeURL, d.Value, msg) && !yield(msg) {
				return
			}
		}
	}
}

// RawDetails yields the type URL and the encoded bytes of every detail of err,
// for those who have no generated code for them. The bytes must not be changed.
func RawDetails(err error) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		var e *Error
		if !errors.As(err, &e) {
			return
		}
		for _, d := range e.details {
			if !yield(d.TypeURL, d.Value) {
				return
			}
		}
	}
}

// CodeOf returns the code of err: OK for nil, that of an *Error or a Code in
// its tree, Canceled or DeadlineExceeded for the errors of contexts, otherwise
// Unknown.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	if e, ok := err.(*Error); ok { // mostly; errors.As takes its time
		return e.code
	}
	var (
		e *Error
		c Code
	)
	switch {
	case errors.As(err, &e):
		return e.code
	case errors.As(err, &c) && c != OK:
		return c
	case errors.Is(err, context.DeadlineExceeded):
		return DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return Canceled
	}
	return Unknown
}

// statusOf returns what is sent for a handler's error: nil for nil, nothing of
// the text of an error that was not made to be sent.
func statusOf(err error) *transport.Status {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) && e.code != OK {
		if e.why != nil && !e.remote {
			// A call that the handler made, and that this process ended: the text names
			// the addresses of others.
			return &transport.Status{Code: wire.Code(e.code), Message: "a call to another service failed"}
		}
		return &transport.Status{Code: wire.Code(e.code), Message: e.message, Details: e.details}
	}
	code := CodeOf(err)
	if code == OK {
		// An error that calls itself OK is a bug, not a success.
		code = Unknown
	}
	return &transport.Status{Code: wire.Code(code), Message: plainText[code]}
}

// plainText is what is sent for errors without a message of their own.
var plainText = map[Code]string{
	Unknown:          "the handler failed",
	Canceled:         "the call was canceled",
	DeadlineExceeded: "the deadline has passed",
}

// errorOf returns the error that users see for one of the layers below.
func errorOf(err error) error {
	if err == nil {
		return nil
	}
	var st *transport.Status
	if !errors.As(err, &st) {
		return err
	}
	return &Error{code: Code(st.Code), message: st.Message, details: st.Details, cause: st.Cause, remote: st.Remote}
}

// contextError returns the error of a call whose context has ended.
func contextError(ctx context.Context) *Error {
	err := ctx.Err()
	code := Canceled
	text := "the call was canceled"
	if errors.Is(err, context.DeadlineExceeded) {
		code, text = DeadlineExceeded, "the deadline has passed"
	}
	if cause := context.Cause(ctx); cause != nil && cause != err {
		err = cause
	}
	return Errorf(code, "%s", text).Because(err)
}
