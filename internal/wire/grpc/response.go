package grpc

import "strconv"

// CheckResponse judges the header of a response that carries no grpc-status. It
// returns nil for HTTP status 200 with a gRPC content-type in the codec named by
// subtype, the one of the request. Otherwise it returns an [*Error]: by the HTTP
// status if that is not 200, Unknown if the content is not gRPC (a proxy's page),
// and Internal if it is in another codec.
func CheckResponse(status int, contentType, subtype string) error {
	if status != 200 {
		return &Error{CodeFromHTTP(status), "unexpected HTTP status " + strconv.Itoa(status)}
	}
	got, ok := ContentSubtype(contentType)
	if !ok {
		return &Error{Unknown, "unexpected content-type " + Quote(contentType)}
	}
	if codecName(got) != codecName(subtype) {
		return &Error{Internal, "unexpected content-type " + Quote(contentType) + ", want " + ContentType(subtype)}
	}
	return nil
}

func codecName(subtype string) string {
	if subtype == "" {
		return "proto"
	}
	return subtype
}

// UserAgent returns the value of the user-agent field for this library's version:
// in the form that PROTOCOL-HTTP2 "User Agents" asks for, after the application's
// own name if it has one.
func UserAgent(application, version string) string {
	const library = "grpc-go-curlew/"
	if application == "" {
		return library + version
	}
	return application + " " + library + version
}
