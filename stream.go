package curlew

import (
	"io"
	"iter"
)

// A Sender sends the messages of a stream. It is what a server-streaming
// handler gets; a test can pass a [SenderFunc].
type Sender[T any] interface {
	// Send sends a message, which is not used after Send returns. It waits while
	// the receiver is slow. An error means that the call is over.
	Send(msg T) error
}

// A SenderFunc is a function as a Sender.
type SenderFunc[T any] func(T) error

// Send calls f.
func (f SenderFunc[T]) Send(msg T) error { return f(msg) }

// A Duplex is the server's side of a bidirectional call: it receives In and
// sends Out, in any order. One goroutine may send while another receives.
type Duplex[In, Out any] struct {
	stream Stream
	newIn  func() In
}

// NewDuplex returns a Duplex over any Stream, for tests of handlers and for
// interceptors. newIn makes a message to receive into.
func NewDuplex[In, Out any](s Stream, newIn func() In) *Duplex[In, Out] {
	return &Duplex[In, Out]{s, newIn}
}

// Send sends a message; see [Sender].
func (d *Duplex[In, Out]) Send(msg Out) error { return d.stream.Send(msg) }

// Recv receives the next message. It returns io.EOF when the peer sends no more.
func (d *Duplex[In, Out]) Recv() (In, error) {
	msg := d.newIn()
	if err := d.stream.Recv(msg); err != nil {
		var none In
		return none, err
	}
	return msg, nil
}

// All yields the messages received until the peer sends no more. An error is
// yielded last.
func (d *Duplex[In, Out]) All() iter.Seq2[In, error] {
	return func(yield func(In, error) bool) {
		for {
			msg, err := d.Recv()
			if err == io.EOF || !yield(msg, err) || err != nil {
				return
			}
		}
	}
}

// Values yields messages, as the input of a client-streaming call or of a
// handler under test.
func Values[T any](msgs ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, m := range msgs {
			if !yield(m, nil) {
				return
			}
		}
	}
}
