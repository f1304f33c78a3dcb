package curlew

import (
	"iter"
	"strings"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// A Header is the metadata of a call: fields with a name and a value, in order,
// names repeated where they were. The zero value is empty and ready to use.
//
// Names are in lower case; methods take any case. A name that ends in "-bin"
// has binary values, given and returned as they are: the base64 of the wire is
// the library's business. Other values are printable ASCII. Names that the
// protocol uses itself ("content-type", "grpc-...", ":path") can be neither read
// nor set. What is wrong with a field is said when it is to be sent: the call
// fails with Internal.
//
// A Header is not safe for concurrent use.
type Header struct {
	// Received fields are shared by calls that have the same; so fields are
	// appended to and replaced, never changed in place.
	fields []transport.Field
}

// Get returns the first value of name, or "".
func (h *Header) Get(name string) string {
	for v := range h.Values(name) {
		return v
	}
	return ""
}

// Has reports whether there is a field called name.
func (h *Header) Has(name string) bool {
	for range h.Values(name) {
		return true
	}
	return false
}

// Values yields the values of name in their order.
func (h *Header) Values(name string) iter.Seq[string] {
	name = strings.ToLower(name)
	return func(yield func(string) bool) {
		for i := range h.fields {
			if h.fields[i].Name == name && !yield(h.fields[i].Value) {
				return
			}
		}
	}
}

// Set replaces the values of name.
func (h *Header) Set(name string, values ...string) {
	h.Del(name)
	h.Add(name, values...)
}

// Add adds values of name behind those that are there.
func (h *Header) Add(name string, values ...string) {
	name = strings.ToLower(name)
	for _, v := range values {
		h.fields = append(h.fields[:len(h.fields):len(h.fields)], transport.Field{Name: name, Value: v, Sensitive: secret(name)})
	}
}

// secret reports whether the values of a field are never to be put into a
// compression table, where somebody who can have other fields sent over the same
// connection could find them out (RFC 7541 §7.1.3).
func secret(name string) bool {
	switch name {
	case "authorization", "proxy-authorization", "cookie", "set-cookie":
		return true
	}
	return false
}

// Del removes the fields called name.
func (h *Header) Del(name string) {
	if !h.Has(name) {
		return
	}
	name = strings.ToLower(name)
	kept := make([]transport.Field, 0, len(h.fields))
	for _, f := range h.fields {
		if f.Name != name {
			kept = append(kept, f)
		}
	}
	h.fields = kept
}

// All yields every field in order.
func (h *Header) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range h.fields {
			if !yield(h.fields[i].Name, h.fields[i].Value) {
				return
			}
		}
	}
}

// Len returns the number of fields.
func (h *Header) Len() int { return len(h.fields) }

// check returns what is wrong with a header that is to be sent.
func (h *Header) check() error {
	for i := range h.fields {
		f := &h.fields[i]
		err := wire.CheckName(f.Name)
		if err == nil {
			err = wire.CheckValue(f.Name, f.Value)
		}
		if we, ok := err.(*wire.Error); ok {
			return Errorf(Code(we.Code), "%s", we.Message)
		}
	}
	return nil
}
