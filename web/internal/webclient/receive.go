package webclient

import (
	"io"
	"math"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// What follows is the receiver's side of a roundTrip.

// wait waits until met, of which the lock is held, or the end of the response, or done.
func (r *roundTrip) wait(done <-chan struct{}, met func() bool) error {
	for !met() && !r.eof && r.err == nil {
		refused := r.header == nil && r.refusedLocked()
		r.mu.Unlock()
		if refused {
			select {
			case <-done:
				r.mu.Lock()
				return transport.ErrDone
			default:
				r.mu.Lock()
				return errHalfDuplex
			}
		}
		select {
		case <-r.arrived:
			r.mu.Lock()
		case <-done:
			r.mu.Lock()
			return transport.ErrDone
		}
	}
	if r.eof {
		return nil
	}
	return r.err
}

// refusedLocked reports whether nothing can be received, because there will be no
// response before the request is complete.
func (r *roundTrip) refusedLocked() bool {
	return r.duplex && r.http1 && r.body != nil && !r.body.complete()
}

var errHalfDuplex = transport.NewStatus(wire.Unimplemented,
	"HTTP/1.1 carries no response before the request is complete: call CloseSend before Recv, or use HTTP/2")

// Header implements transport.ClientCarrier.
func (r *roundTrip) Header(done <-chan struct{}) (*transport.Message, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.wait(done, func() bool { return r.header != nil })
	if r.header != nil {
		return r.header, nil
	}
	return nil, err
}

// Await implements transport.ClientCarrier.
func (r *roundTrip) Await(limit int, done <-chan struct{}) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.wantLocked(0)
	if limit < math.MaxInt {
		limit++
	}
	r.wantLocked(limit)
	return r.wait(done, func() bool { return len(r.in)-r.off >= limit })
}

// wantLocked says for how many bytes the receiver waits.
func (r *roundTrip) wantLocked(n int) {
	r.want = n
	raise(r.drained)
}

// Peek implements transport.ClientCarrier.
func (r *roundTrip) Peek(n int, done <-chan struct{}) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.in)-r.off < n && r.off > 0 {
		r.in = r.in[:copy(r.in, r.in[r.off:])]
		r.off = 0
	}
	if len(r.in)-r.off < n {
		r.wantLocked(n)
		defer r.wantLocked(0)
	}
	err := r.wait(done, func() bool { return len(r.in)-r.off >= n })
	have := r.in[r.off:len(r.in):len(r.in)] // what is read further on is appended behind it
	switch {
	case len(have) >= n:
		return have, nil
	case err == nil:
		err = io.EOF
	}
	return have, err
}

// Discard implements transport.ClientCarrier.
func (r *roundTrip) Discard(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off += n
	if r.off == len(r.in) {
		r.in, r.off = r.in[:0], 0
		if cap(r.in) > readAhead {
			r.in = nil
		}
	}
	raise(r.drained)
}

// Send implements transport.ClientCarrier.
func (r *roundTrip) Send(out transport.Outgoing, done <-chan struct{}) error {
	if r.body == nil {
		return errSendClosed
	}
	err := r.body.send(out, done)
	raise(r.arrived) // what was refused may be allowed now
	return err
}

// Received implements transport.ClientCarrier.
func (r *roundTrip) Received() (header, trailer *transport.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.header, r.trailer
}

// Ended implements transport.ClientCarrier.
func (r *roundTrip) Ended() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.eof
}

// Failure implements transport.ClientCarrier.
func (r *roundTrip) Failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.eof {
		return nil
	}
	return r.err
}

// Unprocessed implements transport.ClientCarrier.
func (r *roundTrip) Unprocessed() bool {
	st, ok := r.Failure().(*transport.Status)
	return ok && st.Unprocessed
}

// Version implements transport.ClientCarrier.
func (r *roundTrip) Version() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.version
}

// Peer implements transport.ClientCarrier.
func (r *roundTrip) Peer() transport.PeerInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.peer
}

// Cancel implements transport.ClientCarrier.
func (r *roundTrip) Cancel() {
	r.fail(transport.ErrReset)
	r.cancel()
	if r.body != nil {
		r.body.close()
	}
	raise(r.drained)
}

// Abandon implements transport.ClientCarrier.
func (r *roundTrip) Abandon(limit time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = true
	r.in, r.off = nil, 0
	raise(r.drained)
	if !r.stopped {
		r.timer = time.AfterFunc(limit, r.Cancel)
	}
}

// Drop implements transport.ClientCarrier.
func (r *roundTrip) Drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.in, r.off = nil, 0
}

// Free implements transport.ClientCarrier.
func (r *roundTrip) Free() { r.Drop() }
