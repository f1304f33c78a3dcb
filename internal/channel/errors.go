package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/resolve"
)

// A Kind says why a Pick failed.
type Kind uint8

const (
	Unavailable Kind = iota // no endpoint can be used now
	Context                 // ctx ended first
	Closed                  // the channel is closed
	Drop                    // the policy refused the call; it must not be tried again
)

// An Error is that of Pick and Ready.
type Error struct {
	Kind Kind

	// Err is the cause: of Unavailable the last connection or resolver error, of
	// Drop the policy's. Of Context it wraps both ctx's error and the last
	// connection error, if any.
	Err error

	text string
}

// Error says why and, as far as it can be known, what to do.
func (e *Error) Error() string { return e.text }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// errClosed is the cause of Closed.
var errClosed = errors.New("the client is closed")

func text(err error) string {
	if err == nil {
		return "no reason given"
	}
	return err.Error()
}

// failError is the error of a call that the picker failed with err.
func (ch *Channel[C]) failError(t *table[C], err error) *Error {
	if t.failed != nil {
		return t.failed
	}
	return ch.unavailable(t, err)
}

// unavailable describes t and says err.
func (ch *Channel[C]) unavailable(t *table[C], err error) *Error {
	return &Error{Kind: Unavailable, Err: err, text: fmt.Sprintf("no connection to %s: %s: %s", ch.cfg.Target, t.census(), text(err))}
}

// ctxError is the error of a call whose context ended while it waited.
func (ch *Channel[C]) ctxError(ctxErr error, why string) *Error {
	latest := ch.table.Load()
	if why == "" {
		why = latest.census()
	}
	e := &Error{Kind: Context, Err: ctxErr}
	e.text = fmt.Sprintf("%s while waiting for a connection to %s: %s", ctxErr, ch.cfg.Target, why)
	if last := latest.lastError(); last != nil {
		e.Err = joinErrors([]error{ctxErr, last})
		e.text += "; last error: " + last.Error()
	}
	return e
}

// census counts the endpoints by state: "3 endpoints (2 CONNECTING, 1 IDLE)".
func (t *table[C]) census() string {
	var count [balance.Shutdown + 1]int
	n := 0
	for _, ep := range t.slots {
		if ep != nil {
			count[balance.State(ep.shown.Load())]++
			n++
		}
	}
	if n == 0 {
		return "no endpoints are known"
	}
	var parts []string
	for s, k := range count {
		if k > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k, balance.State(s)))
		}
	}
	word := "endpoints"
	if n == 1 {
		word = "endpoint"
	}
	return fmt.Sprintf("%d %s (%s)", n, word, strings.Join(parts, ", "))
}

// lastError is the reason of a failure, nil if there was none.
func (t *table[C]) lastError() error {
	if t.err != nil {
		return t.err
	}
	for _, ep := range t.slots {
		if ep != nil {
			if err := ep.lastErr.Load(); err != nil {
				return *err
			}
		}
	}
	return nil
}

// manyErrors is several errors in one line.
type manyErrors struct{ errs []error }

func joinErrors(errs []error) error {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return &manyErrors{errs}
}

func (m *manyErrors) Unwrap() []error { return m.errs }

func (m *manyErrors) Error() string {
	texts := make([]string, len(m.errs))
	for i, err := range m.errs {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// A dialError says which address failed and what to look at.
type dialError struct {
	addr resolve.Addr
	err  error
}

func (e *dialError) Unwrap() error { return e.err }

func (e *dialError) Error() string {
	s := e.err.Error()
	if !strings.Contains(s, e.addr.Address) {
		s = e.addr.String() + ": " + s
	}
	if hint := e.hint(); hint != "" {
		s += "; " + hint
	}
	return s
}

func (e *dialError) hint() string {
	switch {
	case errors.Is(e.err, syscall.ECONNREFUSED):
		return "is the server listening on " + e.addr.Address + "?"
	case e.addr.Network == "unix" && errors.Is(e.err, fs.ErrNotExist):
		return "does the server create " + e.addr.Address + "?"
	case errors.Is(e.err, fs.ErrPermission):
		return "may this process connect to " + e.addr.Address + "?"
	case errors.Is(e.err, context.DeadlineExceeded):
		return "does a firewall stand between, or is the address wrong?"
	case errors.Is(e.err, syscall.ENETUNREACH), errors.Is(e.err, syscall.EHOSTUNREACH):
		return "is there a route from this machine?"
	case errors.Is(e.err, io.EOF), errors.Is(e.err, io.ErrUnexpectedEOF), errors.Is(e.err, syscall.ECONNRESET):
		return "does the server speak HTTP/2 here, and do both sides agree about TLS?"
	}
	return ""
}
