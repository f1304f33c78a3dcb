package grpc

import "strings"

const contentTypePrefix = "application/grpc"

// ContentSubtype reads a content-type. For application/grpc it returns "" (which
// means the protobuf codec), for application/grpc+x it returns x in lower case;
// parameters are dropped and letter case is ignored, as HTTP says (RFC 9110
// §8.3.1). ok is false for what is not gRPC, among it application/grpc-web and
// application/grpc+ without a name.
func ContentSubtype(ct string) (subtype string, ok bool) {
	if i := strings.IndexByte(ct, ';'); i >= 0 {
		ct = ct[:i]
	}
	ct = TrimValue(ct)
	const n = len(contentTypePrefix)
	if len(ct) < n || !EqualFold(ct[:n], contentTypePrefix) {
		return "", false
	}
	switch {
	case len(ct) == n:
		return "", true
	case ct[n] != '+' || len(ct) == n+1:
		return "", false
	}
	return strings.ToLower(ct[n+1:]), true
}

// ContentType returns the content-type of a request or response whose messages
// are in the codec named by subtype, "" meaning the default. It does not allocate
// for "", "proto" and "json".
func ContentType(subtype string) string {
	switch subtype {
	case "":
		return contentTypePrefix
	case "proto":
		return "application/grpc+proto"
	case "json":
		return "application/grpc+json"
	}
	return contentTypePrefix + "+" + subtype
}

// EqualFold compares ASCII text whatever its letter case. It is not
// strings.EqualFold, for which U+212A is a k.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
