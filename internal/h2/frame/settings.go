package frame

import "encoding/binary"

// A SettingID names a setting. Unknown ones are ignored.
type SettingID uint16

// The settings of RFC 9113 §6.5.2, RFC 8441 and RFC 9218.
const (
	SettingHeaderTableSize       SettingID = 0x1
	SettingEnablePush            SettingID = 0x2
	SettingMaxConcurrentStreams  SettingID = 0x3
	SettingInitialWindowSize     SettingID = 0x4
	SettingMaxFrameSize          SettingID = 0x5
	SettingMaxHeaderListSize     SettingID = 0x6
	SettingEnableConnectProtocol SettingID = 0x8
	SettingNoRFC7540Priorities   SettingID = 0x9
)

// A Setting is one setting and its value.
type Setting struct {
	ID    SettingID
	Value uint32
}

const settingLen = 6

// SettingAt returns the i-th of the len(payload)/6 settings of a SETTINGS frame.
func SettingAt(payload []byte, i int) Setting {
	b := payload[i*settingLen:]
	return Setting{SettingID(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint32(b[2:])}
}

// Check returns an *Error if the value is not one that the setting can have.
func (s Setting) Check() error {
	switch s.ID {
	case SettingEnablePush:
		if s.Value > 1 {
			return connError(CodeProtocol, "SETTINGS_ENABLE_PUSH neither 0 nor 1")
		}
	case SettingInitialWindowSize:
		if s.Value > MaxWindow {
			return connError(CodeFlowControl, "SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1")
		}
	case SettingMaxFrameSize:
		if s.Value < DefaultMaxSize || s.Value > MaxMaxSize {
			return connError(CodeProtocol, "SETTINGS_MAX_FRAME_SIZE out of range")
		}
	case SettingEnableConnectProtocol, SettingNoRFC7540Priorities:
		if s.Value > 1 {
			return connError(CodeProtocol, "a boolean setting neither 0 nor 1")
		}
	}
	return nil
}
