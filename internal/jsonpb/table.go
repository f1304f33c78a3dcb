package jsonpb

import (
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/runtime/protoimpl"
)

// A table says how messages of a type are encoded and decoded.
type table struct {
	desc       protoreflect.MessageDescriptor
	known      known
	messageSet bool
	extensible bool
	placed     bool              // the places of fields in the Go struct are known
	fields     []field           // as they are declared
	byName     map[string]*field // by JSON name and name of the .proto file
	required   atomic.Int32      // see mayLack
}

type shape uint8

const (
	single shape = iota
	list
	mapping
)

// A field says how a field is encoded and decoded.
type field struct {
	fd        protoreflect.FieldDescriptor
	name      string // in JSON
	quoted    []byte // the name in JSON, with quotes and colon; nil if it is not UTF-8
	asInProto []byte // the same for the name of the .proto file
	index     int    // in the table; -1 for an extension
	oneof     int    // index of the oneof that it is in, or -1
	kind      protoreflect.Kind
	shape     shape
	message   bool // a message or group, or a list of them
	presence  bool
	defaults  bool // emitted at its default if that is asked for
	nullable  bool // null is a value
	enum      *enum
	key, val  *field // of a map

	// at is the index of the field or its oneof in the Go struct, -1 if it is to be
	// reached with protoreflect. pointer is that of a scalar with presence, wrapper
	// the type of the struct that is a pointer to in the oneof's interface.
	at      int
	pointer bool
	wrapper reflect.Type

	sub       atomic.Pointer[table] // of the message, with protoreflect
	subStruct atomic.Pointer[table] // of the message, as a Go struct
}

// tables has the tables of Go structs, of which there are as many as types in the
// program, and of those reached with protoreflect, which may be made as it goes.
var tables struct {
	structs sync.Map // reflect.Type -> *table
	others  sync.Map // protoreflect.MessageDescriptor -> *table
	count   atomic.Int64
}

// maxTables is how many tables of messages without a Go struct of their own are kept:
// a program that makes such types as it goes must not keep them all.
const maxTables = 2048

// tableOf returns the table by which messages are reached with protoreflect.
func tableOf(md protoreflect.MessageDescriptor) *table {
	if reflect.TypeOf(md).Kind() != reflect.Pointer {
		return newTable(md) // what it is cannot be told by comparing
	}
	if t, ok := tables.others.Load(md); ok {
		return t.(*table)
	}
	t := newTable(md)
	if tables.count.Add(1) > maxTables {
		tables.others.Clear()
		tables.count.Store(1)
	}
	tables.others.Store(md, t)
	return t
}

// tableOfStruct returns the table of a generated message, or nil if m is none. typ is
// its type, a pointer.
func tableOfStruct(typ reflect.Type, m proto.Message) *table {
	if t, ok := tables.structs.Load(typ); ok {
		return t.(*table)
	}
	r := m.ProtoReflect()
	info, ok := r.Type().(*protoimpl.MessageInfo)
	if !ok || info.GoReflectType != typ {
		return nil
	}
	t := newTable(r.Descriptor())
	t.findFields(typ.Elem(), info.OneofWrappers)
	stored, _ := tables.structs.LoadOrStore(typ, t)
	return stored.(*table)
}

// table returns the table of a message of the field, which is reached with
// protoreflect. It may be of another descriptor than the field's, of the same name.
func (f *field) table(m protoreflect.Message) *table {
	md := m.Descriptor()
	if t := f.sub.Load(); t != nil && t.desc == md {
		return t
	}
	t := tableOf(md)
	f.sub.Store(t)
	return t
}

// structTable returns the table of the field's messages of a Go type, a pointer.
func (f *field) structTable(typ reflect.Type) *table {
	t := f.subStruct.Load()
	if t == nil {
		t = tableOfStruct(typ, reflect.Zero(typ).Interface().(proto.Message))
		f.subStruct.Store(t)
	}
	return t
}

func newTable(md protoreflect.MessageDescriptor) *table {
	t := &table{desc: md, extensible: md.ExtensionRanges().Len() > 0}
	if s, ok := md.(interface{ IsMessageSet() bool }); ok {
		t.messageSet = s.IsMessageSet()
	}
	fds := md.Fields()
	t.fields = make([]field, fds.Len())
	t.byName = make(map[string]*field, 2*fds.Len())
	for i := range t.fields {
		t.fields[i].init(fds.Get(i))
		t.fields[i].index = i
	}
	// The descriptor knows which field has a name that several have.
	for i := range t.fields {
		fd := t.fields[i].fd
		for _, name := range []string{fd.JSONName(), fd.TextName(), strings.ToLower(fd.JSONName()), strings.ToLower(fd.TextName())} {
			found := fds.ByJSONName(name)
			if found == nil {
				found = fds.ByTextName(name)
			}
			if found != nil {
				t.byName[name] = &t.fields[found.Index()]
			}
		}
	}
	t.known = knownOf(t)
	return t
}

// newField returns the entry of a field that is in no table, as of an extension.
func newField(fd protoreflect.FieldDescriptor) *field {
	f := new(field)
	f.init(fd)
	return f
}

func (f *field) init(fd protoreflect.FieldDescriptor) {
	f.fd, f.name, f.kind = fd, fd.JSONName(), fd.Kind()
	f.quoted, f.asInProto = quotedName(fd.JSONName()), quotedName(fd.TextName())
	f.index, f.oneof, f.at = -1, -1, -1
	f.presence = fd.HasPresence()
	if od := fd.ContainingOneof(); od != nil {
		f.oneof = od.Index()
	}
	f.defaults = !f.presence && f.oneof < 0 && !fd.IsExtension()
	if ed := fd.Enum(); ed != nil {
		f.enum = newEnum(ed)
	}
	f.nullable = f.enum != nil && f.enum.null || fd.Message() != nil && fd.Message().FullName() == valueName
	switch {
	case fd.IsMap():
		f.shape, f.key, f.val = mapping, newField(fd.MapKey()), newField(fd.MapValue())
	case fd.IsList():
		f.shape = list
		f.message = fd.Message() != nil
	default:
		f.message = fd.Message() != nil
	}
}

// quotedName returns a name with quotes and colon, nil if it is not UTF-8.
func quotedName(name string) []byte {
	b, ok := appendString(nil, name)
	if !ok {
		return nil
	}
	return append(b, ':')
}

// An enum has the names of an enum's values.
type enum struct {
	null   bool // google.protobuf.NullValue
	names  map[protoreflect.EnumNumber][]byte
	values map[string]protoreflect.EnumNumber
}

func newEnum(ed protoreflect.EnumDescriptor) *enum {
	values := ed.Values()
	e := &enum{
		null:   ed.FullName() == "google.protobuf.NullValue",
		names:  make(map[protoreflect.EnumNumber][]byte, values.Len()),
		values: make(map[string]protoreflect.EnumNumber, values.Len()),
	}
	for i := range values.Len() {
		v := values.Get(i)
		if _, ok := e.names[v.Number()]; !ok {
			e.names[v.Number()], _ = appendString(nil, string(v.Name()))
		}
		if _, ok := e.values[string(v.Name())]; !ok {
			e.values[string(v.Name())] = v.Number()
		}
	}
	return e
}
