package grpcweb

import (
	"bytes"
	"iter"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// Bounds of trailers that are parsed. The first must hold for what is received anyway;
// they are for what limits of messages let through.
const (
	maxTrailerLen    = 1 << 20
	maxTrailerFields = 1 << 10
)

// AppendTrailer appends the content of the frame that carries the trailers: a header
// block of HTTP/1 with names in lower case, each line ended by CRLF, and no blank line
// at the end. Fields are those of gRPC's trailers, as they cross the wire: grpc-status
// first, binary values in base64. A field that is no field of HTTP is left out, for
// nothing in it may pass for another one.
func AppendTrailer(dst []byte, fields iter.Seq2[string, string]) []byte {
	for name, value := range fields {
		name, value, err := grpc.ReceivedField(name, value)
		if err != nil {
			continue
		}
		dst = append(dst, name...)
		dst = append(dst, ':', ' ')
		dst = append(dst, value...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

var (
	errTrailerLine   = &grpc.Error{Code: grpc.Internal, Message: "trailers have a line without a name and a colon"}
	errTrailerBounds = &grpc.Error{Code: grpc.ResourceExhausted, Message: "trailers are too large"}
)

// ParseTrailer reads the content of the frame that carries the trailers and calls field
// for each, with the name in lower case and the value as it crossed the wire, without
// blanks around it. Lines may end in LF alone, blank ones are skipped, the last one needs
// no end. What is not a field of HTTP, a folded one among it, is a [*grpc.Error] with
// Internal; what is beyond all reason (1 MiB, 1024 fields) one with ResourceExhausted.
func ParseTrailer(b []byte, field func(name, value string)) error {
	if len(b) > maxTrailerLen {
		return errTrailerBounds
	}
	left := maxTrailerFields
	for len(b) > 0 {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			continue
		}
		name, value, colon := strings.Cut(string(line), ":")
		if !colon {
			return errTrailerLine
		}
		name, value, err := grpc.ReceivedField(name, value)
		if err != nil {
			return err
		}
		if left--; left < 0 {
			return errTrailerBounds
		}
		field(name, value)
	}
	return nil
}
