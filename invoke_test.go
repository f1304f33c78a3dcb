package curlew

import (
	"context"
	"io"
	"testing"
)

type endedStream struct {
	Stream
	err error
}

func (s endedStream) Recv(any) error { return s.err }

// What a call's receiver has seen of its end is what its interceptors see, though
// it is closed, and its context done, before they come to run.
func TestReceivedEndGoesFirst(t *testing.T) {
	broken := Errorf(Unavailable, "broken")
	for end, want := range map[error]error{io.EOF: nil, broken: broken} {
		for range 100 { // select chooses at random
			w := &watchedStream{Stream: endedStream{err: end}, ended: make(chan struct{})}
			w.Recv(nil)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			stop := make(chan struct{})
			close(stop)
			if err := w.wait(ctx, stop); err != want {
				t.Fatalf("%v after %v", err, end)
			}
		}
	}
}
