package transcode

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	_ "google.golang.org/protobuf/types/descriptorpb" // without which methods have no options

	"github.com/curlew-rpc/curlew/internal/wire/rest"
)

// httpOption is the number of the extension google.api.http of MethodOptions.
const httpOption = 72295728

// RulesOf returns the rules in the options of a method, the additional ones behind the
// one that has them, which then has none. There are none without the option
// google.api.http. It makes no difference whether the program knows the option's type.
func RulesOf(md protoreflect.MethodDescriptor) ([]rest.Rule, error) {
	raw, err := httpRule(md.Options())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", md.FullName(), err)
	}
	if raw == nil {
		return nil, nil
	}
	r, err := rest.ParseRule(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", md.FullName(), err)
	}
	rules := append([]rest.Rule{r}, r.Additional...)
	rules[0].Additional = nil
	return rules, nil
}

// httpRule returns the option google.api.http in protobuf binary, or nil without it.
func httpRule(options proto.Message) (raw []byte, err error) {
	if options == nil {
		return nil, nil
	}
	m := options.ProtoReflect()
	if !m.IsValid() { // no option at all, as with most methods: to look costs memory
		return nil, nil
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if fd.Number() != httpOption || fd.Message() == nil || fd.IsList() {
			return true
		}
		raw, err = proto.MarshalOptions{AllowPartial: true}.MarshalAppend([]byte{}, v.Message().Interface())
		return false
	})
	if raw != nil || err != nil {
		return raw, err
	}
	unknown := m.GetUnknown()
	for len(unknown) > 0 {
		number, kind, n := protowire.ConsumeTag(unknown)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		size := protowire.ConsumeFieldValue(number, kind, unknown[n:])
		if size < 0 {
			return nil, protowire.ParseError(size)
		}
		if number == httpOption && kind == protowire.BytesType {
			// Messages that come in parts are merged, which appending does.
			part, _ := protowire.ConsumeBytes(unknown[n:])
			raw = append(append([]byte{}, raw...), part...)
		}
		unknown = unknown[n+size:]
	}
	return raw, nil
}
