package frame

import (
	"bytes"
	"testing"
)

func TestParseData(t *testing.T) {
	tests := []struct {
		flags   Flags
		payload string
		data    string
		code    ErrCode
	}{
		{0, "", "", CodeNo},
		{FlagEndStream, "616263", "616263", CodeNo},
		{FlagPadded, "00", "", CodeNo},
		{FlagPadded, "00616263", "616263", CodeNo},
		{FlagPadded, "0261620000", "6162", CodeNo},
		{FlagPadded, "0361ff", "", CodeProtocol}, // as long as the payload
		{FlagPadded, "02ffff", "", CodeNo},       // nothing but padding
		{FlagPadded, "0100", "", CodeNo},
		{FlagPadded, "01", "", CodeProtocol},
		{FlagPadded, "ff6162", "", CodeProtocol},
		{FlagPadded, "", "", CodeFrameSize},
	}
	for _, test := range tests {
		payload := unhex(test.payload)
		h := Header{uint32(len(payload)), TypeData, test.flags, 1}
		data, err := ParseData(h, payload)
		wantError(t, test, err, test.code, 0)
		if !bytes.Equal(data, unhex(test.data)) {
			t.Errorf("%+v: data %x", test, data)
		}
	}
}

func TestParseHeaders(t *testing.T) {
	const both = FlagPadded | FlagPriority
	some := Priority{DependsOn: 3, Exclusive: true, Weight: 16}
	tests := []struct {
		flags    Flags
		payload  string
		fragment string
		prio     Priority
		code     ErrCode
	}{
		{FlagEndHeaders, "8286", "8286", Priority{}, CodeNo},
		{0, "", "", Priority{}, CodeNo},
		{FlagPadded, "028286aaaa", "8286", Priority{}, CodeNo},
		{FlagPadded, "048286aaaa", "", Priority{}, CodeNo},
		{FlagPadded, "058286aaaa", "", Priority{}, CodeProtocol},
		{FlagPadded, "", "", Priority{}, CodeFrameSize},
		{FlagPriority, "80000003108286", "8286", some, CodeNo},
		{FlagPriority, "8000000310", "", some, CodeNo},
		{FlagPriority, "80000003", "", Priority{}, CodeFrameSize},
		{FlagPriority, "", "", Priority{}, CodeFrameSize},
		{both, "0180000003108286aa", "8286", some, CodeNo},
		{both, "03800000031082 86aa", "", some, CodeNo},
		{both, "0480000003108286aa", "", Priority{}, CodeProtocol},
		{both, "0080000003", "", Priority{}, CodeFrameSize},
		{both, "", "", Priority{}, CodeFrameSize},
	}
	for _, test := range tests {
		payload := unhex(test.payload)
		h := Header{uint32(len(payload)), TypeHeaders, test.flags, 1}
		fragment, prio, err := ParseHeaders(h, payload)
		wantError(t, test, err, test.code, 0)
		if !bytes.Equal(fragment, unhex(test.fragment)) || prio != test.prio {
			t.Errorf("%+v: fragment %x, priority %+v", test, fragment, prio)
		}
	}
}

func TestParseFixed(t *testing.T) {
	for wire, want := range map[string]Priority{
		"0000000000": {},
		"00000003ff": {3, false, 255},
		"ffffffff0f": {MaxStreamID, true, 15},
	} {
		if got := ParsePriority(unhex(wire)); got != want {
			t.Errorf("priority %s is %+v", wire, got)
		}
	}
	if got := ParseRSTStream(unhex("fffffffe")); got != 0xfffffffe {
		t.Error("RST_STREAM:", got)
	}
	last, code, debug := ParseGoAway(unhex("ffffffff 0000000b 6162"))
	if last != MaxStreamID || code != CodeEnhanceYourCalm || string(debug) != "ab" {
		t.Error("GOAWAY:", last, code, debug)
	}
	for wire, want := range map[string]uint32{"00000000": 0, "80000001": 1, "ffffffff": MaxWindow} {
		if got := ParseWindowUpdate(unhex(wire)); got != want {
			t.Errorf("increment %s is %d", wire, got)
		}
	}
}

func TestSettings(t *testing.T) {
	payload := unhex("0003 00000064 ffff 01020304 0003 00000000")
	want := []Setting{{SettingMaxConcurrentStreams, 100}, {0xffff, 0x01020304}, {SettingMaxConcurrentStreams, 0}}
	for i, s := range want {
		if got := SettingAt(payload, i); got != s {
			t.Errorf("setting %d is %+v, want %+v", i, got, s)
		}
	}
}

func TestCheckSettings(t *testing.T) {
	tests := []struct {
		s    Setting
		code ErrCode
	}{
		{Setting{SettingHeaderTableSize, 0}, CodeNo},
		{Setting{SettingHeaderTableSize, 1<<32 - 1}, CodeNo},
		{Setting{SettingEnablePush, 0}, CodeNo},
		{Setting{SettingEnablePush, 1}, CodeNo},
		{Setting{SettingEnablePush, 2}, CodeProtocol},
		{Setting{SettingMaxConcurrentStreams, 0}, CodeNo},
		{Setting{SettingMaxConcurrentStreams, 1<<32 - 1}, CodeNo},
		{Setting{SettingInitialWindowSize, 0}, CodeNo},
		{Setting{SettingInitialWindowSize, 1<<31 - 1}, CodeNo},
		{Setting{SettingInitialWindowSize, 1 << 31}, CodeFlowControl},
		{Setting{SettingMaxFrameSize, 16383}, CodeProtocol},
		{Setting{SettingMaxFrameSize, 16384}, CodeNo},
		{Setting{SettingMaxFrameSize, 1<<24 - 1}, CodeNo},
		{Setting{SettingMaxFrameSize, 1 << 24}, CodeProtocol},
		{Setting{SettingMaxFrameSize, 0}, CodeProtocol}, // CVE-2026-33814
		{Setting{SettingMaxHeaderListSize, 0}, CodeNo},
		{Setting{SettingEnableConnectProtocol, 1}, CodeNo},
		{Setting{SettingEnableConnectProtocol, 2}, CodeProtocol},
		{Setting{SettingNoRFC7540Priorities, 1}, CodeNo},
		{Setting{SettingNoRFC7540Priorities, 2}, CodeProtocol},
		{Setting{0, 1<<32 - 1}, CodeNo},
		{Setting{7, 1<<32 - 1}, CodeNo},
		{Setting{0xffff, 1<<32 - 1}, CodeNo},
	}
	for _, test := range tests {
		wantError(t, test.s, test.s.Check(), test.code, 0)
	}
}
