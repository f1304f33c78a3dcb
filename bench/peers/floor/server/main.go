// Server is how fast a unary call can be answered in Go at all: it reads frame headers, and answers the end of every
// request with the same bytes, all that one read brought by one write. What it leaves out is what a framework does.
package main

import (
	"crypto/tls"
	"encoding/binary"
	"net"

	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/peers/floor/wire"
	"google.golang.org/protobuf/proto"
)

func main() {
	config := peer.ParseServer()
	l := config.Listen()
	if settings := config.TLS(); settings != nil {
		l = tls.NewListener(l, settings)
	}
	canned := newAnswer()
	for {
		nc, err := l.Accept()
		peer.Check(err)
		c := conn{Conn: nc, canned: canned, window: 65535}
		go c.serve()
	}
}

// An answer is the three frames of every answer; the stream is filled in.
type answer struct {
	frames  []byte
	streams [3]int // where in frames the streams are
	data    int    // bytes that count for flow control
}

func newAnswer() answer {
	user, err := proto.Marshal(peer.NewUser(peer.UserID))
	peer.Check(err)
	message := wire.Message(user)
	const status200 = 0x88 // RFC 7541 appendix A
	headers := wire.AppendField([]byte{status200}, "content-type", "application/grpc")
	trailers := wire.AppendField(nil, "grpc-status", "0")

	a := answer{data: len(message)}
	a.streams[0] = len(a.frames) + 5
	a.frames = wire.Append(a.frames, wire.Headers, wire.EndHeaders, 0, headers...)
	a.streams[1] = len(a.frames) + 5
	a.frames = wire.Append(a.frames, wire.Data, 0, 0, message...)
	a.streams[2] = len(a.frames) + 5
	a.frames = wire.Append(a.frames, wire.Headers, wire.EndHeaders|wire.EndStream, 0, trailers...)
	return a
}

func (a *answer) append(out []byte, stream uint32) []byte {
	at := len(out)
	out = append(out, a.frames...)
	for _, i := range a.streams {
		binary.BigEndian.PutUint32(out[at+i:], stream)
	}
	return out
}

type conn struct {
	net.Conn
	canned answer
	window int // bytes of data that the client lets the connection send
}

func (c *conn) serve() {
	defer c.Close()
	r := wire.NewReader(c)
	if r.Skip(len(wire.Preface)) != nil {
		return
	}
	out := append(wire.Append(nil, wire.Settings, 0, 0), wire.WideWindow()...)
	var waiting []uint32
	for {
		for f, ok := r.Next(); ok; f, ok = r.Next() {
			out = r.Upkeep(out, f)
			switch {
			case f.Type == wire.Data && f.Flags&wire.EndStream != 0:
				waiting = append(waiting, f.Stream)
			case f.Type == wire.WindowUpdate && f.Stream == 0 && len(f.Payload) == 4:
				c.window += int(binary.BigEndian.Uint32(f.Payload))
			}
		}
		answered := 0
		for answered < len(waiting) && c.window >= c.canned.data {
			out = c.canned.append(out, waiting[answered])
			c.window -= c.canned.data
			answered++
		}
		waiting = append(waiting[:0], waiting[answered:]...)
		if len(out) > 0 {
			if _, err := c.Write(out); err != nil {
				return
			}
			out = out[:0]
		}
		if r.Read() != nil {
			return
		}
	}
}
