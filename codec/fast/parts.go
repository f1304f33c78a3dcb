package fast

// longSize is from when a field of bytes is long: where a copy costs more than to send
// one more piece.
const longSize = 32 << 10

// A Part is a long field's bytes, which belong into an encoding before b[At:].
type Part struct {
	At    int
	Bytes []byte
}

// Parts are the parts of an encoding that is written from its end, the last one first.
type Parts []Part

// PutBytes is PutBytes, but keeps long bytes as a part.
func (p *Parts) PutBytes(b []byte, i int, v []byte) int {
	if p == nil || len(v) < longSize {
		return PutBytes(b, i, v)
	}
	*p = append(*p, Part{i, v})
	return PutVarint(b, i, uint64(len(v)))
}

// Long returns the length of bytes that are long, and 0 for others.
func Long(v []byte) int {
	if len(v) < longSize {
		return 0
	}
	return len(v)
}
