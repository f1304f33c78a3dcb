package codec

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
)

// Message is any generated protobuf message.
type Message = proto.Message

// typePrefix is what comes before a message's name in the type URLs of
// google.protobuf.Any.
const typePrefix = "type.googleapis.com/"

// PackDetail encodes a message as what google.protobuf.Any carries.
func PackDetail(msg Message) (typeURL string, value []byte, err error) {
	if msg == nil || !msg.ProtoReflect().IsValid() {
		return "", nil, fmt.Errorf("codec: the detail is a nil %T", msg)
	}
	value, err = proto.MarshalOptions{Deterministic: true}.Marshal(msg)
	return typePrefix + string(msg.ProtoReflect().Descriptor().FullName()), value, err
}

// UnpackDetail decodes value into msg if typeURL names msg's type, and reports
// whether it does and could.
func UnpackDetail(typeURL string, value []byte, msg Message) bool {
	name := typeURL[strings.LastIndexByte(typeURL, '/')+1:]
	return name == string(msg.ProtoReflect().Descriptor().FullName()) && proto.Unmarshal(value, msg) == nil
}
