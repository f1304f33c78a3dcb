package connect

import (
	"iter"
	"slices"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// AppendEndStream appends the message that ends a stream ("EndStreamResponse"): the
// error, none for OK, see [AppendError], and metadata, whose names must have passed
// [CheckName]. Values under -bin names are encoded here. Values of one name stay in
// their order; names come in that of the alphabet.
func AppendEndStream(dst []byte, c grpc.Code, message string, details []grpc.Detail, debug Debug, metadata iter.Seq2[string, string]) []byte {
	dst = append(dst, '{')
	if c != grpc.OK {
		dst = append(dst, `"error":`...)
		dst = AppendError(dst, c, message, details, debug)
	}
	if metadata == nil {
		return append(dst, '}')
	}
	type field struct{ name, value string }
	var fields []field
	for name, value := range metadata {
		fields = append(fields, field{name, value})
	}
	if len(fields) == 0 {
		return append(dst, '}')
	}
	slices.SortStableFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	if c != grpc.OK {
		dst = append(dst, ',')
	}
	dst = append(dst, `"metadata":{`...)
	for i, f := range fields {
		switch {
		case i > 0 && fields[i-1].name == f.name:
			dst = append(dst, ',')
		default:
			if i > 0 {
				dst = append(dst, "],"...)
			}
			dst = appendString(dst, f.name)
			dst = append(dst, ":["...)
		}
		if grpc.IsBin(f.name) {
			f.value = grpc.EncodeBin(f.value)
		} else {
			f.value = grpc.TrimValue(f.value)
		}
		dst = appendString(dst, f.value)
	}
	return append(dst, "]}}"...)
}

var (
	errEnd         = &grpc.Error{Code: grpc.Internal, Message: "the message that ends the stream is not a JSON object"}
	errEndBounds   = &grpc.Error{Code: grpc.ResourceExhausted, Message: "the message that ends the stream is too large"}
	errEndMetadata = &grpc.Error{Code: grpc.Internal, Message: "the message that ends the stream has malformed metadata"}
)

// ParseEndStream reads the message that ends a stream. c is OK if it has no error, or
// one that is null, and Unknown if it has one that names no code that there is; otherwise
// errors are read as by [ParseError]. field is called for the metadata that an application
// sees, with names in lower case and binary values decoded. What is no message of this
// kind is a [*grpc.Error] with Internal, what is beyond all reason (1 MiB, 1024 values)
// one with ResourceExhausted.
func ParseEndStream(b []byte, field func(name, value string)) (c grpc.Code, message string, details []grpc.Detail, err error) {
	if len(b) > maxBodyLen {
		return 0, "", nil, errEndBounds
	}
	v := parse(b)
	if !v.is('{') {
		return 0, "", nil, errEnd
	}
	var metadata value
	for key, val := range v.entries() {
		switch key {
		case "error":
			if val.null() {
				c, message, details = grpc.OK, "", nil
				continue
			}
			if c, message, details = val.status(); c == grpc.OK {
				c = grpc.Unknown
			}
		case "metadata":
			metadata = val
		}
	}
	if err := metadata.metadata(field); err != nil {
		return 0, "", nil, err
	}
	return c, message, details, nil
}

// metadata calls field as ParseEndStream does.
func (v value) metadata(field func(name, value string)) error {
	if v != nil && !v.null() && !v.is('{') {
		return errEndMetadata
	}
	left := maxMetadata
	for key, list := range v.entries() {
		if !list.is('[') && !list.null() {
			return errEndMetadata
		}
		for element := range list.elements() {
			text, ok := element.text()
			if !ok {
				return errEndMetadata
			}
			name, text, err := grpc.ReceivedField(key, text)
			if err != nil {
				return err
			}
			if left--; left < 0 {
				return errEndBounds
			}
			if !Visible(name) {
				continue
			}
			if !grpc.IsBin(name) {
				field(name, text)
				continue
			}
			values, err := grpc.DecodeBin(text, left+1)
			if err != nil {
				return err
			}
			left -= len(values) - 1
			for _, decoded := range values {
				field(name, decoded)
			}
		}
	}
	return nil
}
