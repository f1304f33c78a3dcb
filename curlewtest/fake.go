package curlewtest

import (
	"io"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/codec"
)

// A Sender is what a test gives to a server-streaming handler, to see what it
// sends. The zero value is ready. It is for one goroutine at a time.
type Sender[T codec.Message] struct {
	// Messages are copies of the messages sent.
	Messages []T
	// Err is what Send returns when it is not nil and Limit messages have been
	// sent, as for a client that has gone.
	Err   error
	Limit int
}

// Send implements curlew.Sender.
func (s *Sender[T]) Send(msg T) error {
	if s.Err != nil && len(s.Messages) >= s.Limit {
		return s.Err
	}
	s.Messages = append(s.Messages, proto.Clone(msg).(T))
	return nil
}

// A Bidi is the client's side of a bidirectional call, to test a handler with: its
// messages are there from the beginning, and what the handler sends is collected.
//
//	chat := curlewtest.Bidi[*pb.Question, *pb.Answer]{Requests: questions}
//	err := handler.Chat(ctx, chat.Duplex())
//	// chat.Messages are the answers.
//
// A test of questions that depend on answers makes a call: see NewServer.
type Bidi[In, Out codec.Message] struct {
	// Requests are what the handler receives.
	Requests []In
	// Broken is what it receives after them instead of the end.
	Broken error
	// Sender collects what the handler sends.
	Sender[Out]
}

// Duplex returns what the handler is given. Each begins with the first request.
func (b *Bidi[In, Out]) Duplex() *curlew.Duplex[In, Out] {
	return curlew.NewDuplex[In, Out](&bidiStream[In, Out]{script: b}, func() In {
		var none In
		return none.ProtoReflect().New().Interface().(In)
	})
}

// A bidiStream is a Bidi as the handler's stream.
type bidiStream[In, Out codec.Message] struct {
	script *Bidi[In, Out]
	next   int
}

func (s *bidiStream[In, Out]) Recv(msg any) error {
	switch {
	case s.next < len(s.script.Requests):
		m := msg.(proto.Message)
		proto.Reset(m)
		proto.Merge(m, s.script.Requests[s.next])
		s.next++
		return nil
	case s.script.Broken != nil:
		return s.script.Broken
	}
	return io.EOF
}

func (s *bidiStream[In, Out]) Send(msg any) error { return s.script.Send(msg.(Out)) }

func (s *bidiStream[In, Out]) CloseSend() error { return nil }
