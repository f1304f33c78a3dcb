package floods

import (
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

// Of a frame that costs the server work and the client nothing a connection may send
// some thousands, then it is ended: CVE-2023-44487 and what came after it,
// CVE-2025-8671, CVE-2024-30255, CVE-2026-27141, and the family of 2019
// (CVE-2019-9512, 9514, 9515, 9516, 9517, 9518).
func TestFloods(t *testing.T) {
	const most = 100_000 // pieces that are tried
	// what is sent before; nil for nothing
	opened := func(r *arena.Attacker) { r.Send(r.Request(1, false, "FullDuplexCall")) }
	ended := func(r *arena.Attacker) {
		r.Send(r.Request(1, true, "EmptyCall"))
		r.Await("the answer", 1, func() int { return r.Frames(frame.TypeHeaders) })
	}
	calm := []frame.ErrCode{frame.CodeEnhanceYourCalm}
	// What comes for a stream that has ended is an error of the connection.
	calmOrClosed := append(calm, frame.CodeStreamClosed)
	for _, row := range []struct {
		name   string
		before func(r *arena.Attacker)
		piece  func(r *arena.Attacker, i int) []byte
		codes  []frame.ErrCode // one of them
	}{
		{"rapid reset of calls that wait for their message", nil, func(r *arena.Attacker, i int) []byte {
			return frames(r.Request(id(i), false, "UnaryCall"), frame.AppendRSTStream(nil, id(i), frame.CodeCancel))
		}, calm},
		{"rapid reset of running handlers", nil, func(r *arena.Attacker, i int) []byte {
			return frames(r.Request(id(i), false, "FullDuplexCall"), frame.AppendRSTStream(nil, id(i), frame.CodeCancel))
		}, calm},
		{"rapid reset of refused methods", nil, func(r *arena.Attacker, i int) []byte {
			return frames(r.Request(id(i), false, "Nope"), frame.AppendRSTStream(nil, id(i), frame.CodeCancel))
		}, calm},

		{"our resets, by WINDOW_UPDATE of zero", nil, func(r *arena.Attacker, i int) []byte {
			return frames(r.Request(id(i), false, "FullDuplexCall"), frame.AppendWindowUpdate(nil, id(i), 0))
		}, calm},
		{"our resets, by a window beyond its range", nil, func(r *arena.Attacker, i int) []byte {
			return frames(r.Request(id(i), false, "FullDuplexCall"), frame.AppendWindowUpdate(nil, id(i), 1<<31-1))
		}, calm},
		{"our resets, by DATA after END_STREAM", nil, func(r *arena.Attacker, i int) []byte {
			return frames(r.Request(id(i), true, "UnaryCall"), frame.AppendData(nil, id(i), false, []byte("x")))
		}, calmOrClosed},
		{"our resets, by HEADERS after END_STREAM", nil, func(r *arena.Attacker, i int) []byte {
			return frames(r.Request(id(i), true, "UnaryCall"), r.Request(id(i), true, "UnaryCall"))
		}, calmOrClosed},
		{"our resets, by PRIORITY of a wrong length", nil, func(r *arena.Attacker, i int) []byte {
			return frames(r.Request(id(i), false, "FullDuplexCall"), frame.AppendHeader(nil, frame.Header{Length: 4, Type: frame.TypePriority, StreamID: id(i)}), make([]byte, 4))
		}, []frame.ErrCode{frame.CodeFrameSize}},
		{"our resets, by a stream that depends on itself", nil, func(r *arena.Attacker, i int) []byte {
			return frames(r.Request(id(i), false, "FullDuplexCall"), frame.AppendPriority(nil, id(i), frame.Priority{DependsOn: id(i)}))
		}, []frame.ErrCode{frame.CodeProtocol}},
		{"our resets, by malformed requests", nil, func(r *arena.Attacker, i int) []byte {
			return r.Request(id(i), true, "EmptyCall", "Upper", "x")
		}, calm},

		{"CONTINUATION of 8 KiB", nil, continuation(make([]byte, 8<<10)), calm},
		{"CONTINUATION of an octet", nil, continuation([]byte{0x82}), calm},
		{"CONTINUATION of nothing", nil, continuation(nil), calm},

		{"PING", nil, func(*arena.Attacker, int) []byte { return frame.AppendPing(nil, false, [8]byte{}) }, calm},
		{"SETTINGS", nil, func(*arena.Attacker, int) []byte { return frame.AppendSettings(nil) }, calm},
		{"acknowledgements of PING", nil, func(*arena.Attacker, int) []byte { return frame.AppendPing(nil, true, [8]byte{}) }, calm},
		{"acknowledgements of SETTINGS", nil, func(*arena.Attacker, int) []byte { return frame.AppendSettingsAck(nil) }, calm},
		{"SETTINGS that turn windows over", opened, func(_ *arena.Attacker, i int) []byte {
			return frame.AppendSettings(nil, frame.Setting{ID: frame.SettingInitialWindowSize, Value: uint32(i % 2)})
		}, calm},
		{"SETTINGS that turn tables over", opened, func(_ *arena.Attacker, i int) []byte {
			return frame.AppendSettings(nil, frame.Setting{ID: frame.SettingHeaderTableSize, Value: uint32(i%2) << 12})
		}, calm},
		{"PRIORITY", nil, func(_ *arena.Attacker, i int) []byte {
			return frame.AppendPriority(nil, id(i), frame.Priority{DependsOn: 1 << 20})
		}, calm},
		{"RST_STREAM", ended, func(*arena.Attacker, int) []byte { return frame.AppendRSTStream(nil, 1, frame.CodeCancel) }, calm},
		{"WINDOW_UPDATE", nil, func(*arena.Attacker, int) []byte { return frame.AppendWindowUpdate(nil, 0, 1) }, calm},
		{"empty DATA", opened, func(*arena.Attacker, int) []byte { return frame.AppendData(nil, 1, false, nil) }, calm},
		{"DATA of padding alone", opened, func(*arena.Attacker, int) []byte {
			return frames(frame.AppendHeader(nil, frame.Header{Length: 2, Type: frame.TypeData, Flags: frame.FlagPadded, StreamID: 1}), []byte{1, 0})
		}, calm},
		{"frames of unknown types", nil, func(_ *arena.Attacker, i int) []byte {
			return frame.AppendHeader(nil, frame.Header{Type: frame.Type(10 + i%246)})
		}, calm},
		{"names of no length", nil, func(r *arena.Attacker, i int) []byte { return r.Request(id(i), true, "EmptyCall", "", "") }, calm},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := arena.New(t)
			bounds := arena.Bounds{Peak: 64 << 20, Cause: "what is not wanted is not kept"}
			a.Endure(bounds, func() func() {
				r := a.Attack()
				if row.before != nil {
					row.before(r)
				}
				r.Flood(most, func(i int) []byte { return row.piece(r, i) })
				r.AwaitEnd(row.codes...)
				return r.Close
			})
		})
	}
}

// continuation begins a header block that does not end.
func continuation(fragment []byte) func(*arena.Attacker, int) []byte {
	return func(_ *arena.Attacker, i int) []byte {
		h := frame.Header{Type: frame.TypeContinuation, StreamID: 1, Length: uint32(len(fragment))}
		if i == 0 {
			h.Type = frame.TypeHeaders
		}
		return append(frame.AppendHeader(nil, h), fragment...)
	}
}
