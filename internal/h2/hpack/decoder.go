package hpack

// A Decoder decodes the header blocks of one connection, in their order. Init
// must be called first. It is not safe for concurrent use.
type Decoder struct {
	table   table
	allowed uint32 // our SETTINGS_HEADER_TABLE_SIZE
	lowered bool   // the next block must begin with a size update (§4.2)
	scratch []byte
}

// NewDecoder returns a decoder whose peer may use a table of maxTableSize octets.
func NewDecoder(maxTableSize uint32) *Decoder {
	d := new(Decoder)
	d.Init(maxTableSize)
	return d
}

// Init makes d ready, with a table of at most maxTableSize octets.
func (d *Decoder) Init(maxTableSize uint32) {
	*d = Decoder{allowed: maxTableSize}
	d.table.max = maxTableSize
}

// SetMaxTableSize changes the limit after the peer has acknowledged it.
func (d *Decoder) SetMaxTableSize(n uint32) {
	d.allowed = n
	d.lowered = n < d.table.max
}

// Generation returns a number that changes whenever the dynamic table does. While
// it stays the same, equal blocks have equal fields.
func (d *Decoder) Generation() uint64 { return d.table.generation }

// Limits bound the fields that are returned of one block.
type Limits struct {
	MaxBytes  uint32 // sum of the sizes of fields
	MaxFields int
}

// Decode decodes one whole block and appends its fields to dst. A block beyond
// the limits is decoded to its end, so that the table stays in step, but no
// further fields are returned, and truncated is true. The error is an *Error.
func (d *Decoder) Decode(dst []Field, block []byte, lim Limits) (fields []Field, truncated bool, err error) {
	b, err := d.sizeUpdates(block)
	if err != nil {
		return dst, false, err
	}
	start, size := len(dst), uint64(0)
	for len(b) > 0 {
		if b[0]&0xe0 == 0x20 {
			return dst, truncated, &Error{"a table size update behind a field"}
		}
		f, rest, err := d.field(b, truncated)
		if err != nil {
			return dst, truncated, err
		}
		b = rest
		size += uint64(f.Size())
		if size > uint64(lim.MaxBytes) || len(dst)-start >= lim.MaxFields {
			truncated = true
		}
		if !truncated {
			dst = append(dst, f)
		}
	}
	return dst, truncated, nil
}

// sizeUpdates applies the updates at the beginning of a block, of which there
// may be two: the least size since the last block, and the final one (§4.2).
func (d *Decoder) sizeUpdates(b []byte) ([]byte, error) {
	for n := 0; len(b) > 0 && b[0]&0xe0 == 0x20; n++ {
		size, rest, err := readInt(b, 5)
		switch {
		case err != nil:
			return nil, err
		case n == 2:
			return nil, &Error{"more than two table size updates"}
		case size > uint64(d.allowed):
			return nil, &Error{"a table size update above the limit"}
		}
		d.table.resize(uint32(size))
		d.lowered = false
		b = rest
	}
	if d.lowered {
		return nil, &Error{"no table size update after the limit was lowered"}
	}
	return b, nil
}

// field decodes the field that b begins with. Of one that is not wanted nothing
// is built that the table does not need.
func (d *Decoder) field(b []byte, unwanted bool) (f Field, rest []byte, err error) {
	switch {
	case b[0]&0x80 != 0: // indexed, §6.1
		i, rest, err := readInt(b, 7)
		if err != nil {
			return f, nil, err
		}
		f, err = d.indexed(i)
		return f, rest, err
	case b[0]&0x40 != 0: // literal with incremental indexing, §6.2.1
		if f, rest, err = d.literal(b, 6, false); err == nil {
			d.table.add(f)
		}
		return f, rest, err
	}
	// Literal without indexing or never indexed, §6.2.2 and §6.2.3.
	f, rest, err = d.literal(b, 4, unwanted)
	f.Sensitive = b[0]&0x10 != 0
	return f, rest, err
}

func (d *Decoder) indexed(i uint64) (Field, error) {
	switch {
	case i == 0:
		return Field{}, &Error{"index 0"}
	case i <= uint64(staticLen):
		return staticTable[i], nil
	case i-uint64(staticLen) <= uint64(d.table.n):
		return *d.table.at(int(i) - staticLen), nil
	}
	return Field{}, &Error{"an index beyond the table"}
}

// literal decodes a literal whose name index has a prefix of n bits. Name and
// value, where both are literal, share one allocation.
func (d *Decoder) literal(b []byte, n uint, unwanted bool) (f Field, rest []byte, err error) {
	i, b, err := readInt(b, n)
	if err != nil {
		return f, nil, err
	}
	buf := d.scratch[:0]
	if i > 0 {
		named, err := d.indexed(i)
		if err != nil {
			return f, nil, err
		}
		f.Name = named.Name
	} else if buf, b, err = readString(buf, b); err != nil {
		return f, nil, err
	}
	nameLen := len(buf)
	if buf, b, err = readString(buf, b); err != nil {
		return f, nil, err
	}
	if cap(buf) <= maxScratch {
		d.scratch = buf
	}
	if unwanted {
		return Field{}, b, nil
	}
	both := string(buf)
	if i == 0 {
		f.Name = both[:nameLen]
	}
	f.Value = both[nameLen:]
	return f, b, nil
}

// maxScratch bounds the memory that a decoder keeps between blocks.
const maxScratch = 1024

// maxInt bounds integers: no table or string is longer (§5.1 has no bound).
const maxInt = 1<<31 - 1

// readInt decodes an integer with a prefix of n bits, §5.1.
func readInt(b []byte, n uint) (v uint64, rest []byte, err error) {
	mask := uint64(1)<<n - 1
	v = uint64(b[0]) & mask
	b = b[1:]
	if v < mask {
		return v, b, nil
	}
	for shift := uint(0); ; shift += 7 {
		if len(b) == 0 {
			return 0, nil, &Error{"an integer without end"}
		}
		c := b[0]
		b = b[1:]
		v += uint64(c&0x7f) << shift
		if v > maxInt || shift > 28 {
			return 0, nil, &Error{"an integer too large"}
		}
		if c&0x80 == 0 {
			return v, b, nil
		}
	}
}

// readString appends a string literal to dst, §5.2.
func readString(dst, b []byte) (out, rest []byte, err error) {
	if len(b) == 0 {
		return dst, nil, &Error{"a literal without its string"}
	}
	coded := b[0]&0x80 != 0
	n, b, err := readInt(b, 7)
	if err != nil {
		return dst, nil, err
	}
	if n > uint64(len(b)) {
		return dst, nil, &Error{"a string longer than the block"}
	}
	if !coded {
		return append(dst, b[:n]...), b[n:], nil
	}
	dst, err = appendHuffmanDecoded(dst, b[:n])
	return dst, b[n:], err
}
