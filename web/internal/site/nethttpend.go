package site

import (
	"io"
	"net/http"
	"time"
)

// drainContent is how much of a request is read that nobody has a use for, and
// drainPatience how long.
const (
	drainContent  = 1 << 20
	drainPatience = 100 * time.Millisecond
)

// finish ends the response, as it should or, after Reset, so that the client sees that
// it is not whole.
func (c *carrier) finish() {
	if c.deadline {
		_ = c.rc.SetWriteDeadline(time.Time{})
	}
	switch {
	case c.aborted || !c.written:
	case !c.duplex || c.drain():
		return
	default:
		// The response ends behind the last of its chunks, which net/http sends when this
		// has returned. Only a connection of ours can be ended then.
		if own := connOf(c.r); own != nil {
			own.last.Store(true)
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// drain reads what is left of a request whose response is complete, and reports whether
// that is all of it. net/http would do so itself, but where request and response may come
// at the same time it reads on beyond the end, and stumbles over the next request.
func (c *carrier) drain() bool {
	if c.err == io.EOF {
		return true
	}
	if c.err != nil || c.rc.Flush() != nil {
		return false
	}
	c.expect(time.Now().Add(drainPatience))
	_, err := io.Copy(io.Discard, io.LimitReader(c.r.Body, drainContent))
	c.expect(time.Time{})
	if err != nil {
		return false
	}
	_, err = c.r.Body.Read(make([]byte, 1))
	return err == io.EOF
}
