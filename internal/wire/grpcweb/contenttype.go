package grpcweb

import (
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

const (
	binaryType = "application/grpc-web"
	textType   = "application/grpc-web-text"
)

// ParseContentType reads a content-type: application/grpc-web or, with text true for
// bodies in base64, application/grpc-web-text. subtype names the codec in lower case, ""
// means the protobuf codec; parameters are dropped and letter case is ignored. ok is
// false for what is not gRPC-Web, and for a + without a name.
func ParseContentType(ct string) (subtype string, text, ok bool) {
	ct, _, _ = strings.Cut(ct, ";")
	base, subtype, plus := strings.Cut(grpc.TrimValue(ct), "+")
	if plus && subtype == "" {
		return "", false, false
	}
	switch {
	case grpc.EqualFold(base, binaryType):
		return strings.ToLower(subtype), false, true
	case grpc.EqualFold(base, textType):
		return strings.ToLower(subtype), true, true
	}
	return "", false, false
}

// ContentType returns the content-type of a request or response whose messages are in
// the codec named by subtype, "" meaning the default. A response echoes that of its
// request. It does not allocate for "", "proto" and "json".
func ContentType(subtype string, text bool) string {
	base, proto, json := binaryType, binaryType+"+proto", binaryType+"+json"
	if text {
		base, proto, json = textType, textType+"+proto", textType+"+json"
	}
	switch subtype {
	case "":
		return base
	case "proto":
		return proto
	case "json":
		return json
	}
	return base + "+" + subtype
}

// WantsText reports whether the list of an accept field asks for bodies in base64,
// which it does by naming their type. Requests in base64 are answered so whatever they
// accept.
func WantsText(accept string) bool {
	for element := range grpc.Listed(accept) {
		if _, text, _ := ParseContentType(element); text {
			return true
		}
	}
	return false
}

// CheckResponse judges the header of a response, and whether its body is in base64. It
// returns nil for HTTP status 200 with messages in the codec named by subtype, the one
// of the request. Otherwise it returns a [*grpc.Error]: by the HTTP status if that is not
// 200, Unknown if the content is not gRPC-Web, and Internal if it is in another codec.
// A response with a grpc-status in its header and an empty body has no need of it.
func CheckResponse(status int, contentType, subtype string) (text bool, err error) {
	if status != 200 {
		return false, &grpc.Error{Code: grpc.CodeFromHTTP(status), Message: "unexpected HTTP status " + strconv.Itoa(status)}
	}
	got, text, ok := ParseContentType(contentType)
	if !ok {
		return false, &grpc.Error{Code: grpc.Unknown, Message: "unexpected content-type " + grpc.Quote(contentType)}
	}
	if codecName(got) != codecName(subtype) {
		return false, &grpc.Error{Code: grpc.Internal, Message: "unexpected content-type " + grpc.Quote(contentType) +
			", want " + ContentType(subtype, text)}
	}
	return text, nil
}

func codecName(subtype string) string {
	if subtype == "" {
		return "proto"
	}
	return subtype
}

// Visible reports whether a received field belongs into the metadata that the
// application sees: gRPC-Web's own and those that negotiate the body do not, beside what
// [grpc.Visible] leaves out. name is in lower case.
func Visible(name string) bool {
	switch name {
	case "x-grpc-web", "accept", "accept-encoding", "content-encoding", "trailer":
		return false
	}
	return grpc.Visible(name)
}
