package h2

import (
	"errors"

	"github.com/curlew-rpc/curlew/internal/bufpool"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// A dataFrame is a DATA frame that is being received.
type dataFrame struct {
	id      uint32
	left    uint32
	end     bool
	dropped bool // its stream was ended for its beginning
}

// A headerBlock is a field block that is being received in several frames.
type headerBlock struct {
	id     uint32 // 0: none
	end    bool   // END_STREAM
	block  []byte
	frames int
}

// maxContinuations bounds the frames of one header block (VU#421644).
const maxContinuations = 16

// admitOnReader judges a frame by its header.
func (c *Conn) admitOnReader(h frame.Header) error {
	if !c.greeted && (h.Type != frame.TypeSettings || h.Flags.Has(frame.FlagAck)) {
		return connError(frame.CodeProtocol, "the first frame is not SETTINGS")
	}
	// RFC 9113 §6.10: nothing comes between the frames of a header block.
	if c.block.id != 0 && (h.Type != frame.TypeContinuation || h.StreamID != c.block.id) {
		return connError(frame.CodeProtocol, "a header block is interrupted by "+h.Type.String())
	}
	if err := h.Check(frame.DefaultMaxSize); err != nil {
		return asConnError(err)
	}
	return nil
}

// asConnError turns what package frame found into our words. Its stream errors
// become connection errors: a peer that gets lengths wrong is broken, and
// every RST_STREAM it could provoke from us would cost it nothing (CVE-2025-8671).
func asConnError(err error) error {
	var fe *frame.Error
	if errors.As(err, &fe) {
		return connError(fe.Code, fe.Reason)
	}
	return err
}

// frameOnReader handles one whole frame. A *violation ends a stream, any other
// error the connection.
func (c *Conn) frameOnReader(h frame.Header, payload []byte) error {
	switch h.Type {
	case frame.TypeData:
		data, err := frame.ParseData(h, payload)
		if err != nil {
			return asConnError(err)
		}
		return c.dataOnReader(h.StreamID, data, len(payload)-len(data), h.Flags.Has(frame.FlagEndStream))
	case frame.TypeHeaders:
		fragment, prio, err := frame.ParseHeaders(h, payload)
		if err != nil {
			return asConnError(err)
		}
		if h.Flags.Has(frame.FlagPriority) && prio.DependsOn == h.StreamID {
			return connError(frame.CodeProtocol, "a stream that depends on itself")
		}
		c.block.end = h.Flags.Has(frame.FlagEndStream)
		return c.fragmentOnReader(h, fragment)
	case frame.TypeContinuation:
		if c.block.id == 0 {
			return connError(frame.CodeProtocol, "CONTINUATION without HEADERS")
		}
		return c.fragmentOnReader(h, payload)
	case frame.TypePushPromise:
		return connError(frame.CodeProtocol, "PUSH_PROMISE, which we have not allowed")
	}
	return c.controlOnReader(h, payload)
}

// fragmentOnReader collects a header block and handles it when it is complete.
func (c *Conn) fragmentOnReader(h frame.Header, fragment []byte) error {
	hb := &c.block
	if !h.Flags.Has(frame.FlagEndHeaders) || hb.id != 0 {
		if hb.id == 0 {
			hb.id = h.StreamID
			c.mu.Lock()
			c.watch.armLocked(c, &c.watch.block, c.cfg.HandshakeTimeout)
			c.mu.Unlock()
		}
		hb.frames++
		if hb.frames > maxContinuations || len(hb.block)+len(fragment) > 2*int(c.cfg.MaxHeaderBytes)+frame.DefaultMaxSize {
			return connError(frame.CodeEnhanceYourCalm, "a header block without end")
		}
		hb.block = append(hb.block, fragment...)
		if !h.Flags.Has(frame.FlagEndHeaders) {
			return nil
		}
		fragment = hb.block
		c.mu.Lock()
		c.watch.block = never
		c.mu.Unlock()
	}
	end := hb.end
	*hb = headerBlock{}
	if c.client {
		return c.responseOnReader(h.StreamID, end, fragment)
	}
	return c.requestOnReader(h.StreamID, end, fragment)
}

// requestOnReader handles a header block of a client.
func (c *Conn) requestOnReader(id uint32, end bool, block []byte) error {
	if id%2 == 0 {
		return connError(frame.CodeProtocol, "a client's stream with an even identifier")
	}
	if id <= c.peerMax {
		return c.requestTrailerOnReader(id, end, block)
	}
	c.peerMax = id
	sec, err := c.decodeOnReader(request, block)
	if err != nil {
		return err
	}
	if sec.malformed != "" {
		return &violation{id, frame.CodeProtocol, "malformed request: " + sec.malformed}
	}
	if end && sec.msg.ContentLength > 0 {
		return &violation{id, frame.CodeProtocol, "content-length without content"}
	}
	c.mu.Lock()
	if c.gone || c.goingAway {
		c.late.add(lateStream{id, -1}) // above the last identifier that GOAWAY named
		c.tally.Refused++
		c.mu.Unlock()
		return nil
	}
	if uint32(len(c.streams)) >= c.cfg.MaxStreams || uint32(c.running) >= c.cfg.MaxStreams {
		c.mu.Unlock()
		return &violation{id, frame.CodeRefusedStream, "too many streams"}
	}
	c.mu.Unlock()

	s, start := c.acceptor.AcceptOnReader(sec.msg)
	s.conn, s.id = c, id
	s.rest = sec.msg.ContentLength
	s.whole, s.limit, s.length = start.Whole, start.Limit, start.Length
	s.send.Init(0)
	s.recv.Init(c.cfg.StreamWindow)
	c.mu.Lock()
	if c.gone || c.goingAway { // since the check above
		s.st, s.err = closed, errNeverSent
		c.late.add(lateStream{id, -1})
		c.tally.Refused++
		c.mu.Unlock()
		s.owner.Aborted(s.err)
		return nil
	}
	s.send.Init(c.peerWindow)
	c.lastID = id
	c.streams[id] = s
	c.pings.paid = true
	if c.leaving != "" && !c.draining {
		c.drainLocked(c.leaving)
	}
	if s.whole {
		c.watch.waiting++
	}
	if end {
		s.eof = true
		s.st = s.st.endRemote()
	}
	run := c.startLocked(s)
	c.mu.Unlock()
	if run {
		c.cfg.Workers.run(s)
	}
	return nil
}

// requestTrailerOnReader handles a second header block on a stream, which
// gRPC has no use for.
func (c *Conn) requestTrailerOnReader(id uint32, end bool, block []byte) error {
	sec, err := c.decodeOnReader(trailer, block)
	if err != nil {
		return err
	}
	c.mu.Lock()
	s := c.streams[id]
	known := c.ended.has(id)
	open := s != nil && s.st.mayReceive()
	late := c.late.find(id)
	isLate := late != nil
	if isLate && end && sec.malformed == "" {
		err = c.endLateLocked(late)
	}
	c.mu.Unlock()
	switch {
	case err != nil:
		return err
	case s == nil && !isLate && known:
		return connError(frame.CodeStreamClosed, "HEADERS on a closed stream")
	case s == nil && !isLate:
		return connError(frame.CodeProtocol, "a stream identifier lower than one before")
	case !open && !isLate:
		return &violation{id, frame.CodeStreamClosed, "HEADERS after END_STREAM"}
	case sec.malformed != "":
		return &violation{id, frame.CodeProtocol, "malformed trailers: " + sec.malformed}
	case !end:
		return &violation{id, frame.CodeProtocol, "trailers without END_STREAM"}
	case isLate:
		return c.strayOnReader("HEADERS on closed streams")
	}
	return c.endOnReader(s)
}

// responseOnReader handles a header block of a server.
func (c *Conn) responseOnReader(id uint32, end bool, block []byte) error {
	c.mu.Lock()
	idle := id%2 == 0 || id >= c.nextID
	s := c.streams[id]
	k := response
	if s != nil && s.header != nil {
		k = trailer
	}
	c.mu.Unlock()
	if idle {
		return connError(frame.CodeProtocol, "HEADERS on an idle stream")
	}
	sec, err := c.decodeOnReader(k, block)
	if err != nil {
		return err
	}
	if s == nil { // we have reset it
		return c.strayOnReader("HEADERS on closed streams")
	}
	informational := k == response && sec.msg.Status/100 == 1 && !sec.msg.TooLarge
	switch {
	case sec.malformed != "":
		return &violation{id, frame.CodeProtocol, "malformed response: " + sec.malformed}
	case (k == trailer || informational) && end == informational:
		return &violation{id, frame.CodeProtocol, "END_STREAM where it may not be, or not where it must"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !s.st.mayReceive():
		return nil // reset meanwhile, or after its end: then nobody listens
	case informational:
		return c.chargeLocked(1, "informational responses")
	case k == response:
		c.suspicion.servedLocked()
		s.header = sec.msg
		s.rest = sec.msg.ContentLength
		if end {
			s.trailer = sec.msg
		}
	default:
		s.trailer = sec.msg
	}
	if end {
		return c.endLocked(s)
	}
	s.wakeReceiverLocked()
	return nil
}

// dataOnReader handles a DATA frame or a piece of one. padding counts for flow
// control only (RFC 9113 §6.9.1).
func (c *Conn) dataOnReader(id uint32, data []byte, padding int, end bool) error {
	size := uint32(len(data) + padding)
	c.mu.Lock()
	if !c.recv.Receive(size) {
		c.mu.Unlock()
		return connError(frame.CodeFlowControl, "the connection's window is overrun")
	}
	s := c.streams[id]
	if c.data.dropped {
		c.creditConnLocked(size)
		c.mu.Unlock()
		return nil
	}
	if s == nil || !s.st.mayReceive() {
		err := c.strayDataLocked(s, id, size, len(data), end)
		c.mu.Unlock()
		return c.punishable(err)
	}
	defer c.mu.Unlock()
	if !s.recv.Receive(size) {
		c.creditConnLocked(size)
		return c.punishLocked(&violation{id, frame.CodeFlowControl, "the stream's window is overrun"})
	}
	if c.client && s.header == nil {
		c.creditConnLocked(size)
		return c.punishLocked(&violation{id, frame.CodeProtocol, "DATA before HEADERS"})
	}
	if s.rest >= 0 {
		if s.rest -= int64(len(data)); s.rest < 0 {
			c.creditConnLocked(size)
			return c.punishLocked(&violation{id, frame.CodeProtocol, "more content than content-length"})
		}
	}
	if len(data) == 0 && !end {
		if err := c.chargeLocked(1, "empty DATA frames"); err != nil {
			return err
		}
	}
	c.suspicion.servedLocked()
	c.keepLocked(s, data)
	if padding > 0 {
		c.creditConnLocked(uint32(padding))
		s.creditLocked(uint32(padding))
	}
	if len(data) >= probeSize && c.est.Receive(len(data), c.sinceStart()) {
		c.probeLocked()
	}
	if end {
		return c.endLocked(s)
	}
	s.wakeReceiverLocked()
	if c.startLocked(s) {
		// Rare: a whole request that has outgrown its limit.
		c.cfg.Workers.run(s)
	}
	return nil
}

// keepLocked stores content in the stream and returns credit for what need not
// wait for its receiver.
func (c *Conn) keepLocked(s *Stream, data []byte) {
	n := len(data)
	if n == 0 {
		return
	}
	if s.abandoned {
		c.creditConnLocked(uint32(n))
		s.creditLocked(uint32(n))
		return
	}
	if s.in == nil {
		s.in = bufpool.Get(s.bufferSizeLocked(data, n))
	} else if have := len(s.in.B) + n; have > cap(s.in.B) {
		if room := s.bufferSizeLocked(s.in.B, have); room > have {
			s.in.Reserve(room)
		}
	}
	s.in.Append(data)
	c.buffered += int64(n)
	// The connection's window is no limit on memory: were it withheld, requests
	// that are awaited whole could each wait for the other's share.
	c.creditConnLocked(uint32(n))
	s.owed += uint32(n)
	s.forestallLocked()
}

// bufferSizeLocked returns how large a buffer is to be for have bytes, which begin with
// content. Where a long message is on its way, growing by steps of two would copy it
// once more on the whole, so steps are of eight; but never more than what is known to
// come, and not while the connection holds much for others: memory counts as it is
// allocated.
func (s *Stream) bufferSizeLocked(content []byte, have int) int {
	if have < readSize/2 || s.conn.buffered-int64(have) > int64(s.conn.cfg.ConnBuffer)/8 {
		return have
	}
	return max(have, min(s.expectedLocked(content), 8*have))
}

// expectedLocked returns how many bytes are waited for behind the beginning of content,
// if that is known.
func (s *Stream) expectedLocked(content []byte) int {
	switch {
	case s.whole && s.length != nil:
		return min(s.length(content), s.limit)
	case s.recvSig != nil && s.need != forEnd:
		// What the receiver waits for begins here, be it the length or what has it.
		if s.length != nil {
			return max(s.need, s.length(content))
		}
		return s.need
	}
	return 0
}

// awaitedLocked reports whether somebody waits for more than the stream has, so
// that what it has need not be taken before there is credit for more.
func (s *Stream) awaitedLocked() bool {
	if s.whole {
		return s.inLocked() <= s.limit
	}
	return s.recvSig != nil && s.need > s.inLocked()
}

// settleLocked returns the credit that the stream owes.
func (s *Stream) settleLocked() bool {
	owed := s.owed
	s.owed = 0
	return s.creditLocked(owed)
}

// grantLocked decides whether a stream may get credit for more before what it
// has is taken. When the connection holds more than it should, only one stream
// at a time goes on, so that memory stays bounded and everybody's turn comes.
func (c *Conn) grantLocked(s *Stream) bool {
	if c.buffered <= int64(c.cfg.ConnBuffer) {
		return true
	}
	if c.favoured == nil {
		c.favoured = s
	}
	c.strained = true
	return c.favoured == s
}

// relaxLocked lets streams go on that were refused credit, after s has got what
// it waited for, or bytes have been taken.
func (c *Conn) relaxLocked(s *Stream) {
	if c.favoured == s {
		c.favoured = nil
	}
	if !c.strained || c.favoured != nil && c.buffered > int64(c.cfg.ConnBuffer)/2 {
		return
	}
	c.strained = false
	for _, other := range c.streams {
		if other.owed > 0 && other.awaitedLocked() && c.grantLocked(other) {
			other.settleLocked()
		}
	}
}

// creditConnLocked consumes n bytes of the connection's window.
func (c *Conn) creditConnLocked(n uint32) {
	if inc := c.recv.Consume(n); inc > 0 {
		c.appendWindowUpdateLocked(0, inc)
	}
}

// consumedLocked notes that n buffered bytes have been taken or dropped.
func (c *Conn) consumedLocked(n int) {
	c.buffered -= int64(n)
	if c.strained {
		c.relaxLocked(nil)
	}
}

// idleLocked reports whether no stream id has been opened yet.
func (c *Conn) idleLocked(id uint32) bool {
	if c.client {
		return id%2 == 0 || id >= c.nextID
	}
	return id%2 == 0 || id > c.peerMax
}

func (c *Conn) endOnReader(s *Stream) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !s.st.mayReceive() {
		return nil
	}
	return c.endLocked(s)
}

// endLocked handles END_STREAM of the peer.
func (c *Conn) endLocked(s *Stream) error {
	if s.rest > 0 {
		return c.punishLocked(&violation{s.id, frame.CodeProtocol, "less content than content-length"})
	}
	s.eof = true
	s.st = s.st.endRemote()
	c.relaxLocked(s)
	if c.client {
		c.rewardLocked(usefulCall)
		if s.st == halfClosedRemote {
			// The response is complete, the rest of the request is not wanted.
			c.appendResetLocked(s.id, frame.CodeNo)
			c.lateLocked(s)
			s.st = closed
		}
	}
	if s.st == closed {
		c.removeLocked(s)
	}
	s.wakeLocked()
	if c.startLocked(s) {
		c.cfg.Workers.run(s)
	}
	return nil
}

// startLocked decides whether a server's stream is to be run now, and counts it.
func (c *Conn) startLocked(s *Stream) bool {
	if c.client || s.started || s.st == closed {
		return false
	}
	if s.whole && !s.eof && s.inLocked() <= s.limit {
		return false
	}
	if s.whole {
		c.watch.waiting--
		s.whole = false
		c.relaxLocked(s)
	}
	s.started = true
	s.running = true
	c.running++
	return true
}

func (s *Stream) wakeReceiverLocked() {
	if s.recvSig != nil && s.metLocked(s.need) {
		s.recvSig.Raise()
	}
}
