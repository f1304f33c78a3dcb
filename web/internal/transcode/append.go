package transcode

import (
	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

const (
	jsonType  = "application/json"
	bytesType = "application/octet-stream"
)

// Append appends the body of a response and returns its content type: the JSON of the
// message, or of the field that the rule says is the body, or what a google.api.HttpBody
// has, without a type application/octet-stream. A message of another type than the
// method's, one that is no JSON, and a content type that HTTP cannot carry are errors
// with Internal; then dst is as it was.
func (b *Binding) Append(dst []byte, msg proto.Message) (out []byte, contentType string, err error) {
	m := msg.ProtoReflect()
	if m.Descriptor() != b.output {
		return dst, "", internal("a response came to another method's rule")
	}
	switch {
	case b.rawOut:
		if b.bodyOut != nil {
			m = m.Get(b.bodyOut).Message()
		}
		contentType, data := httpBody(m)
		if contentType == "" {
			contentType = bytesType
		} else if !isFieldValue(contentType) {
			return dst, "", internal("content_type: " + quote(contentType) + " cannot be the value of an HTTP field")
		}
		return append(dst, data...), contentType, nil
	case b.bodyOut != nil:
		out, err = b.options.JSON.AppendField(dst, m, b.bodyOut)
	default:
		out, err = b.options.JSON.Append(dst, msg)
	}
	if err != nil {
		return dst, "", internal("the response cannot be JSON: " + err.Error())
	}
	return out, jsonType, nil
}

func internal(message string) error {
	return &grpc.Error{Code: grpc.Internal, Message: message}
}
