package grpc

import (
	"encoding/base64"
	"strings"
)

// IsBin reports whether values under name are binary and travel in base64.
func IsBin(name string) bool {
	return strings.HasSuffix(name, "-bin")
}

// EncodeBin returns the field value for a binary value: base64 in the standard
// alphabet, unpadded, as PROTOCOL-HTTP2 asks of senders.
func EncodeBin(value string) string {
	if value == "" {
		return ""
	}
	// The buffer stays on the stack for what binary metadata mostly is: trace
	// contexts and small statuses.
	var small [128]byte
	buf := small[:0]
	if n := base64.RawStdEncoding.EncodedLen(len(value)); n > len(small) {
		buf = make([]byte, 0, n)
	}
	var in [96]byte
	for len(value) > 0 {
		n := copy(in[:], value) // 96 is a multiple of 3: chunks join without padding
		buf = base64.RawStdEncoding.AppendEncode(buf, in[:n])
		value = value[n:]
	}
	return string(buf)
}

// DecodeBin returns the binary values of a field value. A peer or proxy may have
// joined several by commas, and may have padded them; both are accepted. An empty
// element is an empty value. What is not base64 in the standard alphabet is an
// [*Error] with Internal: it ends the call, never the connection (CVE-2023-32732).
func DecodeBin(value string) ([]string, error) {
	values := make([]string, 0, 1+strings.Count(value, ","))
	for {
		element, rest, more := strings.Cut(value, ",")
		decoded, ok := decodeElement(TrimValue(element))
		if !ok {
			return nil, errBin
		}
		values = append(values, decoded)
		if !more {
			return values, nil
		}
		value = rest
	}
}

var errBin = &Error{Internal, "binary metadata is not base64"}

func decodeElement(s string) (string, bool) {
	// A whole number of quanta may be padded; anything else cannot be.
	encoding := base64.RawStdEncoding
	if len(s)%4 == 0 {
		encoding = base64.StdEncoding
	}
	// The decoder skips line ends, which have no business in a field.
	if strings.ContainsAny(s, "\r\n") {
		return "", false
	}
	var small [128]byte
	buf := small[:]
	if n := encoding.DecodedLen(len(s)); n > len(buf) {
		buf = make([]byte, n)
	}
	n, err := encoding.Decode(buf, []byte(s))
	if err != nil {
		return "", false
	}
	return string(buf[:n]), true
}
