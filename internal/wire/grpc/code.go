package grpc

import "strconv"

// A Code is a gRPC status code.
type Code uint32

// The codes of doc/statuscodes.md.
const (
	OK                 Code = 0
	Canceled           Code = 1
	Unknown            Code = 2
	InvalidArgument    Code = 3
	DeadlineExceeded   Code = 4
	NotFound           Code = 5
	AlreadyExists      Code = 6
	PermissionDenied   Code = 7
	ResourceExhausted  Code = 8
	FailedPrecondition Code = 9
	Aborted            Code = 10
	OutOfRange         Code = 11
	Unimplemented      Code = 12
	Internal           Code = 13
	Unavailable        Code = 14
	DataLoss           Code = 15
	Unauthenticated    Code = 16
)

// codes counts the defined codes.
const codes = 17

var codeNames = [codes]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
	"ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
	"ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
	"UNAUTHENTICATED",
}

var codeDigits = [codes]string{
	"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
}

// String returns the standard's name, as in NOT_FOUND, or CODE(n) for a code
// that no standard defines.
func (c Code) String() string {
	if c < codes {
		return codeNames[c]
	}
	return "CODE(" + strconv.FormatUint(uint64(c), 10) + ")"
}

// ParseStatus reads the value of a grpc-status field. What is not a plain decimal
// number of a defined code is Unknown: nothing odd may ever pass for OK.
func ParseStatus(s string) Code {
	switch {
	case len(s) == 1 && s[0]-'0' <= 9:
		return Code(s[0] - '0')
	case len(s) == 2 && s[0] == '1' && s[1]-'0' <= 6:
		return Code(10 + s[1] - '0')
	}
	return Unknown
}

// AppendStatus appends the value of a grpc-status field.
func AppendStatus(dst []byte, c Code) []byte {
	return strconv.AppendUint(dst, uint64(c), 10)
}

// StatusString returns the value of a grpc-status field. It does not allocate
// for the defined codes.
func StatusString(c Code) string {
	if c < codes {
		return codeDigits[c]
	}
	return strconv.FormatUint(uint64(c), 10)
}

// CodeFromHTTP gives the code of a response that carries no grpc-status, by its
// HTTP status. Only clients use it (doc/http-grpc-status-mapping.md); some
// versions of that page list 431 as INTERNAL, the conformance suite does not.
func CodeFromHTTP(status int) Code {
	switch status {
	case 400:
		return Internal
	case 401:
		return Unauthenticated
	case 403:
		return PermissionDenied
	case 404:
		return Unimplemented
	case 429, 502, 503, 504:
		return Unavailable
	}
	return Unknown
}

// resetCodes is indexed by the HTTP/2 error code (RFC 9113 §7) of a RST_STREAM.
// STREAM_CLOSED and HTTP_1_1_REQUIRED have no mapping in PROTOCOL-HTTP2.
var resetCodes = [...]Code{
	0x0: Internal,          // NO_ERROR
	0x1: Internal,          // PROTOCOL_ERROR
	0x2: Internal,          // INTERNAL_ERROR
	0x3: Internal,          // FLOW_CONTROL_ERROR
	0x4: Internal,          // SETTINGS_TIMEOUT
	0x5: Internal,          // STREAM_CLOSED
	0x6: Internal,          // FRAME_SIZE_ERROR
	0x7: Unavailable,       // REFUSED_STREAM
	0x8: Canceled,          // CANCEL
	0x9: Internal,          // COMPRESSION_ERROR
	0xa: Internal,          // CONNECT_ERROR
	0xb: ResourceExhausted, // ENHANCE_YOUR_CALM
	0xc: PermissionDenied,  // INADEQUATE_SECURITY
	0xd: Internal,          // HTTP_1_1_REQUIRED
}

// CodeFromReset gives the code of a call whose stream the peer reset with the
// HTTP/2 error code h2code (PROTOCOL-HTTP2 "Errors").
func CodeFromReset(h2code uint32) Code {
	if h2code < uint32(len(resetCodes)) {
		return resetCodes[h2code]
	}
	return Unknown
}
