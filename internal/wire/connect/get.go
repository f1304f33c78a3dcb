package connect

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A Get is a request that has come by GET ("Unary-Get-Request").
type Get struct {
	Message     []byte // as sent: to be decompressed by Compression
	Encoding    string // names the codec; "" if there is none, which is a codec that nobody knows
	Compression string // names the compression of Message, "" for none
	Base64      bool   // Message was in base64
	Version     string // "v1", or "" if it was not named
}

// maxQuery bounds a query, whatever lets longer ones through.
const maxQuery = 1 << 20

var (
	errGetBounds  = &grpc.Error{Code: grpc.ResourceExhausted, Message: "query is too long"}
	errGetEscape  = &grpc.Error{Code: grpc.InvalidArgument, Message: "query has a malformed escape"}
	errGetTwice   = &grpc.Error{Code: grpc.InvalidArgument, Message: "query names a parameter of Connect's twice"}
	errGetMissing = &grpc.Error{Code: grpc.InvalidArgument, Message: "query has no message"}
	errGetBase64  = &grpc.Error{Code: grpc.InvalidArgument, Message: "message is not base64 in the alphabet for URLs"}
	errGetVersion = &grpc.Error{Code: grpc.InvalidArgument, Message: "connect is not v1"}
)

// ParseGet reads the query of a GET request, without its question mark. Parameters may
// come in any order, other ones are ignored, base64 may be padded. What is malformed, or
// has no message, is a [*grpc.Error] with InvalidArgument, and so is a parameter given
// twice: caches and servers would not agree on which one counts. A query of more than
// 1 MiB is one with ResourceExhausted.
func ParseGet(rawQuery string) (Get, error) {
	if len(rawQuery) > maxQuery {
		return Get{}, errGetBounds
	}
	var values, seen [len(getNames)]string
	for more := true; more; {
		var parameter string
		parameter, rawQuery, more = strings.Cut(rawQuery, "&")
		key, val, _ := strings.Cut(parameter, "=")
		i := getName(key)
		if i < 0 {
			continue
		}
		if seen[i] != "" {
			return Get{}, errGetTwice
		}
		seen[i] = key
		var err error
		if values[i], err = url.QueryUnescape(val); err != nil {
			return Get{}, errGetEscape
		}
	}
	if seen[getMessage] == "" {
		return Get{}, errGetMissing
	}
	if seen[getConnect] != "" && values[getConnect] != "v1" {
		return Get{}, errGetVersion
	}
	g := Get{
		Encoding:    values[getEncoding],
		Compression: values[getCompression],
		Base64:      values[getBase64] == "1", // other values are ignored
		Version:     values[getConnect],
	}
	if g.Compression == grpc.Identity {
		g.Compression = ""
	}
	if !g.Base64 {
		g.Message = []byte(values[getMessage])
		return g, nil
	}
	var err error
	g.Message, err = decodeURL(values[getMessage])
	return g, err
}

// The parameters of a query, in the order in which clients name them.
const (
	getConnect = iota
	getBase64
	getCompression
	getEncoding
	getMessage
)

var getNames = [...]string{"connect", "base64", "compression", "encoding", "message"}

// getName returns which parameter a key names, -1 for one that is not Connect's. Keys
// may be escaped, though none needs to be.
func getName(key string) int {
	if strings.Contains(key, "%") {
		var err error
		if key, err = url.QueryUnescape(key); err != nil {
			return -1
		}
	}
	for i, name := range getNames {
		if name == key {
			return i
		}
	}
	return -1
}

func decodeURL(s string) ([]byte, error) {
	// Whole quanta may end in padding; anything else cannot.
	encoding := base64.RawURLEncoding
	if len(s)%4 == 0 {
		encoding = base64.URLEncoding
	}
	// The decoder skips line ends, which have no business here.
	if strings.ContainsAny(s, "\r\n") {
		return nil, errGetBase64
	}
	b, err := encoding.DecodeString(s)
	if err != nil {
		return nil, errGetBase64
	}
	return b, nil
}

// AppendGet appends the query of a GET request, without its question mark, in the order
// that makes equal requests equal URLs. The message goes in base64 if inBase64 is true,
// which it has to be for a binary codec, and always if it is compressed; otherwise as
// escaped text. compression is "" for none.
func AppendGet(dst []byte, codec, compression string, message []byte, inBase64 bool) []byte {
	dst = append(dst, "connect=v1"...)
	compressed := compression != "" && compression != grpc.Identity
	if inBase64 || compressed {
		dst = append(dst, "&base64=1"...)
	}
	if compressed {
		dst = append(dst, "&compression="...)
		dst = appendEscaped(dst, []byte(compression))
	}
	dst = append(dst, "&encoding="...)
	dst = appendEscaped(dst, []byte(codec))
	dst = append(dst, "&message="...)
	if inBase64 || compressed {
		return base64.RawURLEncoding.AppendEncode(dst, message)
	}
	return appendEscaped(dst, message)
}

// appendEscaped appends text with all but the unreserved characters of RFC 3986 §2.3
// escaped.
func appendEscaped(dst, text []byte) []byte {
	const upperHex = "0123456789ABCDEF"
	for _, c := range text {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}
