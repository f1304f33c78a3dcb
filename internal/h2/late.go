package h2

import "github.com/curlew-rpc/curlew/internal/h2/frame"

// An idRing remembers the last stream identifiers put into it.
type idRing struct {
	ids  []uint32
	next int
}

const ringSize = 128

func (r *idRing) add(id uint32) {
	if len(r.ids) < ringSize {
		r.ids = append(r.ids, id)
		return
	}
	r.ids[r.next] = id
	r.next = (r.next + 1) % ringSize
}

func (r *idRing) has(id uint32) bool {
	for _, x := range r.ids {
		if x == id {
			return true
		}
	}
	return false
}

// A lateStream is one that we have reset before the peer ended it. What still
// comes is ignored, for the peer may not know yet, but it has to be right.
type lateStream struct {
	id   uint32 // 0: forgotten
	rest int64  // of the content announced by content-length; -1 if none was
}

// lateSize is how many of them are remembered: as many as are open together, for
// they may all be given up at once.
const lateSize = 1024

// A lateRing remembers the last of them.
type lateRing struct {
	streams []lateStream
	next    int
}

// find returns nil if the stream is none of them. What it returns is valid until
// the next add.
func (r *lateRing) find(id uint32) *lateStream {
	for i := range r.streams {
		if r.streams[i].id == id {
			return &r.streams[i]
		}
	}
	return nil
}

func (r *lateRing) add(l lateStream) {
	if known := r.find(l.id); known != nil {
		*known = l
		return
	}
	if len(r.streams) < lateSize {
		r.streams = append(r.streams, l)
		return
	}
	r.streams[r.next] = l
	r.next = (r.next + 1) % lateSize
}

// lateLocked notes that we have reset s, of which the peer may not know yet.
func (c *Conn) lateLocked(s *Stream) {
	if s.eof {
		c.ended.add(s.id)
		return
	}
	c.late.add(lateStream{s.id, s.rest})
	c.strayBytes += int64(s.recv.Left())
}

// lateFrames is how many frames of a stream that we give up the peer may have
// on their way besides DATA: header, trailers, and the like.
const lateFrames = 3

// strayLocked charges a frame of a closed stream, unless so many may be on their way.
func (c *Conn) strayLocked(what string) error {
	if c.strays > 0 {
		c.strays--
		return nil
	}
	return c.chargeLocked(1, what)
}

// strayDataLocked judges DATA on a stream that takes none; n of its size is content.
func (c *Conn) strayDataLocked(s *Stream, id, size uint32, n int, end bool) error {
	c.creditConnLocked(size)
	late := c.late.find(id)
	switch {
	case s != nil && s.st == halfClosedRemote:
		return &violation{id, frame.CodeStreamClosed, "DATA after END_STREAM"}
	case c.idleLocked(id):
		return connError(frame.CodeProtocol, "DATA on an idle stream")
	case late != nil && (size > 0 || end):
		return c.lateDataLocked(late, n, end)
	case c.ended.has(id):
		return connError(frame.CodeStreamClosed, "DATA on a closed stream")
	}
	if c.strayBytes >= int64(size) && size > 0 {
		c.strayBytes -= int64(size) // what a stream's window had let out
		return nil
	}
	return c.chargeLocked(1, "DATA on closed streams")
}

// lateDataLocked handles DATA for a late stream; n is the size of its content.
func (c *Conn) lateDataLocked(l *lateStream, n int, end bool) error {
	if l.rest >= 0 {
		if l.rest -= int64(n); l.rest < 0 {
			return &violation{l.id, frame.CodeProtocol, "more content than content-length"}
		}
	}
	if end {
		return c.endLateLocked(l)
	}
	return nil
}

// endLateLocked handles END_STREAM for a late stream.
func (c *Conn) endLateLocked(l *lateStream) error {
	if l.rest > 0 {
		return &violation{l.id, frame.CodeProtocol, "less content than content-length"}
	}
	c.forgetLateLocked(l)
	return nil
}

// forgetLateLocked notes that the peer has ended a late stream: nothing more may
// come.
func (c *Conn) forgetLateLocked(l *lateStream) {
	c.ended.add(l.id)
	l.id = 0
}
