package grpc

import "strconv"

// An Error is a refusal by one of this package's rules, with the status that the
// call ends with. The rules return it as a pointer; it must not be modified,
// because refusals without details are shared.
type Error struct {
	Code    Code
	Message string
}

// Error returns the code's name and the message.
func (e *Error) Error() string {
	return e.Code.String() + ": " + e.Message
}

// maxQuoted bounds how much of a peer's text an error message repeats.
const maxQuoted = 64

// Quote renders untrusted text for an error message: printable and short.
func Quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.QuoteToASCII(s[:maxQuoted]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
