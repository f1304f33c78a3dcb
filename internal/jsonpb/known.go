package jsonpb

import pr "google.golang.org/protobuf/reflect/protoreflect"

// known is which of the well-known types, whose JSON is not that of their fields, a
// message is.
type known uint8

const (
	ordinary known = iota
	anyType
	timestamp
	duration
	fieldMask
	structType
	listValue
	valueType
	wrapper
	empty
)

const (
	valueName = "google.protobuf.Value"
	emptyName = "google.protobuf.Empty"
)

// Fields of google.protobuf.Value, by their index.
const (
	nullValue = iota
	numberValue
	stringValue
	boolValue
	structValue
	arrayValue
)

// A knownType is what the fields of a well-known type must be, in their order.
type knownType struct {
	known  known
	kinds  []pr.Kind
	shapes []shape // single without it
}

var knownTypes = map[pr.FullName]knownType{
	"google.protobuf.Any":         {anyType, []pr.Kind{pr.StringKind, pr.BytesKind}, nil},
	"google.protobuf.Timestamp":   {timestamp, []pr.Kind{pr.Int64Kind, pr.Int32Kind}, nil},
	"google.protobuf.Duration":    {duration, []pr.Kind{pr.Int64Kind, pr.Int32Kind}, nil},
	"google.protobuf.FieldMask":   {fieldMask, []pr.Kind{pr.StringKind}, []shape{list}},
	"google.protobuf.Struct":      {structType, []pr.Kind{pr.MessageKind}, []shape{mapping}},
	"google.protobuf.ListValue":   {listValue, []pr.Kind{pr.MessageKind}, []shape{list}},
	emptyName:                     {empty, nil, nil},
	"google.protobuf.BoolValue":   {wrapper, []pr.Kind{pr.BoolKind}, nil},
	"google.protobuf.Int32Value":  {wrapper, []pr.Kind{pr.Int32Kind}, nil},
	"google.protobuf.Int64Value":  {wrapper, []pr.Kind{pr.Int64Kind}, nil},
	"google.protobuf.UInt32Value": {wrapper, []pr.Kind{pr.Uint32Kind}, nil},
	"google.protobuf.UInt64Value": {wrapper, []pr.Kind{pr.Uint64Kind}, nil},
	"google.protobuf.FloatValue":  {wrapper, []pr.Kind{pr.FloatKind}, nil},
	"google.protobuf.DoubleValue": {wrapper, []pr.Kind{pr.DoubleKind}, nil},
	"google.protobuf.StringValue": {wrapper, []pr.Kind{pr.StringKind}, nil},
	"google.protobuf.BytesValue":  {wrapper, []pr.Kind{pr.BytesKind}, nil},
	valueName: {valueType, []pr.Kind{
		pr.EnumKind, pr.DoubleKind, pr.StringKind, pr.BoolKind, pr.MessageKind, pr.MessageKind,
	}, nil},
}

// knownOf returns which well-known type a table is of. A message that has only the
// name of one is ordinary.
func knownOf(t *table) known {
	want, ok := knownTypes[t.desc.FullName()]
	if !ok || len(t.fields) != len(want.kinds) {
		return ordinary
	}
	for i := range t.fields {
		f := &t.fields[i]
		s := single
		if want.shapes != nil {
			s = want.shapes[i]
		}
		if f.kind != want.kinds[i] || f.shape != s || int(f.fd.Number()) != i+1 {
			return ordinary
		}
	}
	return want.known
}
