// Package exit gives errors the status with which the process ends.
package exit

import (
	"errors"
	"fmt"
)

const (
	// Failure is the status when what was asked for was tried and failed.
	Failure = 1
	// Usage is the status when the command line is wrong.
	Usage = 2
)

// Error is an error with a status. If Err is nil, there is nothing left to print.
type Error struct {
	Status int
	Err    error
}

// Error returns the text of Err.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Usagef returns an error whose status is Usage.
func Usagef(format string, args ...any) error {
	return &Error{Status: Usage, Err: fmt.Errorf(format, args...)}
}

// Silent returns an error that has been printed already.
func Silent(status int) error { return &Error{Status: status} }

// Status returns err's status: 0 for nil, and Failure for errors without one.
func Status(err error) int {
	var e *Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Status
	}
	return Failure
}

// IsSilent reports whether err has been printed already.
func IsSilent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Err == nil
}
