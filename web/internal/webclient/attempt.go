package webclient

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A core is what attempts have in common whatever the protocol.
type core struct {
	m        *method
	c        transport.ClientCarrier // nil: not opened
	answered atomic.Bool
	outcome  atomic.Pointer[outcome] // nil: not known, or it has none

	sentEnd atomic.Bool

	// The receiver's own.
	begun  bool
	failed error             // what was wrong with the header, or where it did not come
	header []transport.Field // the application's
}

// An outcome is how a response has ended.
type outcome struct {
	status *transport.Status // nil: OK
	fields []transport.Field // the application's, of the trailers
}

// start makes the request r.
func (a *core) start(conn transport.Conn, r *transport.ClientRequest, done <-chan struct{}) error {
	r.Length = wire.MessageLength
	if a.m.rules == nil {
		r.Length = nil
	}
	a.sentEnd.Store(r.End)
	var err error
	a.c, err = conn.Request(r, done)
	switch {
	case a.c == nil || err == nil || err == transport.ErrDone || a.c.Unprocessed():
		return transport.StatusOf(err)
	}
	// The server has ended the call before all was sent: what it said is for the
	// receiver.
	return nil
}

// push sends further content.
func (a *core) push(out transport.Outgoing, done <-chan struct{}) error {
	if a.outcome.Load() != nil {
		return io.EOF // although the server may be reading still
	}
	err := a.c.Send(out, done)
	if out.End {
		a.sentEnd.Store(true)
	}
	if err == nil || err == transport.ErrDone {
		return err
	}
	return io.EOF
}

// end notes how the response has ended.
func (a *core) end(st *transport.Status, fields []transport.Field) {
	a.outcome.Store(&outcome{st, fields})
}

// fail notes that the response is of no use, for the reason of err, which it returns.
func (a *core) fail(err error, fields []transport.Field) error {
	err = transport.StatusOf(err)
	if st, ok := err.(*transport.Status); ok {
		a.end(st, fields)
	}
	a.failed = err
	return err
}

// await waits for the response's header section.
func (a *core) await(done <-chan struct{}) (*transport.Message, error) {
	h, err := a.c.Header(done)
	switch {
	case err == nil:
	case err == transport.ErrDone:
		return nil, err
	case err == io.ErrUnexpectedEOF:
		a.begun = true
		return nil, a.fail(transport.NewStatus(wire.Internal, "the stream ended without a response"), nil)
	default:
		a.begun = true
		a.failed = transport.StatusOf(err)
		return nil, a.failed
	}
	a.begun = true
	if h.TooLarge {
		return nil, a.fail(transport.NewStatus(wire.ResourceExhausted, "response header larger than the limit"), nil)
	}
	return h, nil
}

// Opened implements transport.Attempt.
func (a *core) Opened() bool { return a.c != nil }

// Answered implements transport.Attempt.
func (a *core) Answered() bool { return a.answered.Load() }

// Verdict implements transport.Attempt.
func (a *core) Verdict() *transport.Status {
	if o := a.outcome.Load(); o != nil {
		return o.status
	}
	if err := a.c.Failure(); err != nil {
		st, _ := transport.StatusOf(err).(*transport.Status)
		return st
	}
	return nil
}

// Trailer implements transport.Attempt.
func (a *core) Trailer() ([]transport.Field, *transport.Status) {
	if o := a.outcome.Load(); o != nil {
		return o.fields, o.status
	}
	return nil, transport.NewStatus(wire.Internal, "the response ended without a status")
}

// LoadReport implements transport.Attempt. A report that cannot be read is none.
func (a *core) LoadReport() (r wire.LoadReport, ok bool) {
	o := a.outcome.Load()
	if o == nil {
		return r, false
	}
	value := transport.FieldValue(o.fields, wire.LoadReportTrailer)
	if value == "" {
		return r, false
	}
	r, err := wire.ParseLoadReport([]byte(value))
	return r, err == nil
}

// Pushback implements transport.Attempt.
func (a *core) Pushback() (wait time.Duration, retry, given bool) {
	o := a.outcome.Load()
	if o == nil {
		return 0, true, false
	}
	return transport.ReadPushback(o.fields)
}

// Ended implements transport.Attempt.
func (a *core) Ended() bool { return a.outcome.Load() != nil || a.c.Ended() }

// Failure implements transport.Attempt.
func (a *core) Failure() error { return a.c.Failure() }

// Unprocessed implements transport.Attempt.
func (a *core) Unprocessed() bool { return a.c.Unprocessed() }

// Peer implements transport.Attempt.
func (a *core) Peer() transport.PeerInfo { return a.c.Peer() }

// Cancel implements transport.Attempt.
func (a *core) Cancel() {
	if a.c != nil {
		a.c.Cancel()
	}
}

// Abandon implements transport.Attempt.
func (a *core) Abandon(limit time.Duration) { a.c.Abandon(limit) }

// Drop implements transport.Attempt.
func (a *core) Drop() { a.c.Drop() }

// Free implements transport.Attempt.
func (a *core) Free() { a.c.Free() }
