package frame

import (
	"bytes"
	"testing"
)

func TestAppend(t *testing.T) {
	dst := []byte{1}
	tests := []struct {
		name string
		got  []byte
		want string
	}{
		{"DATA", AppendData(dst, 3, false, []byte("ab")), "000002 00 00 00000003 6162"},
		{"DATA, the last", AppendData(dst, 3, true, nil), "000000 00 01 00000003"},
		{"PRIORITY", AppendPriority(dst, 5, Priority{3, true, 7}), "000005 02 00 00000005 80000003 07"},
		{"PRIORITY, not exclusive", AppendPriority(dst, 5, Priority{3, false, 7}), "000005 02 00 00000005 00000003 07"},
		{"RST_STREAM", AppendRSTStream(dst, 3, CodeCancel), "000004 03 00 00000003 00000008"},
		{"SETTINGS", AppendSettings(dst, Setting{SettingEnablePush, 0}, Setting{SettingMaxFrameSize, 65536}), "00000c 04 00 00000000 0002 00000000 0005 00010000"},
		{"SETTINGS, empty", AppendSettings(dst), "000000 04 00 00000000"},
		{"SETTINGS, acknowledged", AppendSettingsAck(dst), "000000 04 01 00000000"},
		{"PING", AppendPing(dst, false, [8]byte{1, 2, 3, 4, 5, 6, 7, 8}), "000008 06 00 00000000 0102030405060708"},
		{"PING, answered", AppendPing(dst, true, [8]byte{1}), "000008 06 01 00000000 0100000000000000"},
		{"GOAWAY", AppendGoAway(dst, MaxStreamID, CodeNo, "bye"), "00000b 07 00 00000000 7fffffff 00000000 627965"},
		{"GOAWAY, no words", AppendGoAway(dst, 1, CodeEnhanceYourCalm, ""), "000008 07 00 00000000 00000001 0000000b"},
		{"WINDOW_UPDATE", AppendWindowUpdate(dst, 0, 1), "000004 08 00 00000000 00000001"},
		{"WINDOW_UPDATE of a stream", AppendWindowUpdate(dst, 3, MaxWindow), "000004 08 00 00000003 7fffffff"},
	}
	for _, test := range tests {
		if want := append([]byte{1}, unhex(test.want)...); !bytes.Equal(test.got, want) {
			t.Errorf("%s is %x, want %x", test.name, test.got, want)
		}
	}
}

func TestAppendHeaders(t *testing.T) {
	tests := []struct {
		name     string
		block    string
		end      bool
		maxFrame uint32
		want     string
	}{
		{"empty", "", false, 4, "000000 01 04 00000003"},
		{"the last", "82", true, 4, "000001 01 05 00000003 82"},
		{"fits", "01020304", false, 4, "000004 01 04 00000003 01020304"},
		{"one more", "0102030405", true, 4, "000004 01 01 00000003 01020304  000001 09 04 00000003 05"},
		{"two frames", "0102030405060708", false, 4, "000004 01 00 00000003 01020304  000004 09 04 00000003 05060708"},
		{"three", "010203040506070809", true, 4, "000004 01 01 00000003 01020304  000004 09 00 00000003 05060708  000001 09 04 00000003 09"},
	}
	for _, test := range tests {
		got := AppendHeaders([]byte{1}, 3, test.end, test.maxFrame, unhex(test.block))
		if want := append([]byte{1}, unhex(test.want)...); !bytes.Equal(got, want) {
			t.Errorf("%s is %x, want %x", test.name, got, want)
		}
	}
}

func TestAllocations(t *testing.T) {
	buf := AppendHeaders(nil, 3, true, DefaultMaxSize, []byte("some fields"))
	dst := make([]byte, 0, 256)
	settings := AppendSettings(nil, Setting{SettingEnablePush, 0})
	tests := map[string]func(){
		"parse and check": func() {
			h := ParseHeader(buf)
			if h.Check(DefaultMaxSize) != nil {
				t.Fatal("refused")
			}
			if _, _, err := ParseHeaders(h, buf[HeaderLen:]); err != nil {
				t.Fatal(err)
			}
		},
		"settings": func() {
			if SettingAt(settings[HeaderLen:], 0).Check() != nil {
				t.Fatal("refused")
			}
		},
		"append": func() {
			dst = AppendData(dst[:0], 3, false, buf)
			dst = AppendHeaders(dst, 3, true, 4, buf)
			dst = AppendSettings(dst, Setting{SettingEnablePush, 0}, Setting{SettingMaxFrameSize, DefaultMaxSize})
			dst = AppendPing(dst, false, [8]byte{1})
			dst = AppendGoAway(dst, 3, CodeNo, "bye")
			dst = AppendWindowUpdate(dst, 3, 1)
			dst = AppendRSTStream(dst, 3, CodeCancel)
		},
	}
	for name, f := range tests {
		if got := testing.AllocsPerRun(100, f); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}
