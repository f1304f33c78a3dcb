package transcode

import (
	"errors"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// The fields of google.api.HttpBody, whose type this package does not bring along.
const (
	httpBodyType = "content_type"
	httpBodyData = "data"
)

// isHTTPBody reports whether a message is a google.api.HttpBody, which holds any bytes.
// md may be nil.
func isHTTPBody(md protoreflect.MessageDescriptor) bool {
	if md == nil || md.FullName() != "google.api.HttpBody" {
		return false
	}
	contentType, data := md.Fields().ByName(httpBodyType), md.Fields().ByName(httpBodyData)
	return contentType != nil && contentType.Kind() == protoreflect.StringKind && !contentType.IsList() &&
		data != nil && data.Kind() == protoreflect.BytesKind && !data.IsList()
}

func setHTTPBody(m protoreflect.Message, in *Request) error {
	if !utf8.ValidString(in.ContentType) {
		return errors.New("its content type is not UTF-8")
	}
	fields := m.Descriptor().Fields()
	if in.ContentType != "" {
		m.Set(fields.ByName(httpBodyType), protoreflect.ValueOfString(in.ContentType))
	}
	if len(in.Body) > 0 {
		m.Set(fields.ByName(httpBodyData), protoreflect.ValueOfBytes(in.Body))
	}
	return nil
}

// httpBody returns the type and the bytes of a google.api.HttpBody.
func httpBody(m protoreflect.Message) (contentType string, data []byte) {
	fields := m.Descriptor().Fields()
	return m.Get(fields.ByName(httpBodyType)).String(), m.Get(fields.ByName(httpBodyData)).Bytes()
}

// isFieldValue reports whether HTTP carries s as the value of a field: visible ASCII with
// spaces within.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && s[0] != ' ' && s[len(s)-1] != ' '
}
