package webclient

import (
	"io"
	"time"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A stream is an attempt at a call whose messages have prefixes, and whose status is the
// last thing in the content, or follows it.
type stream struct {
	core
	comp compress.Compressor // of responses; nil: they are not compressed
}

// rules are what the protocols of streams differ in.
type rules interface {
	// judge looks at a response's header, of which empty says that it is all there is.
	// ended says that this was the whole response; the outcome is then known. encoding
	// names the compression of messages.
	judge(a *stream, h *transport.Message, empty bool) (encoding string, ended bool, err error)
	// prefix reads the prefix of a frame; end says that it has the status.
	prefix(b []byte) (p wire.Prefix, end bool, err error)
	// status reads the frame that ends a response.
	status(b []byte) (*transport.Status, []transport.Field, error)
	// rest finds the status of a response whose content has ended without one.
	rest(a *stream) error
}

// maxEnd is how long the frame may be that ends a response, also when decompressed.
const maxEnd = 1 << 20

// Start implements transport.Attempt.
func (a *stream) Start(conn transport.Conn, _ *transport.Head, timeout time.Duration, app []transport.Field, before int, msg transport.Encoded, end bool, done <-chan struct{}) error {
	r := a.m.request(timeout, app, before, end)
	var out transport.Outgoing
	msg.Put(&out)
	r.Data, r.More = out.Data, out.More
	return a.start(conn, r, done)
}

// Push implements transport.Attempt.
func (a *stream) Push(msg transport.Encoded, end bool, done <-chan struct{}) error {
	out := transport.Outgoing{End: end}
	msg.Put(&out)
	return a.push(out, done)
}

// begin waits until it is known whether the server has answered, that is for the
// beginning of the content, and judges the header. The error is ErrDone, or for good.
func (a *stream) begin(done <-chan struct{}) error {
	if a.begun && (a.failed != nil || a.answered.Load() || a.outcome.Load() != nil) {
		return a.failed
	}
	h, err := a.await(done)
	if err != nil {
		return err
	}
	first, err := a.c.Peek(1, done)
	switch {
	case err == transport.ErrDone:
		return err
	case err != nil && err != io.EOF && len(first) == 0:
		// What the header says may be more than that the rest did not come.
		if _, _, jerr := a.m.rules.judge(a, h, false); jerr != nil {
			err = jerr
		}
		return a.fail(err, nil)
	}
	encoding, ended, err := a.m.rules.judge(a, h, err == io.EOF && len(first) == 0)
	if ended || err != nil {
		if err != nil {
			return a.fail(err, nil)
		}
		return nil
	}
	if a.comp, err = a.m.compressor(encoding); err != nil {
		return a.fail(err, nil)
	}
	if len(first) > 0 && !a.beginsWithEnd(first) {
		a.answered.Store(true)
		return nil
	}
	// A status alone is read now: whether there is another attempt depends on it.
	if _, _, err = a.frame(done); err == transport.ErrDone {
		return err
	} else if err != nil && err != io.EOF {
		return a.fail(err, nil)
	}
	return nil
}

// beginsWithEnd reports whether content begins with the frame that ends it.
func (a *stream) beginsWithEnd(content []byte) bool {
	var prefix [wire.PrefixLen]byte
	copy(prefix[:], content[:1])
	_, end, err := a.m.rules.prefix(prefix[:])
	return end && err == nil
}

// frame waits for the next message and returns it, to be discarded with its prefix. It
// returns io.EOF when the outcome is known instead.
func (a *stream) frame(done <-chan struct{}) (b []byte, p wire.Prefix, err error) {
	if a.outcome.Load() != nil {
		return nil, p, io.EOF
	}
	b, err = a.c.Peek(wire.PrefixLen, done)
	switch {
	case err == io.EOF && len(b) > 0:
		return nil, p, transport.NewStatus(wire.Internal, "the stream ends inside a message prefix")
	case err == io.EOF:
		if err = a.m.rules.rest(a); err == nil {
			err = io.EOF
		}
		return nil, p, err
	case err != nil:
		return nil, p, transport.StatusOf(err)
	}
	p, end, err := a.m.rules.prefix(b)
	if err != nil {
		return nil, p, transport.StatusOf(err)
	}
	max := a.m.MaxReceive
	if end {
		max = maxEnd
	}
	switch {
	case uint64(p.Length) > uint64(max):
		return nil, p, transport.TooLarge(int(p.Length), max)
	case p.Compressed && a.comp == nil:
		return nil, p, transport.NewStatus(wire.Internal, "a compressed message although the header names no compression")
	}
	n := wire.PrefixLen + int(p.Length)
	if b, err = a.c.Peek(n, done); err != nil {
		if err == io.EOF {
			err = transport.NewStatus(wire.Internal, "the stream ends inside a message")
		}
		return nil, p, transport.StatusOf(err)
	}
	if !end {
		return b[wire.PrefixLen:n], p, nil
	}
	err = a.finish(b[wire.PrefixLen:n], p.Compressed)
	a.c.Discard(n)
	if err == nil {
		err = a.noRest(done)
	}
	if err == nil {
		err = io.EOF
	}
	return nil, p, err
}

// finish takes the frame that ends the response.
func (a *stream) finish(b []byte, compressed bool) error {
	if compressed && len(b) > 0 {
		var err error
		if b, err = a.comp.Decompress(nil, b, maxEnd); err != nil {
			return &transport.Status{Code: wire.Internal, Message: "decompressing the end of the response: " + err.Error(), Cause: err}
		}
	}
	st, fields, err := a.m.rules.status(b)
	if err != nil {
		return err
	}
	a.end(st, fields)
	return nil
}

// noRest waits for the end of the content, so that the request ends in peace. Where we
// have not sent everything the server need not say more: it has answered.
func (a *stream) noRest(done <-chan struct{}) error {
	if !a.sentEnd.Load() {
		return nil
	}
	if b, _ := a.c.Peek(1, done); len(b) > 0 {
		st := transport.NewStatus(wire.Internal, "something follows the end of the response")
		a.end(st, nil)
		return st
	}
	return nil
}

// Complete implements transport.Attempt.
func (a *stream) Complete(done <-chan struct{}) error {
	switch err := a.begin(done); {
	case err == transport.ErrDone:
		return err
	case err != nil || a.outcome.Load() != nil:
		return nil // Header and Receive tell
	}
	return transport.StatusOf(a.c.Await(wire.PrefixLen+a.m.MaxReceive, done))
}

// Header implements transport.Attempt. It waits for the beginning of the content too.
func (a *stream) Header(done <-chan struct{}) ([]transport.Field, error) {
	if err := a.begin(done); err == transport.ErrDone {
		return nil, err
	} else if h, _ := a.c.Received(); h == nil {
		return nil, err
	}
	return a.header, nil
}

// Receive implements transport.Attempt.
func (a *stream) Receive(msg any, done <-chan struct{}) error {
	if err := a.begin(done); err != nil {
		return err
	}
	b, p, err := a.frame(done)
	if err != nil {
		return err
	}
	in := transport.Receiver{Codec: a.m.Codec, Comp: a.comp, Max: a.m.MaxReceive}
	err = in.Decode(b, p.Compressed, msg)
	a.c.Discard(wire.PrefixLen + len(b))
	return err
}

// NoMore implements transport.Attempt.
func (a *stream) NoMore(done <-chan struct{}) error {
	if err := a.begin(done); err != nil {
		return err
	}
	switch _, _, err := a.frame(done); err {
	case nil:
		return transport.NewStatus(wire.Unimplemented, "more than one response message")
	case io.EOF:
		return nil
	default:
		return err
	}
}
