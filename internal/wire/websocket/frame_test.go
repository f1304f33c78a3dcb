package websocket

import (
	"bytes"
	"math"
	"testing"
)

var sampleKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// The examples of RFC 6455 §5.7.
func TestSamples(t *testing.T) {
	tests := []struct {
		name   string
		wire   string
		header Header
		text   string
	}{
		{"unmasked text", "81 05 48 65 6c 6c 6f", Header{Final: true, Opcode: Text, Length: 5}, "Hello"},
		{"masked text", "81 85 37 fa 21 3d 7f 9f 4d 51 58", Header{Final: true, Opcode: Text, Masked: true, Key: sampleKey, Length: 5}, "Hello"},
		{"first fragment", "01 03 48 65 6c", Header{Opcode: Text, Length: 3}, "Hel"},
		{"last fragment", "80 02 6c 6f", Header{Final: true, Opcode: Continuation, Length: 2}, "lo"},
		{"ping", "89 05 48 65 6c 6c 6f", Header{Final: true, Opcode: Ping, Length: 5}, "Hello"},
		{"masked pong", "8a 85 37 fa 21 3d 7f 9f 4d 51 58", Header{Final: true, Opcode: Pong, Masked: true, Key: sampleKey, Length: 5}, "Hello"},
	}
	for _, test := range tests {
		wire := unhex(t, test.wire)
		if got := AppendFrame([]byte("> "), test.header, []byte(test.text)); string(got) != "> "+string(wire) {
			t.Errorf("%s: AppendFrame = % x", test.name, got)
		}
		h, n, err := ParseHeader(wire, test.header.Masked)
		if err != nil || h != test.header {
			t.Errorf("%s: ParseHeader = %+v, %v", test.name, h, err)
			continue
		}
		payload := wire[n:]
		if h.Masked {
			Mask(payload, h.Key, 0)
		}
		if string(payload) != test.text {
			t.Errorf("%s: payload is %q", test.name, payload)
		}
	}
}

func TestLengths(t *testing.T) {
	tests := []struct {
		length uint64
		wire   string
	}{
		{0, "82 00"},
		{125, "82 7d"},
		{126, "82 7e 00 7e"},
		{256, "82 7e 01 00"}, // an example of §5.7
		{65535, "82 7e ff ff"},
		{65536, "82 7f 00 00 00 00 00 01 00 00"}, // the other one
		{math.MaxInt64, "82 7f 7f ff ff ff ff ff ff ff"},
	}
	for _, test := range tests {
		for _, masked := range []bool{false, true} {
			wire := unhex(t, test.wire)
			h := Header{Final: true, Opcode: Binary, Length: test.length}
			if masked {
				wire[1] |= 0x80
				wire = append(wire, sampleKey[:]...)
				h.Masked, h.Key = true, sampleKey
			}
			if got := AppendHeader(nil, h); !bytes.Equal(got, wire) {
				t.Errorf("AppendHeader(%+v) = % x", h, got)
			}
			got, n, err := ParseHeader(append(wire, "more"...), masked)
			if err != nil || got != h || n != len(wire) || n > MaxHeaderLen {
				t.Errorf("ParseHeader(% x) = %+v, %d, %v", wire, got, n, err)
			}
			for cut := range wire {
				if got, n, err := ParseHeader(wire[:cut], masked); err != nil || n != 0 || got != (Header{}) {
					t.Errorf("ParseHeader(% x) = %+v, %d, %v", wire[:cut], got, n, err)
				}
			}
		}
	}
}

func TestParseHeaderRefuses(t *testing.T) {
	tests := []struct {
		name       string
		wire       string
		fromClient bool
		want       *Error
	}{
		{"RSV1", "c1 00", false, errReserved},
		{"RSV2", "a1 00", false, errReserved},
		{"RSV3", "91 00", false, errReserved},
		{"all bits", "f1 80 00 00 00 00", true, errReserved},
		{"fragmented ping", "09 00", false, errFragmented},
		{"fragmented pong", "0a 80", true, errFragmented},
		{"fragmented close", "08 00", false, errFragmented},
		{"ping of 126 bytes", "89 7e", false, errControlLength},
		{"close of 64 bits", "88 ff", true, errControlLength},
		{"client without a mask", "81 05", true, errNotMasked},
		{"server with a mask", "81 85", false, errMasked},
		{"125 in 16 bits", "82 7e 00 7d", false, errLength},
		{"0 in 16 bits", "82 fe 00 00", true, errLength},
		{"65535 in 64 bits", "82 7f 00 00 00 00 00 00 ff ff", false, errLength},
		{"0 in 64 bits", "82 7f 00 00 00 00 00 00 00 00", false, errLength},
		{"highest bit", "82 7f 80 00 00 00 00 00 00 00", false, errLengthSign},
		{"all of the length's bits", "82 ff ff ff ff ff ff ff ff ff", true, errLengthSign},
	}
	for _, test := range tests {
		h, n, err := ParseHeader(unhex(t, test.wire), test.fromClient)
		if h != (Header{}) || n != 0 || err != test.want || test.want.Code != ProtocolError {
			t.Errorf("%s: %+v, %d, %v", test.name, h, n, err)
		}
	}
}

func TestOpcodes(t *testing.T) {
	for op := range Opcode(16) {
		_, n, err := ParseHeader([]byte{0x80 | byte(op), 0}, false)
		switch op {
		case Continuation, Text, Binary, Close, Ping, Pong:
			if n != 2 || err != nil {
				t.Errorf("opcode %d: %d, %v", op, n, err)
			}
		default:
			if err != errOpcode {
				t.Errorf("opcode %d: %v", op, err)
			}
		}
		if op.Control() != (op >= 8) {
			t.Errorf("opcode %d: Control is %v", op, op.Control())
		}
	}
}
