package curlewtest

import (
	"io"
	"net"
	"sync"
	"time"
)

// DefaultPipeBytes is how much a pipe holds in each direction, unless told otherwise.
const DefaultPipeBytes = 64 << 10

// Pipe returns the two ends of a connection inside of the process. Unlike those of
// net.Pipe they have a buffer, as sockets do: each direction takes up to limit bytes
// that have not been read, DefaultPipeBytes if limit is 0, before writing waits.
func Pipe(limit int) (*Conn, *Conn) {
	if limit <= 0 {
		limit = DefaultPipeBytes
	}
	to, from := newLane(limit), newLane(limit)
	a := &Conn{in: from, out: to, local: "pipe:a", remote: "pipe:b"}
	b := &Conn{in: to, out: from, local: "pipe:b", remote: "pipe:a"}
	return a, b
}

// A Conn is one end of a connection inside of the process. Its methods may be
// called concurrently.
type Conn struct {
	in, out       *lane
	local, remote addr
	once          sync.Once
	closed        func() // told of the first Close; may be nil
}

// Read reads what has arrived, and waits if that is nothing. It returns io.EOF when
// everything has been read and the peer will not write any more.
func (c *Conn) Read(p []byte) (int, error) { return c.in.read(p) }

// Write writes all of p, and waits while the buffer is full.
func (c *Conn) Write(p []byte) (int, error) { return c.out.write(p) }

// TryWrite writes as much of p as there is room for, which may be nothing, and does
// not wait. As with a socket it fails once the write deadline has passed.
func (c *Conn) TryWrite(p []byte) (int, error) { return c.out.try(p) }

// CloseWrite says that nothing more will be written; reading goes on.
func (c *Conn) CloseWrite() error {
	c.out.closeWrite(io.ErrClosedPipe)
	return nil
}

// Close closes both directions. The peer can still read what has been written;
// what it wrote and nobody has read is lost. Calls of Read and Write that wait fail
// with net.ErrClosed.
func (c *Conn) Close() error {
	c.once.Do(func() {
		c.in.closeRead()
		c.out.closeWrite(net.ErrClosed)
		if c.closed != nil {
			c.closed()
		}
	})
	return nil
}

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets the deadlines of reading and of writing.
func (c *Conn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// SetReadDeadline has reading fail with os.ErrDeadlineExceeded from t on; the zero
// time is never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.readBy, t)
	return nil
}

// SetWriteDeadline has writing fail with os.ErrDeadlineExceeded from t on; the zero
// time is never.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writeBy, t)
	return nil
}

// An addr is the name of an end.
type addr string

func (addr) Network() string  { return "pipe" }
func (a addr) String() string { return string(a) }
