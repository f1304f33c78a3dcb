package openapi

import "google.golang.org/protobuf/reflect/protoreflect"

// wellKnown returns the schema of a message that has a JSON form of its own, or nil if
// it is an ordinary one.
func (s *schemas) wellKnown(md protoreflect.MessageDescriptor) *object {
	switch md.FullName() {
	case "google.protobuf.Timestamp":
		return obj(member{"type", text("string")}, member{"format", text("date-time")})
	case "google.protobuf.Duration":
		return obj(member{"description", text("Seconds, with up to nine digits after the point, and an `s`: `1.5s`.")},
			member{"type", text("string")}, member{"pattern", text(`^-?[0-9]+(\.[0-9]{1,9})?s$`)})
	case "google.protobuf.FieldMask":
		return obj(member{"description", text("Paths of fields, with commas between them: `user.displayName,photo`.")},
			member{"type", text("string")}, member{"pattern", text(`^([^,]+(,[^,]+)*)?$`)})
	case "google.protobuf.Struct":
		return obj(member{"type", text("object")}, member{"additionalProperties", boolean(true)})
	case "google.protobuf.Value":
		return obj(member{"description", text("Any JSON value.")})
	case "google.protobuf.ListValue":
		return obj(member{"type", text("array")}, member{"items", new(object)})
	case "google.protobuf.Empty":
		return obj(member{"type", text("object")})
	case "google.protobuf.Any":
		return s.ref("google.protobuf.Any", fillAny)
	case "google.rpc.Status":
		return s.ref("google.rpc.Status", s.fillStatus)
	}
	if kind, ok := wrapped(md); ok {
		return nullable(scalar(kind))
	}
	return nil
}

// wrapped returns the kind of value that a message of wrappers.proto holds.
func wrapped(md protoreflect.MessageDescriptor) (protoreflect.Kind, bool) {
	switch md.FullName() {
	case "google.protobuf.BoolValue", "google.protobuf.StringValue", "google.protobuf.BytesValue",
		"google.protobuf.Int32Value", "google.protobuf.UInt32Value",
		"google.protobuf.Int64Value", "google.protobuf.UInt64Value",
		"google.protobuf.FloatValue", "google.protobuf.DoubleValue":
		if value := md.Fields().ByNumber(1); value != nil {
			return value.Kind(), true
		}
	}
	return 0, false
}

// nullable returns a schema that also takes null.
func nullable(o *object) *object {
	if either, ok := o.get("anyOf").(array); ok {
		o.set("anyOf", append(either, obj(member{"type", text("null")})))
		return o
	}
	o.set("type", array{o.get("type"), text("null")})
	return o
}

func fillAny(into *object) {
	into.set("title", text("Any"))
	into.set("description", text("A message of the type that `@type` names. Its fields stand beside `@type`; a type that has a JSON form of its own stands in `value`."))
	into.set("type", text("object"))
	into.set("properties", obj(member{"@type", obj(
		member{"description", text("A URL whose last segment is the full name of the type: `type.googleapis.com/google.protobuf.Duration`.")},
		member{"type", text("string")},
	)}))
	into.set("additionalProperties", boolean(true))
}

// fillStatus describes the message that REST's errors are.
func (s *schemas) fillStatus(into *object) {
	into.set("title", text("Status"))
	into.set("description", text("An error."))
	into.set("type", text("object"))
	into.set("properties", obj(
		member{"code", obj(member{"description", text("The number of a google.rpc.Code.")}, member{"type", text("integer")}, member{"format", text("int32")})},
		member{"message", obj(member{"description", text("What went wrong, in English, for developers.")}, member{"type", text("string")})},
		member{"details", obj(member{"type", text("array")}, member{"items", s.ref("google.protobuf.Any", fillAny)})},
	))
}
