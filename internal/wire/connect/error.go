package connect

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// Bounds of what is parsed. The first must hold for what is received anyway; they are
// for what limits of messages let through.
const (
	maxBodyLen  = 1 << 20
	maxDetails  = 1 << 10
	maxMetadata = 1 << 10
)

// typePrefix is what types that have no URL in JSON have in an Any.
const typePrefix = "type.googleapis.com/"

// A Debug renders a detail in JSON for people to read; what is not JSON, nil among it,
// is left out. A nil Debug renders none.
type Debug func(d grpc.Detail) []byte

// AppendError appends the JSON of an error ("Error-JSON"), the body of a unary response
// that is one. It has no other keys than code, message and details. What is no code of
// an error becomes unknown; bytes of texts that are not UTF-8 are replaced.
func AppendError(dst []byte, c grpc.Code, message string, details []grpc.Detail, debug Debug) []byte {
	dst = append(dst, `{"code":"`...)
	dst = append(dst, CodeName(c)...)
	dst = append(dst, '"')
	if message != "" {
		dst = append(dst, `,"message":`...)
		dst = appendString(dst, message)
	}
	if len(details) > 0 {
		dst = append(dst, `,"details":`...)
		separator := byte('[')
		for _, d := range details {
			dst = append(dst, separator)
			dst = appendDetail(dst, d, debug)
			separator = ','
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendDetail(dst []byte, d grpc.Detail, debug Debug) []byte {
	dst = append(dst, `{"type":`...)
	dst = appendString(dst, d.TypeURL[strings.LastIndexByte(d.TypeURL, '/')+1:])
	dst = append(dst, `,"value":"`...)
	dst = base64.RawStdEncoding.AppendEncode(dst, d.Value)
	dst = append(dst, '"')
	if debug != nil {
		if text := debug(d); json.Valid(text) {
			dst = append(dst, `,"debug":`...)
			dst = append(dst, text...)
		}
	}
	return append(dst, '}')
}

// ParseError reads the JSON of an error. It takes what it can: other keys are ignored,
// and so are values of another type than theirs, and details that cannot be read or are
// more than 1024. c is
// OK where no code is named that there is, and is then to be taken from the HTTP status
// (see [grpc.CodeFromHTTP]); ok is false if body is no JSON object or is more than 1 MiB,
// and then it says nothing at all.
func ParseError(body []byte) (c grpc.Code, message string, details []grpc.Detail, ok bool) {
	if len(body) > maxBodyLen {
		return 0, "", nil, false
	}
	v := parse(body)
	if !v.is('{') {
		return 0, "", nil, false
	}
	c, message, details = v.status()
	return c, message, details, true
}

// status reads an error as ParseError does.
func (v value) status() (c grpc.Code, message string, details []grpc.Detail) {
	for key, val := range v.entries() {
		switch key {
		case "code":
			name, _ := val.text()
			c, _ = ParseCode(name)
		case "message":
			message, _ = val.text()
		case "details":
			details = val.details()
		}
	}
	return c, message, details
}

func (v value) details() (details []grpc.Detail) {
	for element := range v.elements() {
		if len(details) == maxDetails {
			break
		}
		if d, ok := element.detail(); ok {
			details = append(details, d)
		}
	}
	return details
}

func (v value) detail() (d grpc.Detail, ok bool) {
	for key, val := range v.entries() {
		switch key {
		case "type":
			d.TypeURL, _ = val.text()
			if d.TypeURL != "" && !strings.Contains(d.TypeURL, "/") {
				d.TypeURL = typePrefix + d.TypeURL
			}
		case "value":
			var encoded string
			if encoded, ok = val.text(); !ok {
				return d, false
			}
			values, err := grpc.DecodeBin(encoded, 1)
			if err != nil {
				return d, false
			}
			d.Value = []byte(values[0])
		}
	}
	return d, ok && d.TypeURL != ""
}
