// Package hpack is header compression for HTTP/2 (RFC 7541). It does no I/O.
package hpack

import "math"

// A Field is a header field.
type Field struct {
	Name, Value string
	// Sensitive fields are sent so that no intermediary puts them into a
	// compression table either (§7.1.3).
	Sensitive bool
	// NoIndex tells the encoder that the value is unlikely to come again, so that
	// it is not worth a place in the table. The first such field of a name that is
	// in no table is entered nevertheless, if it is short, for the sake of its name.
	// Decoders do not set it.
	NoIndex bool
}

// entryOverhead is what every entry counts beyond its octets, §4.1.
const entryOverhead = 32

// Size returns the field's size as tables and limits count it, §4.1.
func (f Field) Size() uint32 { return uint32(min(f.size(), math.MaxUint32)) }

func (f *Field) size() uint64 { return entrySize(len(f.Name), len(f.Value)) }

// DefaultTableSize is the size of a dynamic table to begin with, and the most
// that our encoder uses.
const DefaultTableSize = 4096

// An Error says why a header block cannot be decoded. It ends the connection
// with COMPRESSION_ERROR: the tables of both ends are no longer the same.
type Error struct {
	Reason string
}

func (e *Error) Error() string { return "header block: " + e.Reason }
