package site

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// An http1Conn is a connection that net/http serves for an [HTTP1].
type http1Conn struct {
	*transport.ForeignConn
	owner *HTTP1
	// last: no request follows the one being answered, of which more is there than was
	// read.
	last atomic.Bool

	mu       sync.Mutex
	until    time.Time // as somebody has set it for writing; zero: not at all
	hijacked bool      // net/http has let go of it
	kept     bool      // and who has it closes it in time
}

// connOf returns the connection of a request, nil if it is not one of ours.
func connOf(r *http.Request) *http1Conn {
	c, _ := r.Context().Value(connKey{}).(*http1Conn)
	return c
}

// Write gives the client the write timeout for each piece: net/http has no time for what
// handlers do not flush, nor for what they write.
func (c *http1Conn) Write(b []byte) (n int, err error) {
	for err == nil && n < len(b) {
		var m int
		if err = c.arm(); err == nil {
			m, err = c.ForeignConn.Write(b[n:min(len(b), n+maxWrite)])
		}
		n += m
	}
	return n, err
}

func (c *http1Conn) arm() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hijacked {
		return nil
	}
	by := time.Now().Add(c.owner.site.host.WriteTimeout)
	if !c.until.IsZero() && c.until.Before(by) {
		by = c.until
	}
	return c.ForeignConn.SetWriteDeadline(by)
}

// SetWriteDeadline implements net.Conn.
func (c *http1Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return c.ForeignConn.SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *http1Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// Close implements net.Conn.
func (c *http1Conn) Close() error {
	c.owner.forget(c)
	return c.ForeignConn.Close()
}

// hijack notes that a handler has the connection for itself, with all its times.
func (c *http1Conn) hijack() {
	c.mu.Lock()
	c.hijacked = true
	c.mu.Unlock()
}

// keep says that who has the connection closes it when the server closes.
func (c *http1Conn) keep() {
	c.mu.Lock()
	c.kept = true
	c.mu.Unlock()
}

// end closes the connection for a server that closes, unless somebody else does.
func (c *http1Conn) end() {
	c.mu.Lock()
	kept := c.kept
	c.mu.Unlock()
	if !kept {
		c.Close()
	}
}

// part ends a connection whose last response is complete, and takes what the client still
// sends: the system would drop with it what the client has not read yet.
func (c *http1Conn) part() {
	if c.CloseWrite() == nil {
		by := time.Now().Add(replyPatience)
		_ = c.SetReadDeadline(by)
		buf := make([]byte, minRead)
		for left := drainContent; left > 0; {
			n, err := c.Read(buf)
			if left -= n; err != nil {
				break
			}
		}
	}
	c.Close()
}
