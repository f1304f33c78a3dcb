package frame

import (
	"bytes"
	"reflect"
	"testing"
)

// The flags that mean something, by type.
var meaningful = map[Type]Flags{
	TypeData:     FlagEndStream | FlagPadded,
	TypeHeaders:  FlagEndStream | FlagEndHeaders | FlagPadded | FlagPriority,
	TypeSettings: FlagAck,
	TypePing:     FlagAck,
	TypePriority: 0, TypeRSTStream: 0, TypeGoAway: 0, TypeWindowUpdate: 0,
}

// A peer may send anything. What is good means the same when it is appended anew,
// and is the same octets unless it had padding, priority, or bits that mean nothing.
func FuzzFrame(f *testing.F) {
	f.Add(AppendData(nil, 1, true, []byte("ab")))
	f.Add(unhex("000006 00 09 00000001 02 616263 0000"))
	f.Add(unhex("00000b 01 2d 00000003 01 80000003 10 82868400 00"))
	f.Add(AppendGoAway(nil, 3, CodeEnhanceYourCalm, "bye"))
	f.Add(AppendSettings(nil, Setting{SettingEnablePush, 2}))
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) < HeaderLen {
			return
		}
		h, payload := ParseHeader(in), in[HeaderLen:]
		h.Length = min(h.Length, uint32(len(payload)))
		payload = payload[:h.Length]
		first, err := meaning(h, payload)
		if err != nil {
			fe, ok := err.(*Error)
			if !ok || fe.Code == CodeNo || fe.StreamID != 0 && fe.StreamID != h.StreamID {
				t.Fatalf("%+v: error %#v", h, err)
			}
			return
		}
		again := rebuild(h, payload)
		h2 := ParseHeader(again)
		second, err := meaning(h2, again[HeaderLen:])
		if err != nil || int(h2.Length) != len(again)-HeaderLen {
			t.Fatalf("%x is appended as %x, error %v", in, again, err)
		}
		delete(first, "stream_dependency")
		delete(first, "exclusive")
		delete(first, "weight")
		for name := range first {
			if !reflect.DeepEqual(first[name], second[name]) {
				t.Fatalf("%s is %v, appended anew %v", name, first[name], second[name])
			}
		}
		if flags, known := meaningful[h.Type]; known && h.Flags&^flags != 0 || h.Flags&(FlagPadded|FlagPriority) != 0 {
			return
		}
		want := append(AppendHeader(nil, h), payload...)
		switch h.Type { // the reserved bit
		case TypeGoAway, TypeWindowUpdate:
			want[HeaderLen] &= 0x7f
		}
		if !bytes.Equal(again, want) {
			t.Fatalf("%x is appended as %x", want, again)
		}
	})
}
