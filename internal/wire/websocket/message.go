package websocket

import "unicode/utf8"

// maxEmpty bounds the fragments of a message that bring nothing: they cost the peer
// little and may come without end.
const maxEmpty = 1000

var (
	errNoMessage = &Error{ProtocolError, "continuation of no message"}
	errInMessage = &Error{ProtocolError, "message begins within another"}
	errInFrame   = &Error{ProtocolError, "frame begins within another"}
	errControl   = &Error{ProtocolError, "control frame is no part of a message"}
	errTooBig    = &Error{TooBig, "message is too big"}
	errEmpty     = &Error{PolicyViolated, "message has too many empty fragments"}
	errText      = &Error{InvalidPayload, "text is not UTF-8"}
)

// An Assembler makes messages of data frames (§5.4): for each frame it is given the
// header by Begin and the payload by Append, until Done. Control frames, which may come
// between, are not for it. It must be set up with a Limit; after an error it is of no more
// use.
type Assembler struct {
	Limit int // the most bytes of a message

	opcode Opcode // of the message, Continuation between messages
	data   []byte
	valid  int // bytes of data known to be UTF-8
	frame  Header
	left   uint64 // bytes of the frame that are still to come
	empty  int
	done   bool
}

// Begin begins a data frame. One that is out of order or makes the message longer than
// the limit is an [*Error].
func (a *Assembler) Begin(h Header) error {
	switch {
	case a.left > 0:
		return errInFrame
	case h.Opcode.Control():
		return errControl
	case a.done:
		a.Reset()
	}
	switch {
	case h.Opcode == Continuation && a.opcode == Continuation:
		return errNoMessage
	case h.Opcode != Continuation && a.opcode != Continuation:
		return errInMessage
	case h.Length > uint64(max(a.Limit-len(a.data), 0)):
		return errTooBig
	case h.Length == 0 && !h.Final:
		if a.empty++; a.empty > maxEmpty {
			return errEmpty
		}
	}
	if h.Opcode != Continuation {
		a.opcode = h.Opcode
	}
	a.frame, a.left = h, h.Length
	return a.check()
}

// Append takes the next piece of the frame's payload, as sent, and returns what follows
// the frame in b. Text that is not UTF-8 is an [*Error] with InvalidPayload as soon as
// that is seen (§8.1).
func (a *Assembler) Append(b []byte) (rest []byte, err error) {
	n := int(min(a.left, uint64(len(b))))
	if n == 0 {
		return b, nil
	}
	start := len(a.data)
	a.data = append(a.data, b[:n]...)
	if a.frame.Masked {
		Mask(a.data[start:], a.frame.Key, a.frame.Length-a.left)
	}
	a.left -= uint64(n)
	return b[n:], a.check()
}

// check is what is to be done after each piece.
func (a *Assembler) check() error {
	a.done = a.frame.Final && a.left == 0
	if a.opcode != Text {
		return nil
	}
	fresh := a.data[a.valid:]
	if !a.done {
		fresh = fresh[:len(fresh)-partial(fresh)]
	}
	if !utf8.Valid(fresh) {
		return errText
	}
	a.valid += len(fresh)
	return nil
}

// partial returns how many bytes at the end of b begin a character that the bytes to
// come may complete.
func partial(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if end := b[len(b)-n:]; utf8.RuneStart(end[0]) {
			if utf8.FullRune(end) {
				return 0
			}
			return n
		}
	}
	return 0
}

// Left returns how many bytes of the frame are still to come.
func (a *Assembler) Left() uint64 { return a.left }

// Done reports whether the message is complete.
func (a *Assembler) Done() bool { return a.done }

// Message returns the message that is complete, and whether it is Text or Binary. It is
// valid until the next Begin or Reset.
func (a *Assembler) Message() (Opcode, []byte) { return a.opcode, a.data }

// Reset drops the message. The buffer is kept for the next one.
func (a *Assembler) Reset() {
	*a = Assembler{Limit: a.Limit, data: a.data[:0]}
}
