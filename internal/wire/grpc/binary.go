package grpc

import (
	"encoding/base64"
	"strings"
)

// IsBin reports whether values under name are binary and travel in base64.
func IsBin(name string) bool {
	return strings.HasSuffix(name, "-bin")
}

// Base64 is done in chunks through the stack, so that the string returned is the
// only allocation. Both sizes are whole quanta: 3 bytes are 4 characters.
const (
	chunkBytes = 96
	chunkChars = chunkBytes / 3 * 4
)

// EncodeBin returns the field value for a binary value: base64 in the standard
// alphabet, unpadded, as PROTOCOL-HTTP2 asks of senders.
func EncodeBin(value string) string {
	var (
		b     strings.Builder
		plain [chunkBytes]byte
		chars [chunkChars]byte
	)
	b.Grow(base64.RawStdEncoding.EncodedLen(len(value)))
	for value != "" {
		n := copy(plain[:], value)
		value = value[n:]
		base64.RawStdEncoding.Encode(chars[:], plain[:n])
		b.Write(chars[:base64.RawStdEncoding.EncodedLen(n)])
	}
	return b.String()
}

// DecodeBin returns the binary values of a field value. A peer or proxy may have
// joined several by commas, and may have padded them; both are accepted. An empty
// element is an empty value. What is not base64 in the standard alphabet is an
// [*Error] with Internal: it ends the call, never the connection (CVE-2023-32732).
// More values than max, of one octet each on the wire, are one with ResourceExhausted.
func DecodeBin(value string, max int) ([]string, error) {
	n := 1 + strings.Count(value, ",")
	if n > max {
		return nil, errBinMany
	}
	values := make([]string, 0, n)
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

var (
	errBin     = &Error{Internal, "binary metadata is not base64"}
	errBinMany = &Error{ResourceExhausted, "too many values of binary metadata"}
)

func decodeElement(s string) (string, bool) {
	// The decoder skips line ends, which have no business in a field.
	if strings.ContainsAny(s, "\r\n") {
		return "", false
	}
	// Whole quanta may end in padding; anything else cannot.
	last := base64.RawStdEncoding
	if len(s)%4 == 0 {
		last = base64.StdEncoding
	}
	var (
		b     strings.Builder
		plain [chunkBytes]byte
		chars [chunkChars]byte
	)
	b.Grow(base64.RawStdEncoding.DecodedLen(len(s)))
	for s != "" {
		encoding := base64.RawStdEncoding
		if len(s) <= chunkChars {
			encoding = last
		}
		n := copy(chars[:], s)
		s = s[n:]
		n, err := encoding.Decode(plain[:], chars[:n])
		if err != nil {
			return "", false
		}
		b.Write(plain[:n])
	}
	return b.String(), true
}
