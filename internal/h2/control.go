package h2

import (
	"errors"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// controlOnReader handles the frames that carry neither fields nor content.
// Each costs us work and the peer next to nothing, so each draws on the budget.
func (c *Conn) controlOnReader(h frame.Header, p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch h.Type {
	case frame.TypeSettings:
		return c.settingsLocked(h, p)
	case frame.TypePing:
		return c.pingLocked(h, [8]byte(p))
	case frame.TypeGoAway:
		return c.goAwayLocked(frame.ParseGoAway(p))
	case frame.TypeWindowUpdate:
		return c.windowUpdateLocked(h.StreamID, frame.ParseWindowUpdate(p))
	case frame.TypeRSTStream:
		return c.resetByPeerLocked(h.StreamID, frame.ParseRSTStream(p))
	case frame.TypePriority:
		if frame.ParsePriority(p).DependsOn == h.StreamID {
			return connError(frame.CodeProtocol, "a stream that depends on itself")
		}
		return c.chargeLocked(1, "PRIORITY frames")
	}
	return c.chargeLocked(1, "frames of unknown types") // RFC 9113 §5.5: ignored
}

// settingsPerCharge is how many settings one draw on the budget is for. There
// are fewer in an honest frame; each of them may concern every stream.
const settingsPerCharge = 16

// windowsPerCharge is how many streams' windows one draw is for. Who waits for a
// window is woken.
const windowsPerCharge = 64

func (c *Conn) settingsLocked(h frame.Header, p []byte) error {
	if h.Flags.Has(frame.FlagAck) {
		if c.acked {
			return c.chargeLocked(1, "acknowledgements of nothing")
		}
		c.acked = true
		c.watch.settings = never
		return nil
	}
	n := len(p) / 6
	if err := c.chargeLocked(1+int32(n/settingsPerCharge), "SETTINGS frames"); err != nil {
		return err
	}
	for i := range n {
		set := frame.SettingAt(p, i)
		if err := set.Check(); err != nil {
			return asConnError(err)
		}
		if err := c.applyLocked(set); err != nil {
			return err
		}
	}
	if !c.greeted {
		c.greeted = true
		c.watch.handshake = never
		c.watch.armLocked(c, &c.watch.settings, c.cfg.HandshakeTimeout)
		if c.client {
			close(c.ready)
		}
		c.watch.keepaliveLocked(c)
	}
	b := c.roomLocked(frame.HeaderLen)
	b.B = frame.AppendSettingsAck(b.B)
	return c.forcedLocked(frame.HeaderLen)
}

func (c *Conn) applyLocked(set frame.Setting) error {
	switch set.ID {
	case frame.SettingHeaderTableSize:
		c.enc.SetPeerTableSize(set.Value)
	case frame.SettingEnablePush:
		if c.client && set.Value != 0 {
			return connError(frame.CodeProtocol, "a server that enables push")
		}
	case frame.SettingMaxConcurrentStreams:
		c.peerStreams = set.Value
		c.tellCapacityLocked()
	case frame.SettingInitialWindowSize:
		// RFC 9113 §6.9.2: the difference applies to every open stream.
		delta := int32(set.Value) - c.peerWindow
		c.peerWindow = int32(set.Value)
		if delta != 0 {
			if err := c.chargeLocked(int32(len(c.streams)/windowsPerCharge), "changes of all windows"); err != nil {
				return err
			}
		}
		for _, s := range c.streams {
			if !s.send.Adjust(delta) {
				return connError(frame.CodeFlowControl, "SETTINGS overflow a stream's window")
			}
			if delta > 0 && s.sendSig != nil && s.send.Available() > 0 {
				s.sendSig.Raise()
			}
		}
	case frame.SettingMaxFrameSize:
		// Larger frames would make others wait longer; 16 KiB costs little.
		c.peerMaxFrame = min(set.Value, frame.DefaultMaxSize)
	}
	return nil
}

func (c *Conn) pingLocked(h frame.Header, data [8]byte) error {
	if !h.Flags.Has(frame.FlagAck) {
		if err := c.judgePingLocked(); err != nil {
			return err
		}
		if err := c.answeredLocked("PING frames"); err != nil {
			return err
		}
		b := c.roomLocked(frame.HeaderLen + len(data))
		b.B = frame.AppendPing(b.B, true, data)
		return c.forcedLocked(frame.HeaderLen + len(data))
	}
	switch {
	case data == probePing && c.probing:
		c.probing = false
		if window, grew := c.est.Ack(c.sinceStart(), c.window); grew {
			c.window = min(window, c.cfg.MaxWindow)
		}
		return nil
	case data == drainPing && c.watch.drain != never:
		c.watch.drain = never
		c.finalGoAwayLocked()
		return nil
	case data == suspicionPing && c.suspicion.asked:
		c.clearedLocked()
		return nil
	case data == keepalivePing && c.watch.ping != never:
		c.watch.ping = never // whatever is heard is an answer to it
		return nil
	}
	return c.chargeLocked(1, "acknowledgements of nothing")
}

// The payloads of our PING frames say what they are for.
var (
	probePing     = [8]byte{'c', 'u', 'r', 'l', 'e', 'w', 'b', 'w'}
	drainPing     = [8]byte{'c', 'u', 'r', 'l', 'e', 'w', 'g', 'o'}
	keepalivePing = [8]byte{'c', 'u', 'r', 'l', 'e', 'w', 'k', 'a'}
	suspicionPing = [8]byte{'c', 'u', 'r', 'l', 'e', 'w', 's', 'u'}
)

// probeSize is the least DATA frame worth looking at the clock for.
const probeSize = 4 << 10

func (c *Conn) probeLocked() {
	c.probing = true
	b := c.roomLocked(frame.HeaderLen + 8)
	b.B = frame.AppendPing(b.B, false, probePing)
}

func (c *Conn) sinceStart() time.Duration { return time.Since(c.start) }

func (c *Conn) windowUpdateLocked(id, inc uint32) error {
	if id == 0 {
		if inc == 0 {
			return connError(frame.CodeProtocol, "WINDOW_UPDATE of zero")
		}
		if !c.send.Add(inc) {
			return connError(frame.CodeFlowControl, "WINDOW_UPDATE overflows the connection's window")
		}
		c.wakeSendersLocked()
		return c.answeredLocked("WINDOW_UPDATE frames")
	}
	s := c.streams[id]
	if s == nil {
		if c.idleLocked(id) {
			return connError(frame.CodeProtocol, "WINDOW_UPDATE on an idle stream")
		}
		return c.answeredLocked("WINDOW_UPDATE on closed streams")
	}
	if inc == 0 {
		return c.punishLocked(&violation{id, frame.CodeProtocol, "WINDOW_UPDATE of zero"})
	}
	if !s.send.Add(inc) {
		return c.punishLocked(&violation{id, frame.CodeFlowControl, "WINDOW_UPDATE overflows the stream's window"})
	}
	if s.sendSig != nil {
		s.sendSig.Raise()
	}
	return c.answeredLocked("WINDOW_UPDATE frames")
}

func (c *Conn) resetByPeerLocked(id uint32, code frame.ErrCode) error {
	s := c.streams[id]
	if s == nil {
		if c.idleLocked(id) {
			return connError(frame.CodeProtocol, "RST_STREAM on an idle stream")
		}
		if late := c.late.find(id); late != nil {
			c.forgetLateLocked(late)
		}
		return c.strayLocked("RST_STREAM on closed streams")
	}
	unprocessed := c.client && code == frame.CodeRefusedStream
	s.abortLocked(&StreamError{Code: code, Remote: true, Unprocessed: unprocessed})
	c.aborted = append(c.aborted, s)
	if c.client {
		return nil
	}
	c.ended.add(id)
	// A request that is taken back has cost us its handler (CVE-2023-44487).
	return c.chargeLocked(2, "streams that are opened and reset")
}

func (c *Conn) goAwayLocked(last uint32, code frame.ErrCode, debug []byte) error {
	if err := c.chargeLocked(1, "GOAWAY frames"); err != nil {
		return err
	}
	ce := &ConnError{Code: code, Remote: true, Reason: string(debug[:min(len(debug), 256)])}
	first := !c.draining
	c.draining = true
	if c.client {
		c.abortStreamsLocked(func(s *Stream) *StreamError {
			if s.id <= last {
				return nil
			}
			return &StreamError{Code: frame.CodeRefusedStream, Unprocessed: true, Conn: ce}
		})
	}
	if code != frame.CodeNo && c.err == nil {
		c.err = ce
	}
	if first && c.observer.Draining != nil {
		c.observer.Draining()
	}
	if !c.client {
		c.finalGoAwayLocked()
	}
	c.finishLocked()
	return nil
}

// chargeLocked draws n from the budget for frames that cost us work and the
// peer nothing. Requests that are served refill it.
func (c *Conn) chargeLocked(n int32, what string) error {
	if c.glitches -= n; c.glitches >= 0 {
		return nil
	}
	// Time refills it too, or a connection that only sends an honest PING now
	// and then would end one day.
	now := c.sinceStart()
	if now-c.refilled < refillTime {
		return connError(frame.CodeEnhanceYourCalm, "too many "+what)
	}
	c.refilled = now
	c.glitches = c.cfg.MaxGlitches
	return nil
}

// strayOnReader is strayLocked for callers without the mutex.
func (c *Conn) strayOnReader(what string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.strayLocked(what)
}

const refillTime = 10 * time.Second

// usefulCall is what a request that was served, or answered, makes up for.
const usefulCall = 4

// rewardLocked refills the budget for useful work.
func (c *Conn) rewardLocked(n int32) {
	c.glitches = min(c.glitches+n, c.cfg.MaxGlitches)
}

// maxForced bounds what a peer that does not read can make us queue.
const maxForced = 64 << 10

func (c *Conn) forcedLocked(n int) error {
	if c.forced += n; c.forced > maxForced {
		return connError(frame.CodeEnhanceYourCalm, "the peer asks for answers and does not read them")
	}
	return nil
}

// punishLocked ends a stream whose peer broke the rules, and charges it: a peer
// must not get work done by us for streams that it has us reset (CVE-2025-8671).
func (c *Conn) punishLocked(v *violation) error {
	if c.violated == nil {
		c.violated = v
	}
	c.data.dropped = c.data.left > 0 && c.data.id == v.id // what comes of the frame yet
	if s := c.streams[v.id]; s != nil {
		s.resetLocked(v.code, &StreamError{Code: v.code, Reason: v.reason})
		c.aborted = append(c.aborted, s)
	} else {
		c.appendResetLocked(v.id, v.code)
		c.late.add(lateStream{v.id, -1})
	}
	if err := c.forcedLocked(frame.HeaderLen + 4); err != nil {
		return err
	}
	return c.chargeLocked(10, "violations, the last being: "+v.reason)
}

// punishable punishes err if it is a violation, and returns what is left of it.
func (c *Conn) punishable(err error) error {
	var v *violation
	if errors.As(err, &v) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.punishLocked(v)
	}
	return err
}
