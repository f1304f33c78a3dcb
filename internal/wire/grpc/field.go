package grpc

import "strings"

// tokenChars are those of field names, RFC 9110 §5.6.2.
var tokenChars = newCharset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

// ReceivedField returns a field that has come in a body, as trailers of gRPC-Web and
// Connect do, as if it had come in a header section: its name in lower case, its
// value without blanks around it. What HTTP would not have let through is an
// [*Error] with Internal, so that nothing gets in by a body that an intermediary
// would take for more than one field.
func ReceivedField(name, value string) (string, string, error) {
	if name == "" {
		return "", "", errFieldName
	}
	for i := range len(name) {
		if !tokenChars.has(name[i]) {
			return "", "", &Error{Internal, "field name " + Quote(name) + " is not a token"}
		}
	}
	value = TrimValue(value)
	for i := range len(value) {
		if c := value[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return "", "", &Error{Internal, "value of field " + Quote(name) + " has a control character"}
		}
	}
	return strings.ToLower(name), value, nil
}

var errFieldName = &Error{Internal, "a field has no name"}
