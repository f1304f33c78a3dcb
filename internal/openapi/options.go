package openapi

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// The numbers of options that extend descriptor.proto.
const (
	httpOption          = 72295728 // google.api.http, of methods
	fieldBehaviorOption = 1052     // google.api.field_behavior
)

// A behavior is a set of google.api.FieldBehavior.
type behavior uint

const (
	required   behavior = 1 << 2
	outputOnly behavior = 1 << 3
	inputOnly  behavior = 1 << 4
	immutable  behavior = 1 << 5
	identifier behavior = 1 << 8
)

func (b behavior) has(x behavior) bool { return b&x != 0 }

// behaviorOf returns what google.api.field_behavior says of a field, and what proto2
// does.
func behaviorOf(fd protoreflect.FieldDescriptor) behavior {
	var b behavior
	add := func(v uint64) {
		if v < 16 {
			b |= 1 << v
		}
	}
	eachOption(fd, fieldBehaviorOption, func(typ protowire.Type, value []byte) {
		switch typ {
		case protowire.VarintType:
			v, _ := protowire.ConsumeVarint(value)
			add(v)
		case protowire.BytesType: // packed
			packed, _ := protowire.ConsumeBytes(value)
			for len(packed) > 0 {
				v, n := protowire.ConsumeVarint(packed)
				if n < 0 {
					return
				}
				add(v)
				packed = packed[n:]
			}
		}
	})
	if fd.Cardinality() == protoreflect.Required {
		b |= required
	}
	return b
}

// httpRule returns the encoded google.api.HttpRule of a method, or nil if it has none.
// The option may be given in parts, which follow each other as messages do that merge.
func httpRule(md protoreflect.MethodDescriptor) []byte {
	var rule []byte
	eachOption(md, httpOption, func(typ protowire.Type, value []byte) {
		if part, n := protowire.ConsumeBytes(value); typ == protowire.BytesType && n >= 0 {
			rule = append(rule, part...)
		}
	})
	return rule
}

// eachOption calls f with the encoded values of an option. It is found whether or not
// the program that runs knows the extension.
func eachOption(d protoreflect.Descriptor, number protowire.Number, f func(protowire.Type, []byte)) {
	encoded, err := proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(d.Options())
	if err != nil {
		return
	}
	for len(encoded) > 0 {
		n, typ, tag := protowire.ConsumeTag(encoded)
		if tag < 0 {
			return
		}
		size := protowire.ConsumeFieldValue(n, typ, encoded[tag:])
		if size < 0 {
			return
		}
		if n == number {
			f(typ, encoded[tag:tag+size])
		}
		encoded = encoded[tag+size:]
	}
}

// isDeprecated reports whether a definition is marked so.
func isDeprecated(d protoreflect.Descriptor) bool {
	o, ok := d.Options().(interface{ GetDeprecated() bool })
	return ok && o.GetDeprecated()
}

// hasNoSideEffects reports whether a method promises so, which makes GET possible.
func hasNoSideEffects(md protoreflect.MethodDescriptor) bool {
	o, ok := md.Options().(*descriptorpb.MethodOptions)
	return ok && o.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS
}
