package webclient

import (
	"errors"
	"io"
	"sync"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// sendBuffer is how many bytes of a request wait for the RoundTripper before who sends
// them waits too. As many are kept at the beginning of a request, for a RoundTripper that
// has to begin again: it does so where a connection was not to be used any more.
const sendBuffer = 64 << 10

// A body is the content of a request that is sent piece by piece.
type body struct {
	mu     sync.Mutex
	buf    []byte      // what has been sent, from from on
	from   int         // offset of buf in the content
	reader *bodyReader // the latest
	ended  bool        // nothing more comes
	closed bool        // nobody reads any more
	final  bool        // the reader is the last

	readable chan struct{} // wakes the reader
	writable chan struct{} // wakes the sender
}

func newBody() *body {
	b := &body{readable: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
	b.reader = &bodyReader{body: b}
	return b
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
	for len(b.unreadLocked()) >= sendBuffer && !b.closed {
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

func (b *body) unreadLocked() []byte { return b.buf[b.reader.at-b.from:] }

// again returns the content from its beginning, for a second try at the request.
func (b *body) again() (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.from > 0 || b.closed || b.final {
		return nil, errors.New("the request's content is not kept")
	}
	b.reader.closed = true
	b.reader = &bodyReader{body: b}
	raise(b.readable) // for the one that is closed, and this one looks anyway
	return b.reader, nil
}

// settle says that there will be no second try: the server has answered.
func (b *body) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.final = true
	if b.reader.closed {
		b.closeLocked()
	}
}

// close ends it all.
func (b *body) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closeLocked()
}

func (b *body) closeLocked() {
	b.closed, b.reader.closed = true, true
	raise(b.readable)
	raise(b.writable)
}

// complete reports whether all content has been given.
func (b *body) complete() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended
}

// A bodyReader is what a RoundTripper reads of a body in one try.
type bodyReader struct {
	body   *body
	at     int // offset in the content
	closed bool
}

// Read implements io.Reader.
func (r *bodyReader) Read(p []byte) (int, error) {
	b := r.body
	b.mu.Lock()
	defer b.mu.Unlock()
	for !r.closed && len(b.unreadLocked()) == 0 && !b.ended {
		b.mu.Unlock()
		<-b.readable
		b.mu.Lock()
	}
	if r.closed {
		raise(b.readable) // it may have been meant for the next one
		return 0, errSendClosed
	}
	n := copy(p, b.unreadLocked())
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	r.at += n
	if b.from > 0 || b.final || r.at > sendBuffer {
		b.dropLocked()
	}
	raise(b.writable)
	return n, nil
}

// dropLocked forgets what has been read.
func (b *body) dropLocked() {
	rest := b.unreadLocked()
	b.from = b.reader.at
	if len(rest) == 0 && cap(b.buf) > 2*sendBuffer {
		b.buf = nil
		return
	}
	b.buf = b.buf[:copy(b.buf, rest)]
}

// Close implements io.Closer.
func (r *bodyReader) Close() error {
	b := r.body
	b.mu.Lock()
	defer b.mu.Unlock()
	r.closed = true
	raise(b.readable)
	if b.final && b.reader == r {
		b.closeLocked()
	}
	return nil
}
