package connect

import (
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

const (
	unaryPrefix  = "application/"
	streamPrefix = "application/connect+"
)

// ParseContentType reads a content-type: application/x of a unary call or
// application/connect+x of a stream, where x names the codec and is returned in
// lower case. Letter case is ignored, and so are parameters, but for a charset other
// than UTF-8. ok is false for what is not Connect: among it gRPC and gRPC-Web, and
// whatever a browser sends without asking first. Whether there is such a codec is for
// the caller to see.
func ParseContentType(ct string) (codec string, stream, ok bool) {
	ct, parameters, _ := strings.Cut(ct, ";")
	if !utf8Charset(parameters) {
		return "", false, false
	}
	ct = strings.ToLower(grpc.TrimValue(ct))
	codec, ok = strings.CutPrefix(ct, unaryPrefix)
	if !ok {
		return "", false, false
	}
	if name, found := strings.CutPrefix(codec, "connect+"); found {
		codec, stream = name, true
	} else if codec == "connect" || codec == "grpc" || strings.HasPrefix(codec, "grpc+") || strings.HasPrefix(codec, "grpc-web") {
		return "", false, false
	}
	if codec == "" || strings.ContainsAny(codec, "/ \t,") {
		return "", false, false
	}
	return codec, stream, true
}

// utf8Charset reports whether no parameter names a charset other than UTF-8.
func utf8Charset(parameters string) bool {
	for more := parameters != ""; more; {
		var parameter string
		parameter, parameters, more = strings.Cut(parameters, ";")
		key, value, _ := strings.Cut(parameter, "=")
		if !grpc.EqualFold(grpc.TrimValue(key), "charset") {
			continue
		}
		value = strings.Trim(grpc.TrimValue(value), `"`)
		if !grpc.EqualFold(value, "utf-8") && !grpc.EqualFold(value, "utf8") {
			return false
		}
	}
	return true
}

// ContentType returns the content-type of a request or response in a codec. It does
// not allocate for "proto" and "json".
func ContentType(codec string, stream bool) string {
	if stream {
		switch codec {
		case "proto":
			return "application/connect+proto"
		case "json":
			return "application/connect+json"
		}
		return streamPrefix + codec
	}
	switch codec {
	case "proto":
		return "application/proto"
	case "json":
		return "application/json"
	}
	return unaryPrefix + codec
}

// CheckStream judges the header of a stream's response. It returns nil for HTTP
// status 200 with messages in the codec of the request, otherwise a [*grpc.Error]: by
// the HTTP status if that is not 200, Unknown if the content is no stream of Connect's,
// and Internal if it is in another codec.
func CheckStream(status int, contentType, codec string) error {
	if status != 200 {
		return unexpectedStatus(status)
	}
	return checkContentType(contentType, codec, true)
}

// CheckUnary judges the header of a unary call's response as CheckStream does, but
// that failed is true for a status other than 200 whose body is to be given to
// [ParseError].
func CheckUnary(status int, contentType, codec string) (failed bool, err error) {
	if status == 200 {
		return false, checkContentType(contentType, codec, false)
	}
	// Errors are in JSON, whatever the codec is.
	if got, stream, ok := ParseContentType(contentType); ok && !stream && got == "json" {
		return true, nil
	}
	return false, unexpectedStatus(status)
}

func unexpectedStatus(status int) error {
	return &grpc.Error{Code: grpc.CodeFromHTTP(status), Message: "unexpected HTTP status " + strconv.Itoa(status)}
}

func checkContentType(contentType, codec string, stream bool) error {
	got, isStream, ok := ParseContentType(contentType)
	switch {
	case !ok || isStream != stream:
		return &grpc.Error{Code: grpc.Unknown, Message: "unexpected content-type " + grpc.Quote(contentType)}
	case got != codec:
		return &grpc.Error{Code: grpc.Internal, Message: "unexpected content-type " + grpc.Quote(contentType) +
			", want " + ContentType(codec, stream)}
	}
	return nil
}
