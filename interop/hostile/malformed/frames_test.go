package malformed

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// raw returns a frame with a payload of any kind.
func raw(typ frame.Type, flags frame.Flags, id uint32, payload string) []byte {
	h := frame.Header{Length: uint32(len(payload)), Type: typ, Flags: flags, StreamID: id}
	return append(frame.AppendHeader(nil, h), payload...)
}

// writes is an attack by bytes.
func writes(frames ...[]byte) func(*attacker) {
	return func(a *attacker) {
		for _, f := range frames {
			a.Write(f)
		}
	}
}

// opened is an attack by bytes on a stream that is open.
func opened(frames ...[]byte) func(*attacker) {
	return func(a *attacker) {
		a.Headers(1, false, request(":path", bidiPath)...)
		writes(frames...)(a)
	}
}

func setting(id frame.SettingID, value uint32) []byte {
	return frame.AppendSettings(nil, frame.Setting{ID: id, Value: value})
}

const (
	goProtocol = "GOAWAY PROTOCOL_ERROR"
	goSize     = "GOAWAY FRAME_SIZE_ERROR"
	goFlow     = "GOAWAY FLOW_CONTROL_ERROR"
	goTable    = "GOAWAY COMPRESSION_ERROR"
	rstClosed  = "RST_STREAM STREAM_CLOSED"
)

// RFC 9113 §4 to §6.
func TestFrames(t *testing.T) {
	const end, endHeaders, padded = frame.FlagEndStream, frame.FlagEndHeaders, frame.FlagPadded
	attacks := []attack{
		{"DATA on stream 0", goProtocol, writes(raw(frame.TypeData, end, 0, "x"))},
		{"HEADERS on stream 0", goProtocol, writes(raw(frame.TypeHeaders, end|endHeaders, 0, "\x82"))},
		{"SETTINGS on a stream", goProtocol, writes(raw(frame.TypeSettings, 0, 1, ""))},
		{"PING on a stream", goProtocol, writes(raw(frame.TypePing, 0, 1, "12345678"))},
		{"GOAWAY on a stream", goProtocol, writes(raw(frame.TypeGoAway, 0, 1, "12345678"))},
		{"RST_STREAM on stream 0", goProtocol, writes(raw(frame.TypeRSTStream, 0, 0, "1234"))},
		{"PING of 7 octets", goSize, writes(raw(frame.TypePing, 0, 0, "1234567"))},
		{"RST_STREAM of 5 octets", goSize, opened(raw(frame.TypeRSTStream, 0, 1, "12345"))},
		{"WINDOW_UPDATE of 3 octets", goSize, writes(raw(frame.TypeWindowUpdate, 0, 0, "123"))},
		{"PRIORITY of 4 octets", goSize, writes(raw(frame.TypePriority, 0, 1, "1234"))},
		{"GOAWAY of 7 octets", goSize, writes(raw(frame.TypeGoAway, 0, 0, "1234567"))},
		{"SETTINGS of 5 octets", goSize, writes(raw(frame.TypeSettings, 0, 0, "12345"))},
		{"SETTINGS of 7 octets", goSize, writes(raw(frame.TypeSettings, 0, 0, "1234567"))},
		{"acknowledgement of SETTINGS with settings", goSize, writes(raw(frame.TypeSettings, frame.FlagAck, 0, "123456"))},
		{"DATA on an idle stream", goProtocol, writes(raw(frame.TypeData, end, 1, "x"))},
		{"RST_STREAM on an idle stream", goProtocol, writes(frame.AppendRSTStream(nil, 1, frame.CodeCancel))},
		{"WINDOW_UPDATE on an idle stream", goProtocol, writes(frame.AppendWindowUpdate(nil, 1, 1))},
		{"CONTINUATION on an idle stream", goProtocol, writes(raw(frame.TypeContinuation, endHeaders, 1, "\x82"))},
		{"CONTINUATION behind DATA", goProtocol, opened(raw(frame.TypeData, 0, 1, ""), raw(frame.TypeContinuation, endHeaders, 1, "\x82"))},
		{"PUSH_PROMISE", goProtocol, opened(raw(frame.TypePushPromise, endHeaders, 1, "\x00\x00\x00\x02\x82"))},
		{"an even stream", goProtocol, func(a *attacker) { a.call(2, request()) }},
		{"an earlier stream", goProtocol, func(a *attacker) {
			a.call(5, request())
			a.outcome(5)
			a.Headers(1, true, request()...)
		}},
		{"padding as long as the payload of DATA", goProtocol, opened(raw(frame.TypeData, padded, 1, "\x03ab"))},
		{"padding longer than the payload of HEADERS", goProtocol, writes(raw(frame.TypeHeaders, padded|end|endHeaders, 1, "\xff\x82"))},
		{"a frame longer than allowed", goSize, opened(raw(frame.TypeData, 0, 1, string(make([]byte, frame.DefaultMaxSize+1))))},
		{"a frame said to be of 16 MiB", goSize, opened([]byte{0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1})},
		{"SETTINGS longer than allowed", goSize, writes(raw(frame.TypeSettings, 0, 0, string(make([]byte, 16386))))},
		{"an unknown frame longer than allowed", goSize, writes(raw(0xee, 0, 0, string(make([]byte, frame.DefaultMaxSize+1))))},
		{"a window of the connection beyond 2^31-1", goFlow, writes(frame.AppendWindowUpdate(nil, 0, 1<<31-1))},
		{"an increment of 0 of the connection", goProtocol, writes(raw(frame.TypeWindowUpdate, 0, 0, "\x00\x00\x00\x00"))},
		{"an increment of 0 of a stream", malformed, opened(raw(frame.TypeWindowUpdate, 0, 1, "\x00\x00\x00\x00"))},
		{"a window of a stream beyond 2^31-1", "RST_STREAM FLOW_CONTROL_ERROR", opened(frame.AppendWindowUpdate(nil, 1, 1<<31-1))},
		{"a stream that depends on itself", goProtocol, writes(frame.AppendPriority(nil, 1, frame.Priority{DependsOn: 1}))},
		{"HEADERS interrupted by PING", goProtocol, writes(raw(frame.TypeHeaders, 0, 1, "\x82"), frame.AppendPing(nil, false, [8]byte{}))},
		{"HEADERS interrupted by DATA", goProtocol, writes(raw(frame.TypeHeaders, 0, 1, "\x82"), raw(frame.TypeData, 0, 1, "x"))},
		{"HEADERS interrupted by SETTINGS", goProtocol, writes(raw(frame.TypeHeaders, 0, 1, "\x82"), frame.AppendSettings(nil))},
		{"HEADERS interrupted by an unknown frame", goProtocol, writes(raw(frame.TypeHeaders, 0, 1, "\x82"), raw(0xee, 0, 1, ""))},
		{"HEADERS interrupted by another stream's", goProtocol, writes(raw(frame.TypeHeaders, 0, 1, "\x82"), raw(frame.TypeHeaders, endHeaders, 3, "\x82"))},
		{"CONTINUATION of another stream", goProtocol, writes(raw(frame.TypeHeaders, 0, 1, "\x82"), raw(frame.TypeContinuation, endHeaders, 3, "\x82"))},
		{"DATA on a stream that is half-closed", rstClosed, func(a *attacker) {
			a.Write(setting(frame.SettingInitialWindowSize, 0)) // so that the answer waits
			a.call(1, request())
			a.Data(1, false, hello())
		}},
		{"HEADERS on a stream that is half-closed", rstClosed, func(a *attacker) {
			a.Write(setting(frame.SettingInitialWindowSize, 0)) // so that the answer waits
			a.call(1, request())
			a.Headers(1, true, request()...)
		}},
	}
	// CVE-2026-33814 and its like: values are judged before they are used.
	for _, v := range []uint32{0, 1, 16383, 16777216, 1<<32 - 1} {
		attacks = append(attacks, attack{fmt.Sprint("SETTINGS_MAX_FRAME_SIZE of ", v), goProtocol, opened(setting(frame.SettingMaxFrameSize, v))})
	}
	for _, v := range []uint32{1 << 31, 1<<32 - 1} {
		attacks = append(attacks, attack{fmt.Sprint("SETTINGS_INITIAL_WINDOW_SIZE of ", v), goFlow, opened(setting(frame.SettingInitialWindowSize, v))})
	}
	for _, id := range []frame.SettingID{frame.SettingEnablePush, frame.SettingEnableConnectProtocol, frame.SettingNoRFC7540Priorities} {
		attacks = append(attacks, attack{fmt.Sprint(id, " of 2"), goProtocol, writes(setting(id, 2))})
	}
	eachWire(t, func(t *testing.T, tg *target) { tg.perform(t, attacks) })
}

// RFC 7541: a block that cannot be decoded leaves the tables apart, so the
// connection ends (CVE-2023-32731).
func TestHeaderBlocks(t *testing.T) {
	var attacks []attack
	for name, block := range map[string]string{
		"index 0": "\x80", "an index beyond the tables": "\xff\x40", "an index far beyond": "\xff\xff\xff\xff\x07", "an index without end": "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"a name's index beyond the table": "\x7f\x20\x01a", "a string cut off": "\x40\x05ab", "a string of 2 GiB": "\x40\x7f\xff\xff\xff\xff\x07", "a block cut off": "\x40",
		"Huffman: EOS": "\x40\x01a\x84\xff\xff\xff\xff", "Huffman: zero padding": "\x40\x01a\x81\x18", "Huffman: a byte of padding": "\x40\x01a\x82\x1f\xff",
		"a size update behind a field": "\x82\x20", "a size update above the limit": "\x3f\xe2\x1f\x82", "a size update without end": "\x3f\xff\xff\xff\xff\xff\xff\xff\x7f",
	} {
		attacks = append(attacks, attack{name, goTable, writes(raw(frame.TypeHeaders, frame.FlagEndStream|frame.FlagEndHeaders, 1, block))})
		attacks = append(attacks, attack{name + ", in trailers", goTable, opened(raw(frame.TypeHeaders, frame.FlagEndStream|frame.FlagEndHeaders, 1, block))})
	}
	eachWire(t, func(t *testing.T, tg *target) { tg.perform(t, attacks) })
}

// What must be ignored is, CVE-2026-27141: types that have no name among it.
func TestUnknownFrames(t *testing.T) {
	eachWire(t, func(t *testing.T, tg *target) {
		a := tg.attacker(t)
		for typ := 0x0a; typ <= 0xff; typ++ {
			a.Write(raw(frame.Type(typ), frame.Flags(typ), uint32(typ%3), "payload"))
		}
		a.Headers(1, false, request()...)
		a.Write(raw(0x0c, 0xff, 1, ""))
		a.Write(raw(frame.TypeData, 0xf6&^(frame.FlagEndStream|frame.FlagPadded), 1, string(hello())))
		a.Write([]byte{0, 0, 0, 0, 1, 0x80, 0, 0, 1}) // DATA with END_STREAM and the reserved bit
		if got := a.outcome(1); got != served {
			t.Errorf("a call amid unknown frames: %s", got)
		}
		a.Write(binary.BigEndian.AppendUint32([]byte{0, 0, 6, 4, 0, 0, 0, 0, 0, 0xfe, 0x03}, 1)) // an unknown setting
		a.call(3, request())
		if got := a.outcome(3); got != served || !a.Sync() || tg.log.count(a.address) != 0 {
			t.Errorf("the next: %s, %d lines logged", got, tg.log.count(a.address))
		}
		a.Close()
		tg.crowd.check(t)
	})
}

// A call's messages, PROTOCOL-HTTP2 "Length-Prefixed-Message".
func TestMessages(t *testing.T) {
	body := func(b string, fields ...string) func(*attacker) {
		return func(a *attacker) {
			a.Headers(1, false, request(fields...)...)
			a.Data(1, true, []byte(b))
		}
	}
	msg := func(flags byte, s string) string { return string(rawpeer.Message(flags, s)) }
	good := string(hello())
	var attacks []attack
	for _, m := range []struct {
		path, none, two string
	}{{unaryPath, "grpc 12", "grpc 12"}, {bidiPath, served, served}} {
		add := func(name, want, b string, fields ...string) {
			attacks = append(attacks, attack{name + " to " + m.path[len(m.path)-5:], want, body(b, append(fields, ":path", m.path)...)})
		}
		add("no message", m.none, "")
		add("two messages", m.two, good+good)
		add("an empty message", served, msg(0, ""))
		add("compressed without encoding", "grpc 13", msg(1, encoded("x")))
		add("compressed with identity", "grpc 13", msg(1, encoded("x")), "grpc-encoding", "identity")
		add("not what grpc-encoding says", "grpc 13", msg(1, "xyz"), "grpc-encoding", "gzip")
		for _, flags := range []byte{2, 3, 4, 0x40, 0x80, 0x81, 0xff} {
			add(fmt.Sprintf("flags %#x", flags), "grpc 13", msg(flags, encoded("x")))
		}
		add("5 MiB announced", "grpc 8", "\x00\x00\x50\x00\x00x")
		add("2^31-1 announced", "grpc 8", "\x00\x7f\xff\xff\xffx")
		add("2^31 announced", "grpc 8", "\x00\x80\x00\x00\x00x")
		add("4 GiB announced", "grpc 8", "\x00\xff\xff\xff\xffx")
		add("a truncated message", "grpc 13", good[:len(good)-1])
		add("a prefix alone", "grpc 13", good[:5])
		for n := 1; n < 5; n++ {
			add(fmt.Sprint("a prefix of ", n), "grpc 13", good[:n])
		}
		add("not protobuf", "grpc 13", msg(0, "\xff\xff\xff"))
		add("protobuf without end to its depth", "grpc 13", msg(0, strings.Repeat("\x0b", 20_000)+strings.Repeat("\x0c", 20_000)))
		add("text that is not UTF-8", "grpc 13", msg(0, "\x0a\x01\xff"))
		add("a length in protobuf beyond the message", "grpc 13", msg(0, "\x0a\xff\xff\xff\xff\x0f"))
	}
	trailersWithoutEnd := func(a *attacker) {
		a.Headers(1, false, request()...)
		a.Data(1, false, hello())
		a.Headers(1, false, rawpeer.Fields("x-a", "1")...)
	}
	attacks = append(attacks,
		attack{"a message and a prefix", "grpc 13", body(good+good[:3], ":path", bidiPath)},
		attack{"trailers without END_STREAM", malformed, trailersWithoutEnd},
		attack{"trailers in the middle", malformed, func(a *attacker) {
			trailersWithoutEnd(a)
			a.Data(1, true, hello())
		}},
		attack{"DATA behind trailers", rstClosed, func(a *attacker) {
			a.Write(setting(frame.SettingInitialWindowSize, 0)) // so that the answer waits
			a.Headers(1, false, request()...)
			a.Data(1, false, hello())
			a.Headers(1, true, rawpeer.Fields("x-a", "1")...)
			a.Data(1, true, hello())
		}},
	)
	eachWire(t, func(t *testing.T, tg *target) { tg.perform(t, attacks) })
}
