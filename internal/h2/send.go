package h2

import (
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/signal"
)

// Outgoing is what one Send puts on the wire, in this order. Nothing is kept
// of it after Send returns.
type Outgoing struct {
	Header  []hpack.Field // a header section, with its pseudo-header fields; nil: none
	Data    []byte
	More    [][]byte      // what follows Data, none of it empty; nil: nothing
	Trailer []hpack.Field // ends the stream; nil: none
	End     bool          // ends the stream without trailers
}

// Send sends out. What flow control lets through at once is sent in one piece
// with its header and trailers; the rest waits for the peer, for the
// connection's buffer, or for done, whereupon ErrDone is returned with the
// stream in an undefined place: the caller resets it. One goroutine sends at a
// time. The error of a stream that has ended is a *StreamError or
// ErrSendClosed.
func (s *Stream) Send(out Outgoing, done <-chan struct{}) error {
	s.conn.mu.Lock()
	return s.sendUnlock(out, done)
}

func (s *Stream) sendUnlock(out Outgoing, done <-chan struct{}) error {
	c := s.conn
	if err := s.maySendLocked(); err != nil {
		c.mu.Unlock()
		return err
	}
	c.sentLocked()
	if out.Header != nil {
		s.headed = true
		end := out.End && len(out.Data) == 0 && out.Trailer == nil
		c.appendHeadersLocked(s.id, out.Header, end)
		if end {
			s.endLocalLocked()
			c.flushUnlock()
			return nil
		}
	}
	if c.client || !out.End && out.Trailer == nil {
		c.batch++ // who gets answers that end calls has more to do than to answer them
	}
	if len(out.Data) > 0 {
		s.last = out.End || out.Trailer != nil
		if err := s.sendContentLocked(&out, done); err != nil {
			c.flushUnlock()
			return err
		}
	}
	switch {
	case out.Trailer != nil:
		c.appendHeadersLocked(s.id, out.Trailer, true)
		s.endLocalLocked()
	case out.End && len(out.Data) == 0:
		c.appendDataLocked(s.id, nil, true)
		s.endLocalLocked()
	}
	if out.End || out.Trailer != nil {
		c.flushUnlock()
		return nil
	}
	// The first messages after a wait leave at once. A stream that goes on
	// sending without ever waiting has its messages written in batches.
	if s.burst < 2 {
		s.burst++
		c.flushUnlock()
	} else {
		c.kickUnlock()
	}
	return nil
}

func (s *Stream) maySendLocked() error {
	switch {
	case s.err != nil:
		return s.err
	case !s.st.maySend():
		return ErrSendClosed
	}
	return nil
}

// Peers answer DATA: some say WINDOW_UPDATE, for stream and connection, after
// every message or every few KiB that they read, and PING to measure the path.
// So many such frames are free for each DATA frame, and one more for so many
// bytes; they may come long after what they answer.
const (
	answersPerData = 4
	bytesPerAnswer = 512
	maxAnswers     = 1 << 20
	// usefulSend is how long DATA must be that is less than what is left of a
	// message: a peer whose windows let single bytes through has no answers free.
	usefulSend = 64
)

func (c *Conn) expectAnswersLocked(n int, last bool) {
	if n >= usefulSend || last {
		frames := int32(n)/int32(c.peerMaxFrame) + 1
		c.answers = min(c.answers+frames*answersPerData+int32(n)/bytesPerAnswer, maxAnswers)
	}
}

// answeredLocked charges a frame by which peers answer DATA.
func (c *Conn) answeredLocked(what string) error {
	if c.answers > 0 {
		c.answers--
		return nil
	}
	return c.chargeLocked(1, what)
}

// sendContentLocked sends the content of out, as sendDataLocked does.
func (s *Stream) sendContentLocked(out *Outgoing, done <-chan struct{}) error {
	end := out.End && out.Trailer == nil
	s.sending = true
	behind := 0
	for _, p := range out.More {
		behind += len(p)
	}
	err := s.sendDataLocked(out.Data, behind, end, done)
	for i := 0; i < len(out.More) && err == nil; i++ {
		behind -= len(out.More[i])
		if err = s.maySendLocked(); err == nil { // as far as can be known: it was unlocked
			err = s.sendDataLocked(out.More[i], behind, end, done)
		}
	}
	if err == nil && !end {
		err = s.maySendLocked()
	}
	s.holdLocked(0) // it is sent, or given up
	s.sending = false
	return err
}

// sendDataLocked sends data as far as both windows and the buffer allow, and waits
// for more of them; end ends our side with it, unless behind more bytes follow. It
// unlocks while it waits or writes.
func (s *Stream) sendDataLocked(data []byte, behind int, end bool, done <-chan struct{}) error {
	c := s.conn
	end = end && behind == 0
	var sig signal.Signal
	for {
		n := min(len(data), int(s.send.Available()), int(c.send.Available()))
		// A message that fits goes into the buffer whole, however full that is:
		// cutting it would cost a wait and save nothing.
		direct := c.directPieceLocked(n)
		switch {
		case direct > 0:
			n = direct
		case n < len(data) || n > c.cfg.SendBuffer:
			n = min(n, c.cfg.SendBuffer-c.unwrittenLocked())
		case c.unwrittenLocked() >= c.cfg.SendBuffer:
			n = 0
		}
		if n > 0 {
			last := n == len(data)
			s.send.Take(int32(n))
			c.send.Take(int32(n))
			c.moved += n
			c.expectAnswersLocked(n, last)
			c.pings.paid = true
			if direct > 0 {
				c.writeDirectLocked(s, data[:n], end && last)
			} else {
				c.appendDataLocked(s.id, data[:n], end && last)
				if end && last {
					s.endLocalLocked()
				}
			}
			data = data[n:]
		}
		if len(data) == 0 {
			break
		}
		if err := s.maySendLocked(); err != nil { // since it was written directly
			c.wakeSendersLocked()
			return err
		}
		if n > 0 && c.connMaySendLocked() && s.send.Available() > 0 {
			continue
		}
		if sig == nil {
			sig = signal.New()
		}
		s.sendSig = sig
		s.holdLocked(len(data) + behind)
		if s.send.Available() > 0 {
			c.sendQueue = append(c.sendQueue, sig)
		} else {
			c.wakeSendersLocked() // a turn that cannot be taken is passed on
		}
		c.flushUnlock()
		raised := sig.Wait(done)
		c.mu.Lock()
		s.sendSig = nil
		s.burst = 0
		c.leaveQueueLocked(sig)
		err := s.maySendLocked()
		if err == nil && !raised {
			err = ErrDone
		}
		if err != nil {
			c.wakeSendersLocked() // a turn not taken is passed on
			return err
		}
	}
	c.wakeSendersLocked()
	return nil
}

// endLocalLocked notes that END_STREAM has been appended.
func (s *Stream) endLocalLocked() {
	c := s.conn
	s.st = s.st.endLocal()
	if c.draining && s.err == nil {
		c.tally.Finished++
	}
	// The slot is free before the client can know that the call has ended: it may
	// open the next one at once. Handlers whose streams end otherwise keep theirs
	// until they return (CVE-2023-44487).
	s.freeSlotLocked()
	if s.st == closed {
		c.ended.add(s.id)
		c.removeLocked(s)
		return
	}
	if !c.client {
		// The answer is complete before the request is: the rest is not wanted
		// (RFC 9113 §8.1; gRPC "early server closure").
		c.appendResetLocked(s.id, frame.CodeNo)
		c.lateLocked(s)
		s.abortLocked(errAnswered)
	}
}

// Reset ends the stream with RST_STREAM, unless it has ended. Waits on the
// stream return.
func (s *Stream) Reset(code frame.ErrCode) {
	c := s.conn
	if c == nil {
		return // never opened
	}
	c.mu.Lock()
	if s.st != closed {
		c.strays = min(c.strays+lateFrames, maxAnswers)
	}
	s.resetLocked(code, ErrReset)
	c.flushUnlock()
}

func (s *Stream) resetLocked(code frame.ErrCode, err *StreamError) {
	c := s.conn
	if s.st == closed {
		return
	}
	if c.streams[s.id] == s {
		c.appendResetLocked(s.id, code)
		c.lateLocked(s)
	}
	s.abortLocked(err)
}

// abortLocked ends the stream with err and lets everybody who waits know.
func (s *Stream) abortLocked(err *StreamError) {
	if s.err == nil {
		s.err = err
	}
	s.st = closed
	s.conn.removeLocked(s)
	s.wakeLocked()
}

// wakeLocked wakes both sleepers of the stream, which look again.
func (s *Stream) wakeLocked() {
	if s.recvSig != nil {
		s.recvSig.Raise()
	}
	if s.sendSig != nil {
		s.sendSig.Raise()
	}
}
