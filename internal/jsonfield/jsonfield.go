// Package jsonfield reads settings that are written as JSON, and says of one that is
// wrong where it is, what it is and what it is to be. It is as tolerant as protobuf's
// JSON mapping and encoding/json together, which is what gRPC's parsers are: names of
// fields match without regard to case, the last of two of the same name counts, those
// that nobody asks for are ignored, null is the same as nothing at all, and a number
// may be written as a string.
package jsonfield

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MaxSize is how long a text may be, in bytes.
const MaxSize = 1 << 20

// An Error says what is wrong with a field.
type Error struct {
	Path string // such as "methodConfig[1].timeout"; empty is the text as a whole
	Text string
}

// Error returns path and text.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Text
	}
	return e.Path + ": " + e.Text
}

// Under returns err as that of what is at path: an Error's own path comes after it.
func Under(path string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return &Error{Path: path, Text: err.Error()}
	}
	return &Error{Path: join(path, e.Path), Text: e.Text}
}

func join(path, rest string) string {
	if path == "" || rest == "" || rest[0] == '[' {
		return path + rest
	}
	return path + "." + rest
}

// A Document is a text that is being read. It keeps the first error, so that a reader
// asks for one field after the other and looks for what was wrong once, at the end.
type Document struct {
	err error
}

// Err returns the first error.
func (d *Document) Err() error { return d.err }

// Fail takes over an error, if there is none yet.
func (d *Document) Fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Parse returns the value that the text is, as that which is at path. When the text is
// too long or no JSON the value is absent and the document has the error.
func Parse(path string, text []byte) (*Document, Value) {
	d := &Document{}
	v := Value{doc: d, path: path}
	switch {
	case len(text) > MaxSize:
		v.fail(fmt.Sprintf("the text has %d bytes; it may have %d at most", len(text), MaxSize))
		return d, v
	case len(text) == 0:
		v.fail("the text is empty; without any settings it is {}")
		return d, v
	}
	if err := json.Unmarshal(text, &v.raw); err != nil {
		v.fail("no valid JSON: " + where(text, err))
		v.raw = nil
	}
	return d, v
}

// where says in which line and column of the text err is.
func where(text []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error()
	}
	before := string(text[:min(max(int(syntax.Offset)-1, 0), len(text))])
	line := strings.Count(before, "\n") + 1
	column := len(before) - strings.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d: %s", line, column, syntax)
}

// A Value is one value of a document. Its methods return what the value is or, when it
// is absent, what their argument says; when it is something else they note an error.
type Value struct {
	doc  *Document
	path string
	raw  json.RawMessage
}

// Path is where the value is.
func (v Value) Path() string { return v.path }

// Document is that which the value belongs to.
func (v Value) Document() *Document { return v.doc }

// Raw is the value's text.
func (v Value) Raw() []byte { return v.raw }

// Absent reports whether there is no value, or null.
func (v Value) Absent() bool { return len(v.raw) == 0 || string(v.raw) == "null" }

// Required notes an error if the value is absent.
func (v Value) Required() Value {
	if v.Absent() {
		v.fail("it is missing, and required")
	}
	return v
}

// Refuse notes that the value is not what it is to be.
func (v Value) Refuse(format string, args ...any) {
	v.fail(v.shown() + "; " + fmt.Sprintf(format, args...))
}

func (v Value) fail(text string) {
	v.doc.Fail(&Error{Path: v.path, Text: text})
}

// shown is the value as an error shows it.
func (v Value) shown() string {
	const most = 60
	s := strings.ToValidUTF8(strings.Join(strings.Fields(string(v.raw)), " "), "\uFFFD")
	switch {
	case s == "":
		return "it is missing"
	case len(s) > most:
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// An Object is a value that is an object. One that is absent has no fields.
type Object struct {
	Value
	fields map[string]json.RawMessage
}

// Object returns the value as an object.
func (v Value) Object() Object {
	o := Object{Value: v}
	if !v.Absent() && json.Unmarshal(v.raw, &o.fields) != nil {
		v.Refuse("it must be an object")
		o.fields = nil
	}
	return o
}

// Names are the names of the fields, sorted.
func (o Object) Names() []string { return slices.Sorted(maps.Keys(o.fields)) }

// Field returns the field of a name that the format has. A name in exactly that
// spelling counts before others that differ in case.
func (o Object) Field(name string) Value {
	raw, ok := o.fields[name]
	if !ok {
		for _, other := range o.Names() {
			if strings.EqualFold(other, name) {
				raw = o.fields[other]
			}
		}
	}
	return Value{o.doc, join(o.path, name), raw}
}

// Entry returns the field of a name that the text chose, as in a map.
func (o Object) Entry(name string) Value {
	path := join(o.path, name)
	if !plain(name) {
		path = o.path + "[" + strconv.Quote(name) + "]"
	}
	return Value{o.doc, path, o.fields[name]}
}

// plain reports whether a name needs no quotes in a path.
func plain(name string) bool {
	for _, r := range name {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return name != ""
}

// List returns the elements of a value that is a list. One that is absent has none.
func (v Value) List() []Value {
	if v.Absent() {
		return nil
	}
	var raws []json.RawMessage
	if json.Unmarshal(v.raw, &raws) != nil {
		v.Refuse("it must be a list")
		return nil
	}
	list := make([]Value, 0, len(raws))
	for i, raw := range raws {
		e := Value{v.doc, v.path + "[" + strconv.Itoa(i) + "]", raw}
		if e.Absent() {
			e.Refuse("an element of a list must not be null")
		}
		list = append(list, e)
	}
	return list
}
