package grpc

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// A Detail is one google.protobuf.Any of a status.
type Detail struct {
	TypeURL string // as in type.googleapis.com/google.rpc.RetryInfo
	Value   []byte // the message in protobuf binary
}

// Bounds of a status that is parsed. Field lists are limited to less than this;
// the bounds are for what arrives in bodies.
const (
	maxDetailsLen = 1 << 20
	maxDetails    = 1 << 10
	maxGroupDepth = 32
)

// Protobuf wire types.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireStart   = 3
	wireEnd     = 4
	wireFixed32 = 5
)

// AppendDetails appends a google.rpc.Status in protobuf binary, the content of
// grpc-status-details-bin before base64. Its code and message must be those of
// grpc-status and grpc-message. Bytes of the message that are not UTF-8 are
// replaced, as EncodeMessage does.
//
// It is written by hand so that this package brings no second copy of the type
// into a program that has one.
func AppendDetails(dst []byte, c Code, message string, details []Detail) []byte {
	if c != OK {
		dst = append(dst, 1<<3|wireVarint)
		dst = binary.AppendUvarint(dst, uint64(c))
	}
	if message = validText(message); message != "" {
		dst = appendText(dst, 2, message)
	}
	for _, d := range details {
		dst = append(dst, 3<<3|wireBytes)
		dst = binary.AppendUvarint(dst, uint64(textLen(len(d.TypeURL))+textLen(len(d.Value))))
		if d.TypeURL != "" {
			dst = appendText(dst, 1, d.TypeURL)
		}
		if len(d.Value) > 0 {
			dst = appendText(dst, 2, d.Value)
		}
	}
	return dst
}

func appendText[T string | []byte](dst []byte, field byte, text T) []byte {
	dst = append(dst, field<<3|wireBytes)
	dst = binary.AppendUvarint(dst, uint64(len(text)))
	return append(dst, text...)
}

// textLen returns the encoded size of a text field of n bytes, none if it is empty.
func textLen(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + (bits.Len(uint(n))+6)/7 + n
}

// ParseDetails reads a google.rpc.Status in protobuf binary. Unknown fields are
// skipped; a code that no standard defines is Unknown; bytes of the message that
// are not UTF-8 are replaced. The values of the details are slices of b. What is
// not protobuf, or is beyond all reason (1 MiB, 1024 details), is an [*Error] with
// Internal; it says nothing about the status that the other fields carry.
func ParseDetails(b []byte) (c Code, message string, details []Detail, err error) {
	if len(b) > maxDetailsLen {
		return 0, "", nil, errDetailsBounds
	}
	for len(b) > 0 {
		var f field
		if f, b = next(b); b == nil {
			return 0, "", nil, errDetails
		}
		switch {
		case f.is(1, wireVarint):
			if c = Code(f.number); f.number >= codes {
				c = Unknown
			}
		case f.is(2, wireBytes):
			message = validText(string(f.bytes))
		case f.is(3, wireBytes):
			if len(details) == maxDetails {
				return 0, "", nil, errDetailsBounds
			}
			d, ok := parseDetail(f.bytes)
			if !ok {
				return 0, "", nil, errDetails
			}
			details = append(details, d)
		}
	}
	return c, message, details, nil
}

var (
	errDetails       = &Error{Internal, "status details are not a google.rpc.Status"}
	errDetailsBounds = &Error{Internal, "status details are too large"}
)

func parseDetail(b []byte) (d Detail, ok bool) {
	for len(b) > 0 {
		var f field
		if f, b = next(b); b == nil {
			return Detail{}, false
		}
		switch {
		case f.is(1, wireBytes):
			if !utf8.Valid(f.bytes) {
				return Detail{}, false
			}
			d.TypeURL = string(f.bytes)
		case f.is(2, wireBytes):
			d.Value = f.bytes
		}
	}
	return d, true
}

// A field is one protobuf field; of unknown ones only id and wireType count.
type field struct {
	id       uint64
	wireType byte
	number   uint64 // of a varint
	bytes    []byte // of a length-delimited field
}

func (f *field) is(id uint64, wireType byte) bool {
	return f.id == id && f.wireType == wireType
}

// next reads the first field of b, a group as a whole, and returns what follows
// it, or nil if b does not begin with a field.
func next(b []byte) (field, []byte) {
	f, b := nextFlat(b)
	if b == nil || f.wireType == wireEnd {
		return field{}, nil
	}
	if f.wireType != wireStart {
		return f, b
	}
	var open [maxGroupDepth]uint64 // the groups that we are in
	open[0] = f.id
	for depth := 1; depth > 0; {
		var inner field
		if inner, b = nextFlat(b); b == nil {
			return field{}, nil
		}
		switch inner.wireType {
		case wireStart:
			if depth == maxGroupDepth {
				return field{}, nil
			}
			open[depth] = inner.id
			depth++
		case wireEnd:
			depth--
			if open[depth] != inner.id {
				return field{}, nil
			}
		}
	}
	return f, b
}

// nextFlat reads the first field of b, where the two ends of a group are fields of
// their own, and returns what follows it, or nil if b does not begin with a field.
func nextFlat(b []byte) (f field, rest []byte) {
	tag, n := binary.Uvarint(b)
	// Field numbers have 29 bits and begin at 1.
	if n <= 0 || tag>>32 != 0 || tag>>3 == 0 {
		return field{}, nil
	}
	b = b[n:]
	f.id, f.wireType = tag>>3, byte(tag&7)
	size := uint64(0)
	switch f.wireType {
	case wireVarint:
		f.number, n = binary.Uvarint(b)
		if n <= 0 {
			return field{}, nil
		}
		return f, b[n:]
	case wireBytes:
		size, n = binary.Uvarint(b)
		if n <= 0 {
			return field{}, nil
		}
		b = b[n:]
	case wireFixed64:
		size = 8
	case wireFixed32:
		size = 4
	case wireStart, wireEnd:
	default:
		return field{}, nil
	}
	if size > uint64(len(b)) {
		return field{}, nil
	}
	f.bytes = b[:size:size]
	return f, b[size:]
}
