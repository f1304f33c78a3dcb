package load

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// Conn is a bare HTTP/2 connection in the clear: enough of a client to lie idle
// on, to hold streams open and to make one call.
type Conn struct {
	conn net.Conn
	next uint32 // id of the next stream
	buf  []byte
}

// Frame types and flags of RFC 9113 §6.
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	framePing     = 0x6
	frameGoAway   = 0x7
	frameWindow   = 0x8

	flagAck        = 0x1
	flagEndStream  = 0x1
	flagEndHeaders = 0x4

	headerLen = 9
)

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// patience is how long a server may take to answer anything.
const patience = 30 * time.Second

// Dial opens a connection and waits until both sides have the other's settings.
func Dial(addr string) (*Conn, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	c := &Conn{conn: conn, next: 1}
	if err := c.open(); err != nil {
		c.Close()
		return nil, fmt.Errorf("open a connection: %w", err)
	}
	return c, nil
}

func (c *Conn) open() error {
	c.buf = append(c.buf, preface...)
	c.frame(frameSettings, 0, 0, nil)
	if err := c.flush(); err != nil {
		return err
	}
	for theirs, acknowledged := false, false; !theirs || !acknowledged; {
		kind, flags, _, _, err := c.read()
		switch {
		case err != nil:
			return err
		case kind == frameSettings && flags&flagAck != 0:
			acknowledged = true
		case kind == frameSettings:
			theirs = true
		}
	}
	return nil
}

// Close closes the connection.
func (c *Conn) Close() { c.conn.Close() }

func (c *Conn) frame(kind, flags byte, stream uint32, payload []byte) {
	c.buf = binary.BigEndian.AppendUint32(c.buf, uint32(len(payload))<<8|uint32(kind))
	c.buf = append(c.buf, flags)
	c.buf = binary.BigEndian.AppendUint32(c.buf, stream)
	c.buf = append(c.buf, payload...)
}

func (c *Conn) flush() error {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.conn.Write(c.buf)
	c.buf = c.buf[:0]
	return err
}

// read returns the next frame, after it has done what the frame asks for. That a
// stream or the connection was ended by the server is an error.
func (c *Conn) read() (kind, flags byte, stream uint32, payload []byte, err error) {
	var header [headerLen]byte
	if _, err := io.ReadFull(c.conn, header[:]); err != nil {
		return 0, 0, 0, nil, err
	}
	payload = make([]byte, binary.BigEndian.Uint32(header[:4])>>8)
	if _, err := io.ReadFull(c.conn, payload); err != nil {
		return 0, 0, 0, nil, err
	}
	kind, flags, stream = header[3], header[4], binary.BigEndian.Uint32(header[5:])
	switch {
	case kind == frameReset:
		err = fmt.Errorf("the server reset stream %d: % x", stream, payload)
	case kind == frameGoAway:
		err = fmt.Errorf("the server sent GOAWAY: %q", payload)
	case kind == frameSettings && flags&flagAck == 0:
		c.frame(frameSettings, flagAck, 0, nil)
		err = c.flush()
	case kind == framePing && flags&flagAck == 0:
		c.frame(framePing, flagAck, 0, payload)
		err = c.flush()
	case kind == frameData && len(payload) > 0:
		c.frame(frameWindow, 0, 0, binary.BigEndian.AppendUint32(nil, uint32(len(payload))))
		err = c.flush()
	}
	return kind, flags, stream, payload, err
}

// headers begins a call: HPACK's indexed fields for POST and http, and literals
// without indexing for all else (RFC 7541 §6.1, §6.2.2).
func (c *Conn) headers(path string) uint32 {
	block := []byte{0x83, 0x86} // :method POST, :scheme http
	block = append(block, 0x04) // :path
	block = appendString(block, path)
	block = append(block, 0x01) // :authority
	block = appendString(block, "bench")
	block = append(block, 0x0f, 0x10) // content-type, index 31
	block = appendString(block, "application/grpc")
	block = append(block, 0x00)
	block = appendString(appendString(block, "te"), "trailers")
	stream := c.next
	c.next += 2
	c.frame(frameHeaders, flagEndHeaders, stream, block)
	return stream
}

// appendString appends a string of less than 127 octets (RFC 7541 §5.2).
func appendString(block []byte, s string) []byte {
	return append(append(block, byte(len(s))), s...)
}

// Call makes one call of Method and returns its answer, prefix and all.
func (c *Conn) Call() ([]byte, error) {
	stream := c.headers(Method)
	c.frame(frameData, flagEndStream, stream, GetUser.Body)
	if err := c.flush(); err != nil {
		return nil, err
	}
	var answer []byte
	for {
		kind, flags, id, payload, err := c.read()
		if err != nil {
			return nil, err
		}
		if id != stream {
			continue
		}
		if kind == frameData {
			answer = append(answer, payload...)
		}
		if flags&flagEndStream == 0 || kind != frameData && kind != frameHeaders {
			continue
		}
		if len(answer) < 5 || len(answer) != 5+int(binary.BigEndian.Uint32(answer[1:])) {
			return nil, fmt.Errorf("the answer has no whole message: % x", answer)
		}
		return answer, nil
	}
}

// Open opens n streams of a method that waits for messages, and waits until the
// server has seen them.
func (c *Conn) Open(method string, n int) error {
	for range n {
		c.headers(method)
	}
	c.frame(framePing, 0, 0, make([]byte, 8))
	if err := c.flush(); err != nil {
		return err
	}
	for {
		kind, flags, stream, _, err := c.read()
		switch {
		case err != nil:
			return err
		case kind == framePing && flags&flagAck != 0:
			return nil
		case kind == frameHeaders && flags&flagEndStream != 0:
			return fmt.Errorf("the server ended stream %d of %s at once", stream, method)
		}
	}
}

// Quiet checks that the server has ended no stream in the meantime.
func (c *Conn) Quiet() error { return c.Open("", 0) }
