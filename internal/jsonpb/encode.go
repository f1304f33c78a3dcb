package jsonpb

import (
	"reflect"
	"slices"
	"strconv"
	"sync"

	pr "google.golang.org/protobuf/reflect/protoreflect"
)

// maxEncodeDepth is how deeply messages may nest when encoding. What is deeper cannot
// have come from protobuf-go's decoder, and a message that holds itself never ends.
const maxEncodeDepth = 10_000

// An encoder appends the JSON of a message to out.
type encoder struct {
	o       Options
	out     []byte
	depth   int        // messages around
	anys    int        // messages of type Any around
	entries []entry    // of the maps around, those of the innermost last
	values  []pr.Value // of the messages around, likewise
	row     []pr.Value // those of the message whose fields are asked for
	collect func(pr.FieldDescriptor, pr.Value) bool
	key     scratch
	val     scratch
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

func newEncoder(o Options, dst []byte) *encoder {
	e := encoders.Get().(*encoder)
	e.o, e.out, e.depth, e.anys = o.withDefaults(), dst, 0, 0
	return e
}

// release returns what was encoded and lets others use the encoder.
func (e *encoder) release() []byte {
	out := e.out
	const keep = 1000
	entries := e.entries[:0]
	if cap(entries) > keep {
		entries = nil
	}
	values := e.values[:0]
	if cap(values) > keep {
		values = nil
	}
	*e = encoder{entries: entries, values: values, collect: e.collect}
	encoders.Put(e)
	return out
}

// message appends a message. typeURL, if it is not empty, is emitted first: that of a
// message in an Any.
func (e *encoder) message(t *table, n *node, typeURL string) error {
	if t.messageSet {
		return errorf("%s is a MessageSet, which has no JSON", t.desc.FullName())
	}
	if e.depth++; e.depth > maxEncodeDepth {
		return errorf("messages nest more than %d deep", maxEncodeDepth)
	}
	err := e.contents(t, n, typeURL)
	e.depth--
	return err
}

func (e *encoder) contents(t *table, n *node, typeURL string) error {
	if t.known != ordinary && t.known != empty {
		return e.known(t, n)
	}
	e.out = append(e.out, '{')
	start := len(e.out)
	if typeURL != "" {
		e.out = append(e.out, `"@type":`...)
		if err := e.string(typeURL); err != nil {
			return err
		}
		e.out = append(e.out, ',')
	}
	if !t.placed && !e.o.EmitDefaults {
		if err := e.set(t, n.reflect()); err != nil {
			return err
		}
		e.close('}', start)
		return nil
	}
	for i := range t.fields {
		f := &t.fields[i]
		var err error
		if f.at >= 0 {
			err = e.structField(f, n)
		} else {
			err = e.field(f, n.reflect())
		}
		if err != nil {
			return within(err, f.name)
		}
	}
	if t.extensible {
		if err := e.extensions(n.reflect()); err != nil {
			return err
		}
	}
	e.close('}', start)
	return nil
}

// close ends what began at start with an opening bracket, and whose parts all end with
// a comma.
func (e *encoder) close(bracket byte, start int) {
	if len(e.out) > start {
		e.out[len(e.out)-1] = bracket
		return
	}
	e.out = append(e.out, bracket)
}

// begin appends the name of a field.
func (e *encoder) begin(f *field) error {
	name := f.quoted
	if e.o.UseProtoNames {
		name = f.asInProto
	}
	if name == nil {
		return errorf("the name is not UTF-8")
	}
	e.out = append(e.out, name...)
	return nil
}

// field appends a field with its name and a comma, if it is to be emitted.
func (e *encoder) field(f *field, m pr.Message) error {
	if !m.Has(f.fd) && !(e.o.EmitDefaults && f.defaults) {
		return nil
	}
	if err := e.begin(f); err != nil {
		return err
	}
	err := e.value(f, m.Get(f.fd))
	e.out = append(e.out, ',')
	return err
}

// structField is field for one whose place in the Go struct is known.
func (e *encoder) structField(f *field, n *node) error {
	v, ok := f.slot(n)
	if !ok && !(e.o.EmitDefaults && f.defaults) {
		return nil
	}
	if err := e.begin(f); err != nil {
		return err
	}
	err := e.structValue(f, v)
	e.out = append(e.out, ',')
	return err
}

// structValue appends the value of a field, which is in a Go struct.
func (e *encoder) structValue(f *field, v reflect.Value) error {
	switch {
	case f.shape == mapping:
		return e.structMap(f, v)
	case f.shape == list:
		return e.structList(f, v)
	case f.message:
		t, n := f.nodeAt(v)
		return e.message(t, &n, "")
	}
	return e.scalar(f, valueOf(f.kind, v))
}

// set appends the fields that are set, which it asks for all at once: for messages
// reached with protoreflect that is faster than asking for each.
func (e *encoder) set(t *table, m pr.Message) error {
	first := len(e.values)
	e.values = append(e.values, make([]pr.Value, len(t.fields))...)
	e.row = e.values[first:]
	if e.collect == nil {
		e.collect = e.keep
	}
	m.Range(e.collect)
	defer func() {
		clear(e.values[first:])
		e.values = e.values[:first]
	}()
	row := e.row
	for i := range row {
		if !row[i].IsValid() {
			continue
		}
		f := &t.fields[i]
		err := e.begin(f)
		if err == nil {
			err = e.value(f, row[i])
		}
		if err != nil {
			return within(err, f.name)
		}
		e.out = append(e.out, ',')
	}
	if t.extensible {
		return e.extensions(m)
	}
	return nil
}

// keep keeps the value of a field for set.
func (e *encoder) keep(fd pr.FieldDescriptor, v pr.Value) bool {
	if !fd.IsExtension() {
		e.row[fd.Index()] = v
	}
	return true
}

// extensions appends the extensions that are set, in the order of their names.
func (e *encoder) extensions(m pr.Message) error {
	var fds []pr.FieldDescriptor
	m.Range(func(fd pr.FieldDescriptor, _ pr.Value) bool {
		if fd.IsExtension() {
			fds = append(fds, fd)
		}
		return true
	})
	slices.SortFunc(fds, func(a, b pr.FieldDescriptor) int {
		if a.FullName() < b.FullName() {
			return -1
		}
		return 1
	})
	for _, fd := range fds {
		f := newField(fd)
		if err := e.field(f, m); err != nil {
			return within(err, f.name)
		}
	}
	return nil
}

// value appends the value of a field.
func (e *encoder) value(f *field, v pr.Value) error {
	switch {
	case f.shape == mapping:
		return e.mapping(f, v.Map())
	case f.shape == list:
		return e.list(f, v.List())
	}
	return e.item(f, v)
}

// item appends the value of a singular field or an item of a list.
func (e *encoder) item(f *field, v pr.Value) error {
	if !f.message {
		return e.scalar(f, v)
	}
	n := node{m: v.Message()}
	return e.message(f.table(n.m), &n, "")
}

func (e *encoder) list(f *field, l pr.List) error {
	e.out = append(e.out, '[')
	start := len(e.out)
	for i := range l.Len() {
		if err := e.item(f, l.Get(i)); err != nil {
			return withinItem(err, i)
		}
		e.out = append(e.out, ',')
	}
	e.close(']', start)
	return nil
}

func (e *encoder) structList(f *field, v reflect.Value) error {
	e.out = append(e.out, '[')
	start := len(e.out)
	for i := range v.Len() {
		var err error
		if f.message {
			t, n := f.nodeAt(v.Index(i))
			err = e.message(t, &n, "")
		} else {
			err = e.scalar(f, valueOf(f.kind, v.Index(i)))
		}
		if err != nil {
			return withinItem(err, i)
		}
		e.out = append(e.out, ',')
	}
	e.close(']', start)
	return nil
}

// scalar appends a value that is no message.
func (e *encoder) scalar(f *field, v pr.Value) error {
	switch f.kind {
	case pr.BoolKind:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case pr.StringKind:
		return e.string(v.String())
	case pr.Int32Kind, pr.Sint32Kind, pr.Sfixed32Kind:
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case pr.Uint32Kind, pr.Fixed32Kind:
		e.out = strconv.AppendUint(e.out, v.Uint(), 10)
	case pr.Int64Kind, pr.Sint64Kind, pr.Sfixed64Kind:
		e.out = appendQuotedInt(e.out, v.Int())
	case pr.Uint64Kind, pr.Fixed64Kind:
		e.out = appendQuotedUint(e.out, v.Uint())
	case pr.FloatKind:
		e.out = appendFloat(e.out, v.Float(), 32)
	case pr.DoubleKind:
		e.out = appendFloat(e.out, v.Float(), 64)
	case pr.BytesKind:
		e.out = appendBase64(e.out, v.Bytes())
	case pr.EnumKind:
		e.enum(f.enum, v.Enum())
	}
	return nil
}

func (e *encoder) string(s string) error {
	var ok bool
	if e.out, ok = appendString(e.out, s); !ok {
		return errorf("the string is not UTF-8")
	}
	return nil
}

func (e *encoder) enum(t *enum, n pr.EnumNumber) {
	switch name := t.names[n]; {
	case t.null:
		e.out = append(e.out, "null"...)
	case e.o.EnumNumbers || name == nil:
		e.out = strconv.AppendInt(e.out, int64(n), 10)
	default:
		e.out = append(e.out, name...)
	}
}
