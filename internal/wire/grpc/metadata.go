package grpc

import "strings"

// nameChars is Header-Name of PROTOCOL-HTTP2 "Custom-Metadata".
var nameChars = newCharset("0123456789abcdefghijklmnopqrstuvwxyz_.-")

// CheckName returns nil if an application may send metadata under name: it is
// made of 0-9 a-z _ . - and belongs neither to HTTP nor to gRPC. Otherwise the
// error is an [*Error] with Internal: the sender's own mistake, found before it
// can become an injection.
//
// Of the names that begin with grpc- four are free: grpc-previous-rpc-attempts
// and grpc-retry-pushback-ms, whose use the standard leaves to metadata (A6), and
// grpc-trace-bin and grpc-tags-bin, which propagators carry (A72).
func CheckName(name string) error {
	if name == "" {
		return errNameEmpty
	}
	for i := range len(name) {
		if !nameChars.has(name[i]) {
			return &Error{Internal, "metadata name " + Quote(name) + " has a character other than 0-9 a-z _ . -"}
		}
	}
	if name == "user-agent" || protocolField(name) {
		return &Error{Internal, "metadata name " + Quote(name) + " is reserved"}
	}
	return nil
}

var errNameEmpty = &Error{Internal, "metadata name is empty"}

// Visible reports whether a received field belongs into the metadata that the
// application sees: custom metadata and user-agent do, the protocol's own fields
// do not. name is in lower case, as HTTP/2 has it.
func Visible(name string) bool {
	return name != "" && !protocolField(name)
}

// protocolField reports whether a field is HTTP's or gRPC's own, so that it never
// comes from or goes to an application: pseudo-header fields, the connection's
// fields (RFC 9113 §8.2.2), those that frame the message, and the grpc- space.
func protocolField(name string) bool {
	switch name[0] {
	case ':':
		return true
	case 'g':
		return strings.HasPrefix(name, "grpc-") && !metadataField(name)
	}
	switch name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade",
		"te", "host", "content-length", "content-type":
		return true
	}
	return false
}

// metadataField reports the names within the grpc- space that are metadata.
func metadataField(name string) bool {
	switch name {
	case "grpc-previous-rpc-attempts", "grpc-retry-pushback-ms", "grpc-trace-bin", "grpc-tags-bin":
		return true
	}
	return false
}

// CheckValue returns nil if an application may send value under name: printable
// ASCII and spaces, or any bytes under a -bin name. White space around the value
// is not counted, for it is not sent: see [TrimValue]. Otherwise the error is an
// [*Error] with Internal.
//
// What is received is not held to this: HTTP allows more.
func CheckValue(name, value string) error {
	if IsBin(name) {
		return nil
	}
	value = TrimValue(value)
	for i := range len(value) {
		if value[i] < 0x20 || value[i] > 0x7e {
			return &Error{Internal, "value of metadata " + Quote(name) + " has a character that is not printable ASCII: " +
				"send other bytes under a name that ends in -bin"}
		}
	}
	return nil
}

// TrimValue returns value without the spaces and tabs around it, which an HTTP
// field value must not have (RFC 9113 §8.2.1). Values under -bin names are
// encoded instead and must not be trimmed.
func TrimValue(value string) string {
	for value != "" && blank(value[0]) {
		value = value[1:]
	}
	for value != "" && blank(value[len(value)-1]) {
		value = value[:len(value)-1]
	}
	return value
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
