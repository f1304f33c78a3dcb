package badserver

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

func setting(id frame.SettingID, value uint32) []byte {
	return frame.AppendSettings(nil, frame.Setting{ID: id, Value: value})
}

// writes is a step of bytes.
func writes(b ...byte) step { return func(p *rawpeer.Peer, _ uint32) { p.Write(b) } }

// breaks is an attack on the connection when a request is there: the client ends
// the connection and with it the call, which may have been executed.
func breaks(name string, steps ...step) attack {
	return responds(name, curlew.Unavailable, steps...)
}

// RFC 9113 §4 to §6, as a client sees them.
func TestFrames(t *testing.T) {
	const end, endHeaders, padded = frame.FlagEndStream, frame.FlagEndHeaders, frame.FlagPadded
	attacks := []attack{
		breaks("DATA on stream 0", writes(rawFrame(frame.TypeData, 0, 0, "x")...)),
		breaks("HEADERS on stream 0", writes(rawFrame(frame.TypeHeaders, endHeaders, 0, "\x88")...)),
		breaks("PING on a stream", raw(frame.TypePing, 0, "12345678")),
		breaks("PING of 7 octets", writes(rawFrame(frame.TypePing, 0, 0, "1234567")...)),
		breaks("RST_STREAM of 3 octets", raw(frame.TypeRSTStream, 0, "123")),
		breaks("WINDOW_UPDATE of 5 octets", raw(frame.TypeWindowUpdate, 0, "12345")),
		breaks("GOAWAY of 4 octets", writes(rawFrame(frame.TypeGoAway, 0, 0, "1234")...)),
		breaks("SETTINGS of 7 octets", writes(rawFrame(frame.TypeSettings, 0, 0, "1234567")...)),
		breaks("PUSH_PROMISE", raw(frame.TypePushPromise, endHeaders, "\x00\x00\x00\x02\x82")),
		breaks("HEADERS on an idle stream", func(p *rawpeer.Peer, id uint32) { header()(p, id+2) }),
		breaks("DATA on an idle stream", func(p *rawpeer.Peer, id uint32) { body(p, id+2) }),
		breaks("RST_STREAM on an idle stream", func(p *rawpeer.Peer, id uint32) { p.Reset(id+2, 0) }),
		breaks("WINDOW_UPDATE on an idle stream", func(p *rawpeer.Peer, id uint32) { p.Write(frame.AppendWindowUpdate(nil, id+2, 1)) }),
		breaks("HEADERS on a stream of its own", func(p *rawpeer.Peer, id uint32) { header()(p, 2) }),
		breaks("padding as long as the payload", header(), raw(frame.TypeData, padded, "\x02a")),
		breaks("a frame longer than allowed", header(), raw(frame.TypeData, 0, string(make([]byte, 16385)))),
		breaks("a frame said to be of 16 MiB", header(), writes(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1)),
		breaks("HEADERS interrupted", raw(frame.TypeHeaders, 0, "\x88"), writes(frame.AppendPing(nil, false, [8]byte{})...)),
		breaks("CONTINUATION of nothing", raw(frame.TypeContinuation, endHeaders, "\x88")),
		breaks("CONTINUATION without end", raw(frame.TypeHeaders, 0, "\x88"), times(10000, raw(frame.TypeContinuation, 0, ""))),
		breaks("CONTINUATION of a flood of fields", raw(frame.TypeHeaders, 0, "\x88"), times(10000, raw(frame.TypeContinuation, 0, strings.Repeat("\x88", 16000)))),
		breaks("HPACK: index 0", raw(frame.TypeHeaders, endHeaders, "\x80")),
		breaks("HPACK: an index beyond the tables", raw(frame.TypeHeaders, endHeaders, "\xff\x40")),
		breaks("HPACK: bad Huffman", raw(frame.TypeHeaders, endHeaders, "\x40\x01a\x84\xff\xff\xff\xff")),
		breaks("HPACK: a table larger than allowed", raw(frame.TypeHeaders, endHeaders, "\x3f\xff\xff\xff\x7f\x88")),
		breaks("HPACK: a size update in the middle", raw(frame.TypeHeaders, endHeaders, "\x88\x20")),
		breaks("increment 0 of the connection", writes(rawFrame(frame.TypeWindowUpdate, 0, 0, "\x00\x00\x00\x00")...)),
		breaks("the connection's window beyond 2^31-1", writes(frame.AppendWindowUpdate(nil, 0, 1<<31-1)...)),
		breaks("a response to an upgrade", writes([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")...)),
		responds("HPACK: a bomb", curlew.ResourceExhausted, func(p *rawpeer.Peer, id uint32) {
			// An entry of 4 KB, then a byte for each time that it is repeated.
			block := "\x88\x40\x03x-a\x7f\xa1\x1e" + long[:4000]
			block += strings.Repeat("\xbe", 16000-len(block))
			p.Write(rawFrame(frame.TypeHeaders, end|endHeaders, id, block))
		}),
		responds("HPACK: thousands of small fields", curlew.ResourceExhausted, raw(frame.TypeHeaders, end|endHeaders, "\x88\x40\x01a\x00"+strings.Repeat("\xbe", 15000))),
		responds("DATA before HEADERS", curlew.Internal, body, header(), ok),
		responds("DATA behind the end", curlew.OK, header(), body, ok, body, body),
		responds("increment 0 of the stream", curlew.Internal, raw(frame.TypeWindowUpdate, 0, "\x00\x00\x00\x00")),
		responds("unknown frames", curlew.OK, raw(0x0a, 0xff, "x"), raw(0xee, 0xff, "x"), header(), raw(0x0b, 0, ""), body, ok),
		responds("a byte a frame", curlew.OK, header(), func(p *rawpeer.Peer, id uint32) {
			for _, b := range fine() {
				p.Data(id, false, []byte{b})
				p.Sync()
			}
		}, ok),
		responds("undefined flags", curlew.OK, header(), raw(frame.TypeData, 0xf6&^padded, string(fine())), ok),
	}
	for _, v := range []uint32{0, 16383, 1 << 24, 1<<32 - 1} {
		attacks = append(attacks, breaks(fmt.Sprint("SETTINGS_MAX_FRAME_SIZE of ", v), writes(setting(frame.SettingMaxFrameSize, v)...)))
	}
	for _, v := range []uint32{1 << 31, 1<<32 - 1} {
		attacks = append(attacks, breaks(fmt.Sprint("SETTINGS_INITIAL_WINDOW_SIZE of ", v), writes(setting(frame.SettingInitialWindowSize, v)...)))
	}
	attacks = append(attacks, breaks("SETTINGS_ENABLE_PUSH of 1", writes(setting(frame.SettingEnablePush, 1)...)))
	perform(t, attacks)
}

// What the first SETTINGS frame says: a connection with wrong ones is none.
func TestFirstSettings(t *testing.T) {
	opens := func(b []byte) func(net.Conn) {
		return func(nc net.Conn) {
			nc.Write(b)
			silent(nc)
		}
	}
	perform(t, []attack{
		{name: "SETTINGS_MAX_FRAME_SIZE of 0", want: curlew.Unavailable, script: opens(setting(frame.SettingMaxFrameSize, 0))},
		{name: "SETTINGS_INITIAL_WINDOW_SIZE of 2^31", want: curlew.Unavailable, script: opens(setting(frame.SettingInitialWindowSize, 1<<31))},
		{name: "PING first", want: curlew.Unavailable, script: opens(frame.AppendPing(nil, false, [8]byte{}))},
		{name: "GOAWAY first", want: curlew.Unavailable, script: opens(frame.AppendGoAway(nil, 0, frame.CodeNo, ""))},
		{name: "SETTINGS ACK first", want: curlew.Unavailable, script: opens(frame.AppendSettingsAck(nil))},
		{name: "HTTP/1.1", want: curlew.Unavailable, script: opens([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))},
		{name: "garbage", want: curlew.Unavailable, script: opens(make([]byte, 1000))},
		{name: "no streams allowed", want: curlew.DeadlineExceeded, within: moment,
			script: greeted((*rawpeer.Peer).Drain, frame.Setting{ID: frame.SettingMaxConcurrentStreams, Value: 0})},
		{name: "windows of 0", want: curlew.DeadlineExceeded, within: moment,
			script: greeted((*rawpeer.Peer).Drain, frame.Setting{ID: frame.SettingInitialWindowSize, Value: 0})},
	})
}

// What comes without end costs the server its connection, not the client its
// memory.
func TestFloods(t *testing.T) {
	before := held()
	flood := func(b []byte) step {
		return func(p *rawpeer.Peer, _ uint32) {
			many := []byte(strings.Repeat(string(b), 100))
			for range 1000 {
				p.Write(many)
			}
		}
	}
	onStream := func(typ frame.Type, payload string) step {
		return func(p *rawpeer.Peer, id uint32) { flood(rawFrame(typ, 0, id, payload))(p, id) }
	}
	perform(t, []attack{
		breaks("PING", flood(frame.AppendPing(nil, false, [8]byte{}))),
		breaks("acknowledgements of PING", flood(frame.AppendPing(nil, true, [8]byte{}))),
		breaks("acknowledgements of SETTINGS", flood(frame.AppendSettingsAck(nil))),
		breaks("SETTINGS", flood(frame.AppendSettings(nil))),
		breaks("windows to and fro", flood(append(setting(frame.SettingInitialWindowSize, 0), setting(frame.SettingInitialWindowSize, 1<<31-1)...))),
		breaks("tables to and fro", flood(append(setting(frame.SettingHeaderTableSize, 0), setting(frame.SettingHeaderTableSize, 1<<32-1)...))),
		breaks("PRIORITY", flood(frame.AppendPriority(nil, 1, frame.Priority{DependsOn: 3}))),
		breaks("unknown frames", flood(rawFrame(0xee, 0, 0, ""))),
		breaks("WINDOW_UPDATE of the connection", flood(frame.AppendWindowUpdate(nil, 0, 1))),
		breaks("WINDOW_UPDATE of the stream", onStream(frame.TypeWindowUpdate, "\x00\x00\x00\x01")),
		breaks("empty DATA", header(), onStream(frame.TypeData, "")),
		breaks("DATA of padding alone", header(), func(p *rawpeer.Peer, id uint32) {
			flood(rawFrame(frame.TypeData, frame.FlagPadded, id, "\x01\x00"))(p, id)
		}),
		responds("RST_STREAM of a call that has ended", curlew.OK, header(), body, ok, onStream(frame.TypeRSTStream, "\x00\x00\x00\x08")),
		responds("DATA of a call that has ended", curlew.OK, header(), body, ok, onStream(frame.TypeData, "x")),
		breaks("GOAWAY", flood(frame.AppendGoAway(nil, 1<<31-1, 0, ""))),
		responds("DATA beyond the window", curlew.Internal, header(), times(400, data([]byte(long)))),
	})
	t.Cleanup(func() {
		if now := held(); now > before+ample {
			t.Errorf("the heap has grown from %d to %d bytes", before, now)
		}
	})
}

// GOAWAY, RFC 9113 §6.8.
func TestGoAway(t *testing.T) {
	goAway := func(last uint32, code frame.ErrCode, debug string) step {
		return func(p *rawpeer.Peer, id uint32) { p.SayGoAway(last, code, debug) }
	}
	perform(t, []attack{
		responds("with the call", curlew.OK, goAway(1, 0, ""), header(), body, ok),
		breaks("last stream grows", goAway(1, 0, ""), goAway(3, 0, ""), goAway(1<<31-1, frame.CodeProtocol, ""), func(p *rawpeer.Peer, _ uint32) { p.Close() }),
		breaks("never processed, though its response has begun", header(), body, goAway(0, 0, ""), func(p *rawpeer.Peer, _ uint32) { p.Close() }),
		breaks("a last stream that the server would open", goAway(2, 0, ""), func(p *rawpeer.Peer, _ uint32) { p.Close() }),
		breaks("16 KB of debug data", goAway(1, frame.CodeInternal, long), func(p *rawpeer.Peer, _ uint32) { p.Close() }),
		breaks("debug data that is no text", goAway(1, frame.CodeEnhanceYourCalm, "\x00\xff\r\nx"), func(p *rawpeer.Peer, _ uint32) { p.Close() }),
		// The call was not processed, so it goes to another connection, and once more.
		breaks("never processed, by every connection", goAway(0, 0, ""), func(p *rawpeer.Peer, _ uint32) { p.Close() }),
	})
}
