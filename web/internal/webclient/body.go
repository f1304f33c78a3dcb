package webclient

import (
	"errors"
	"io"
	"sync"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// sendBuffer is how many bytes of a request wait for the RoundTripper before who
// sends them waits too.
const sendBuffer = 64 << 10

// A body is the content of a request that is sent piece by piece. The RoundTripper
// reads it.
type body struct {
	mu     sync.Mutex
	buf    []byte // not read yet
	ended  bool   // nothing more comes
	closed bool   // nobody reads any more

	readable chan struct{} // wakes the reader
	writable chan struct{} // wakes the sender
}

func newBody() *body {
	return &body{readable: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
}

// raise wakes who waits for c, now or when it comes to wait.
func raise(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

var errSendClosed = errors.New("the request has ended")

// send adds content, and waits while there is too much of it.
func (b *body) send(out transport.Outgoing, done <-chan struct{}) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.buf) >= sendBuffer && !b.closed {
		b.mu.Unlock()
		select {
		case <-b.writable:
		case <-done:
			b.mu.Lock()
			return transport.ErrDone
		}
		b.mu.Lock()
	}
	if b.closed || b.ended {
		return errSendClosed
	}
	b.buf = append(b.buf, out.Data...)
	for _, p := range out.More {
		b.buf = append(b.buf, p...)
	}
	b.ended = out.End
	raise(b.readable)
	return nil
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.buf) == 0 && !b.ended && !b.closed {
		b.mu.Unlock()
		<-b.readable
		b.mu.Lock()
	}
	switch {
	case b.closed:
		return 0, errSendClosed
	case len(b.buf) == 0:
		return 0, io.EOF
	}
	n := copy(p, b.buf)
	b.buf = b.buf[:copy(b.buf, b.buf[n:])]
	if len(b.buf) == 0 && cap(b.buf) > sendBuffer {
		b.buf = nil
	}
	raise(b.writable)
	return n, nil
}

// Close implements io.Closer: nobody reads any more.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.buf = nil
	raise(b.readable)
	raise(b.writable)
	return nil
}

// complete reports whether all content has been given.
func (b *body) complete() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended
}
