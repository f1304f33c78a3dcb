package openapi

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A query collects the parameters for the fields that are neither in the path nor in
// the body.
type query struct {
	schemas *schemas
	taken   map[string]bool // paths of fields that come from elsewhere
	params  array
	within  []protoreflect.FullName // the messages that lead to where we are
}

// maxQuery bounds the parameters of an operation. Messages in messages could make more
// of them than a document can hold.
const maxQuery = 300

// message adds a message's fields. path and name lead to it, as the .proto file and as
// JSON have them, each with a dot at its end; must is set if all on the way is required.
func (q *query) message(md protoreflect.MessageDescriptor, path, name string, must bool) {
	for _, above := range q.within {
		if above == md.FullName() {
			return // it would have no end
		}
	}
	q.within = append(q.within, md.FullName())
	defer func() { q.within = q.within[:len(q.within)-1] }()
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		b := behaviorOf(fd)
		if q.taken[path+string(fd.Name())] || b.has(outputOnly) || fd.IsMap() {
			continue
		}
		needed := must && b.has(required)
		switch {
		case isQueryValue(fd):
			if len(q.params) < maxQuery {
				q.params = append(q.params, q.parameter(fd, name+fd.JSONName(), needed))
			}
		case fd.Message() != nil && !fd.IsList() && !hasOwnJSON(fd.Message()):
			q.message(fd.Message(), path+string(fd.Name())+".", name+fd.JSONName()+".", needed)
		}
	}
}

func (q *query) parameter(fd protoreflect.FieldDescriptor, name string, needed bool) *object {
	schema := queryValue(q.schemas, fd)
	if fd.IsList() {
		schema = obj(member{"type", text("array")}, member{"items", schema})
	}
	says := comment(fd)
	if one := oneofOf(fd); one != nil {
		says = joined(says, "At most one of "+list(memberNames(one, nil))+" is set.")
	}
	o := obj(
		member{"name", text(name)},
		member{"in", text("query")},
		member{"description", textOrNil(says)},
		member{"required", trueOrNil(needed)},
		member{"deprecated", trueOrNil(isDeprecated(fd))},
		member{"schema", schema},
	)
	if fd.IsList() {
		o.set("style", text("form"))
		o.set("explode", boolean(true))
	}
	return o
}

// isQueryValue reports whether a value of the field is one word: a scalar, or a message
// that JSON has as a string or a scalar.
func isQueryValue(fd protoreflect.FieldDescriptor) bool {
	if fd.Message() == nil {
		return true
	}
	switch fd.Message().FullName() {
	case "google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask":
		return true
	}
	_, ok := wrapped(fd.Message())
	return ok
}

// queryValue returns the schema of one value. There is no null in a query or a path.
func queryValue(s *schemas, fd protoreflect.FieldDescriptor) *object {
	if md := fd.Message(); md != nil {
		if kind, ok := wrapped(md); ok {
			return scalar(kind)
		}
	}
	return s.single(fd)
}

// hasOwnJSON reports whether a message is not written in JSON as an object of its
// fields.
func hasOwnJSON(md protoreflect.MessageDescriptor) bool {
	switch md.FullName() {
	case "google.protobuf.Any", "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue", httpBody:
		return true
	}
	return false
}
