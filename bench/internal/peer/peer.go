// Package peer holds what the Go programs of the bench have in common: their command lines, the messages they send, and
// the measurement. A stack's programs add the stack and nothing else.
package peer

import (
	"fmt"
	"os"
)

// Check ends the process if err is not nil.
func Check(err error) {
	if err != nil {
		Fail(err.Error())
	}
}

// Fail says what went wrong and ends the process: a bench that goes on after a failed call measures nothing.
func Fail(what string) {
	fmt.Fprintln(os.Stderr, what)
	os.Exit(1)
}
