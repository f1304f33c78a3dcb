package frame

import (
	"encoding/binary"
	"fmt"
)

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

var settingNames = [...]string{
	SettingHeaderTableSize:       "SETTINGS_HEADER_TABLE_SIZE",
	SettingEnablePush:            "SETTINGS_ENABLE_PUSH",
	SettingMaxConcurrentStreams:  "SETTINGS_MAX_CONCURRENT_STREAMS",
	SettingInitialWindowSize:     "SETTINGS_INITIAL_WINDOW_SIZE",
	SettingMaxFrameSize:          "SETTINGS_MAX_FRAME_SIZE",
	SettingMaxHeaderListSize:     "SETTINGS_MAX_HEADER_LIST_SIZE",
	SettingEnableConnectProtocol: "SETTINGS_ENABLE_CONNECT_PROTOCOL",
	SettingNoRFC7540Priorities:   "SETTINGS_NO_RFC7540_PRIORITIES",
}

// String returns the name of the standards.
func (id SettingID) String() string {
	if int(id) < len(settingNames) && settingNames[id] != "" {
		return settingNames[id]
	}
	return fmt.Sprintf("setting %#x", uint16(id))
}

// A Setting is one setting and its value.
type Setting struct {
	ID    SettingID
	Value uint32
}

const settingLen = 6

// SettingAt returns setting i of a SETTINGS frame, from 0 to len(payload)/6-1. They
// apply in this order.
func SettingAt(payload []byte, i int) Setting {
	b := payload[i*settingLen:]
	return Setting{SettingID(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint32(b[2:])}
}

// Check returns an *Error if the value is not one that the setting can have.
func (s Setting) Check() error {
	switch s.ID {
	case SettingEnablePush, SettingEnableConnectProtocol, SettingNoRFC7540Priorities:
		if s.Value > 1 {
			return connError(CodeProtocol, s.ID.String()+" neither 0 nor 1")
		}
	case SettingInitialWindowSize:
		if s.Value > MaxWindow {
			return connError(CodeFlowControl, s.ID.String()+" above 2^31-1")
		}
	case SettingMaxFrameSize:
		if s.Value < DefaultMaxSize || s.Value > MaxMaxSize {
			return connError(CodeProtocol, s.ID.String()+" out of range")
		}
	}
	return nil
}
