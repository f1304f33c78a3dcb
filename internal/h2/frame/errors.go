package frame

import "fmt"

// An ErrCode is the code of RST_STREAM and GOAWAY.
type ErrCode uint32

// The codes of RFC 9113 §7.
const (
	CodeNo                 ErrCode = 0x0
	CodeProtocol           ErrCode = 0x1
	CodeInternal           ErrCode = 0x2
	CodeFlowControl        ErrCode = 0x3
	CodeSettingsTimeout    ErrCode = 0x4
	CodeStreamClosed       ErrCode = 0x5
	CodeFrameSize          ErrCode = 0x6
	CodeRefusedStream      ErrCode = 0x7
	CodeCancel             ErrCode = 0x8
	CodeCompression        ErrCode = 0x9
	CodeConnect            ErrCode = 0xa
	CodeEnhanceYourCalm    ErrCode = 0xb
	CodeInadequateSecurity ErrCode = 0xc
	CodeHTTP11Required     ErrCode = 0xd
)

var codeNames = [...]string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
	"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
	"INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

// String returns the name of RFC 9113.
func (c ErrCode) String() string {
	if int64(c) < int64(len(codeNames)) {
		return codeNames[c]
	}
	return fmt.Sprintf("error code %#x", uint32(c))
}

// An Error is a violation that one frame alone shows. With a StreamID of 0 it
// is a connection error, otherwise one of that stream (RFC 9113 §5.4).
type Error struct {
	Code     ErrCode
	StreamID uint32
	Reason   string
}

func (e *Error) Error() string {
	if e.StreamID != 0 {
		return fmt.Sprintf("stream %d: %v: %s", e.StreamID, e.Code, e.Reason)
	}
	return fmt.Sprintf("%v: %s", e.Code, e.Reason)
}

func connError(code ErrCode, reason string) error { return &Error{Code: code, Reason: reason} }
