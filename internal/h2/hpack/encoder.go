package hpack

// An Encoder encodes the header blocks of one connection, in their order. Init
// must be called first. It is not safe for concurrent use.
type Encoder struct {
	table   table
	pending bool   // a size update is due
	least   uint32 // the least size since the last block
	size    uint32
}

// NewEncoder returns an encoder.
func NewEncoder() *Encoder {
	e := new(Encoder)
	e.Init()
	return e
}

// Init makes e ready, with a table of DefaultTableSize.
func (e *Encoder) Init() {
	*e = Encoder{size: DefaultTableSize}
	e.table.max = DefaultTableSize
}

// SetPeerTableSize follows the peer's SETTINGS_HEADER_TABLE_SIZE. The next block
// says so (§4.2). More than DefaultTableSize is not used.
func (e *Encoder) SetPeerTableSize(n uint32) {
	n = min(n, DefaultTableSize)
	if n == e.size && !e.pending {
		return
	}
	if !e.pending {
		e.least = e.size
	}
	e.least = min(e.least, n)
	e.size = n
	e.pending = true
	e.table.generation++
}

// Generation returns a number that changes whenever what a block looks like may:
// while it stays the same, a block that left it the same can be sent again.
func (e *Encoder) Generation() uint64 { return e.table.generation }

// Append appends the block of fields.
func (e *Encoder) Append(dst []byte, fields []Field) []byte {
	if e.pending {
		dst = e.appendSizes(dst)
	}
	for i := range fields {
		dst = e.appendField(dst, &fields[i])
	}
	return dst
}

func (e *Encoder) appendSizes(dst []byte) []byte {
	e.pending = false
	if e.least < e.size {
		dst = appendInt(dst, 0x20, 5, uint64(e.least))
		e.table.resize(e.least)
	}
	e.table.resize(e.size)
	e.table.generation++
	return appendInt(dst, 0x20, 5, uint64(e.size))
}

func (e *Encoder) appendField(dst []byte, f *Field) []byte {
	i, named := staticField(f.Name, f.Value)
	if i == 0 && !f.Sensitive {
		i, named = e.search(f, named)
	}
	if i > 0 && !f.Sensitive {
		return appendInt(dst, 0x80, 7, uint64(i))
	}
	switch {
	case f.Sensitive:
		dst = appendInt(dst, 0x10, 4, uint64(named))
	case f.NoIndex || f.Size() > e.table.max/2:
		// An entry that large would push out the rest.
		dst = appendInt(dst, 0x00, 4, uint64(named))
	default:
		dst = appendInt(dst, 0x40, 6, uint64(named))
		e.table.add(Field{Name: f.Name, Value: f.Value})
	}
	if named == 0 {
		dst = appendString(dst, f.Name)
	}
	return appendString(dst, f.Value)
}

// search looks a field up in the dynamic table. The few entries that a table of
// this size holds are compared by length first, so that going through them costs
// less than keeping a map.
func (e *Encoder) search(f *Field, named int) (i, name int) {
	for i := 1; i <= e.table.n; i++ {
		d := e.table.at(i)
		if len(d.Name) != len(f.Name) || d.Name != f.Name {
			continue
		}
		if d.Value == f.Value {
			return staticLen + i, 0
		}
		if named == 0 {
			named = staticLen + i
		}
	}
	return 0, named
}

// appendInt appends an integer with a prefix of n bits, whose other bits are those
// of first, §5.1.
func appendInt(dst []byte, first byte, n uint, v uint64) []byte {
	mask := uint64(1)<<n - 1
	if v < mask {
		return append(dst, first|byte(v))
	}
	dst = append(dst, first|byte(mask))
	for v -= mask; v >= 0x80; v >>= 7 {
		dst = append(dst, byte(v)|0x80)
	}
	return append(dst, byte(v))
}

// appendString appends a string literal, Huffman-coded where that is shorter, §5.2.
func appendString(dst []byte, s string) []byte {
	if n := huffmanLen(s); n < len(s) {
		dst = appendInt(dst, 0x80, 7, uint64(n))
		return appendHuffman(dst, s)
	}
	dst = appendInt(dst, 0, 7, uint64(len(s)))
	return append(dst, s...)
}
