package curlew

import (
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A Code says how a call ended. The codes and their meanings are those of gRPC
// (github.com/grpc/grpc/blob/master/doc/statuscodes.md).
//
// A Code is an error, so that errors.Is(err, curlew.NotFound) asks for it, and
// a handler may return a bare one.
type Code uint32

const (
	// OK: the call succeeded. It is never the code of an error.
	OK Code = 0
	// Canceled: the caller gave the call up.
	Canceled Code = 1
	// Unknown: an error about which no more is known, such as a handler's error
	// that is not an *Error.
	Unknown Code = 2
	// InvalidArgument: the request is wrong whatever the state of the system.
	InvalidArgument Code = 3
	// DeadlineExceeded: the deadline passed before the call ended.
	DeadlineExceeded Code = 4
	// NotFound: something that was asked for does not exist.
	NotFound Code = 5
	// AlreadyExists: something that was to be created exists.
	AlreadyExists Code = 6
	// PermissionDenied: the caller is known and may not do this.
	PermissionDenied Code = 7
	// ResourceExhausted: a quota or a limit, such as that of a message's size, is
	// used up.
	ResourceExhausted Code = 8
	// FailedPrecondition: the system is not in the state that the call needs; it
	// must be changed before a retry.
	FailedPrecondition Code = 9
	// Aborted: the call lost a race and may be retried from the start of its
	// transaction.
	Aborted Code = 10
	// OutOfRange: something past the valid range, such as the end of a file.
	OutOfRange Code = 11
	// Unimplemented: the server does not know the method.
	Unimplemented Code = 12
	// Internal: an invariant is broken; also what a panic in a handler becomes.
	Internal Code = 13
	// Unavailable: the service cannot be reached now; a retry may succeed.
	Unavailable Code = 14
	// DataLoss: data is lost or corrupted for good.
	DataLoss Code = 15
	// Unauthenticated: the caller has no valid credentials.
	Unauthenticated Code = 16
)

// String returns the code's name as gRPC spells it, for instance "NOT_FOUND".
func (c Code) String() string { return wire.Code(c).String() }

// Error makes a Code a target of errors.Is.
func (c Code) Error() string { return c.String() }
