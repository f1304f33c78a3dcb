package frame

import (
	"bytes"
	"testing"
)

func TestHeaders(t *testing.T) {
	tests := []struct {
		wire string
		h    Header
	}{
		{"000000 00 00 00000000", Header{}},
		{"000001 01 25 00000003", Header{1, TypeHeaders, FlagEndStream | FlagEndHeaders | FlagPriority, 3}},
		{"010203 fe ff 04050607", Header{0x010203, 0xfe, 0xff, 0x04050607}},
		{"ffffff 09 04 7fffffff", Header{MaxMaxSize, TypeContinuation, FlagEndHeaders, MaxStreamID}},
	}
	for _, test := range tests {
		wire := unhex(test.wire)
		if got := ParseHeader(append(wire[:HeaderLen:HeaderLen], 0xaa)); got != test.h {
			t.Errorf("%s is parsed as %+v, want %+v", test.wire, got, test.h)
		}
		if got := AppendHeader([]byte{1}, test.h); !bytes.Equal(got[1:], wire) || got[0] != 1 {
			t.Errorf("%+v is appended as %x", test.h, got)
		}
		got := bytes.Repeat([]byte{0xaa}, HeaderLen+1)
		PutHeader(got, test.h)
		if !bytes.Equal(got[:HeaderLen], wire) || got[HeaderLen] != 0xaa {
			t.Errorf("%+v is put as %x", test.h, got)
		}
	}
	// RFC 9113 §4.1: the reserved bit is ignored.
	if got := ParseHeader(unhex("000000 00 00 80000001")); got.StreamID != 1 {
		t.Errorf("stream %d with the reserved bit", got.StreamID)
	}
}

func TestFlags(t *testing.T) {
	f := FlagEndStream | FlagPadded
	if !f.Has(FlagEndStream) || !f.Has(FlagPadded|FlagEndStream) || f.Has(FlagPriority) || f.Has(FlagPadded|FlagPriority) {
		t.Error("Has is wrong")
	}
}

func TestCheck(t *testing.T) {
	const max = DefaultMaxSize
	tests := []struct {
		h    Header
		code ErrCode
	}{
		{Header{0, TypeData, 0, 1}, CodeNo},
		{Header{max, TypeData, 0, 1}, CodeNo},
		{Header{max + 1, TypeData, 0, 1}, CodeFrameSize},
		{Header{0, TypeData, 0, 0}, CodeProtocol},
		{Header{max, TypeHeaders, 0, 1}, CodeNo},
		{Header{max + 1, TypeHeaders, 0, 1}, CodeFrameSize},
		{Header{0, TypeHeaders, 0, 0}, CodeProtocol},
		{Header{5, TypePriority, 0, 1}, CodeNo},
		{Header{5, TypePriority, 0, 0}, CodeProtocol},
		{Header{4, TypePriority, 0, 0}, CodeProtocol},
		{Header{max + 1, TypePriority, 0, 1}, CodeFrameSize},
		{Header{4, TypeRSTStream, 0, 1}, CodeNo},
		{Header{3, TypeRSTStream, 0, 1}, CodeFrameSize},
		{Header{5, TypeRSTStream, 0, 1}, CodeFrameSize},
		{Header{4, TypeRSTStream, 0, 0}, CodeProtocol},
		{Header{0, TypeSettings, 0, 0}, CodeNo},
		{Header{12, TypeSettings, 0, 0}, CodeNo},
		{Header{7, TypeSettings, 0, 0}, CodeFrameSize},
		{Header{0, TypeSettings, 0, 1}, CodeProtocol},
		{Header{0, TypeSettings, FlagAck, 0}, CodeNo},
		{Header{6, TypeSettings, FlagAck, 0}, CodeFrameSize},
		{Header{0, TypeSettings, FlagAck, 1}, CodeProtocol},
		{Header{10, TypePushPromise, 0, 1}, CodeNo},
		{Header{10, TypePushPromise, 0, 0}, CodeProtocol},
		{Header{8, TypePing, 0, 0}, CodeNo},
		{Header{8, TypePing, FlagAck, 0}, CodeNo},
		{Header{7, TypePing, 0, 0}, CodeFrameSize},
		{Header{9, TypePing, 0, 0}, CodeFrameSize},
		{Header{8, TypePing, 0, 1}, CodeProtocol},
		{Header{8, TypeGoAway, 0, 0}, CodeNo},
		{Header{max, TypeGoAway, 0, 0}, CodeNo},
		{Header{7, TypeGoAway, 0, 0}, CodeFrameSize},
		{Header{8, TypeGoAway, 0, 1}, CodeProtocol},
		{Header{4, TypeWindowUpdate, 0, 0}, CodeNo},
		{Header{4, TypeWindowUpdate, 0, 1}, CodeNo},
		{Header{3, TypeWindowUpdate, 0, 1}, CodeFrameSize},
		{Header{5, TypeWindowUpdate, 0, 0}, CodeFrameSize},
		{Header{0, TypeContinuation, 0, 1}, CodeNo},
		{Header{0, TypeContinuation, 0, 0}, CodeProtocol},
	}
	for _, test := range tests {
		wantError(t, test.h, test.h.Check(max), test.code, 0)
	}
	// RFC 9113 §6.3: an error of the stream alone.
	for _, length := range []uint32{0, 4, 6} {
		h := Header{length, TypePriority, 0, 7}
		wantError(t, h, h.Check(max), CodeFrameSize, 7)
	}
	if err := (Header{max + 1, TypeData, 0, 1}).Check(MaxMaxSize); err != nil {
		t.Error("within a larger limit:", err)
	}
}

// RFC 9113 §5.5: frames of unknown types are ignored, whatever they are like.
func TestCheckUnknownTypes(t *testing.T) {
	for typ := int(TypeContinuation) + 1; typ <= 0xff; typ++ {
		for _, streamID := range []uint32{0, 1, 2, MaxStreamID} {
			for _, length := range []uint32{0, 1, DefaultMaxSize} {
				h := Header{length, Type(typ), 0xff, streamID}
				wantError(t, h, h.Check(DefaultMaxSize), CodeNo, 0)
			}
		}
		h := Header{DefaultMaxSize + 1, Type(typ), 0, 0}
		wantError(t, h, h.Check(DefaultMaxSize), CodeFrameSize, 0)
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		got  interface{ String() string }
		want string
	}{
		{TypeData, "DATA"},
		{TypeWindowUpdate, "WINDOW_UPDATE"},
		{TypeContinuation, "CONTINUATION"},
		{Type(0xa), "frame type 0xa"},
		{Type(0xff), "frame type 0xff"},
		{CodeNo, "NO_ERROR"},
		{CodeEnhanceYourCalm, "ENHANCE_YOUR_CALM"},
		{CodeHTTP11Required, "HTTP_1_1_REQUIRED"},
		{ErrCode(0xe), "error code 0xe"},
		{ErrCode(0xffffffff), "error code 0xffffffff"},
		{SettingHeaderTableSize, "SETTINGS_HEADER_TABLE_SIZE"},
		{SettingNoRFC7540Priorities, "SETTINGS_NO_RFC7540_PRIORITIES"},
		{SettingID(0), "setting 0x0"},
		{SettingID(7), "setting 0x7"},
		{SettingID(0xffff), "setting 0xffff"},
	}
	for _, test := range tests {
		if got := test.got.String(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestErrorText(t *testing.T) {
	if got := (&Error{CodeProtocol, 0, "padding longer than the payload"}).Error(); got != "PROTOCOL_ERROR: padding longer than the payload" {
		t.Error(got)
	}
	if got := (&Error{CodeFrameSize, 3, "PRIORITY of a wrong length"}).Error(); got != "stream 3: FRAME_SIZE_ERROR: PRIORITY of a wrong length" {
		t.Error(got)
	}
}
