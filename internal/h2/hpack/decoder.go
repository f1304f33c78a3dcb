package hpack

// A Decoder decodes the header blocks of one connection, in their order. Init
// must be called first. It is not safe for concurrent use.
//
// It holds no memory until the first block that needs any.
type Decoder struct {
	table   table
	allowed uint32 // our SETTINGS_HEADER_TABLE_SIZE
	least   uint32 // the least value of that since the last block
	scratch []byte // for strings of a certain length; see literal
}

// NewDecoder returns a decoder with a table of maxTableSize octets.
func NewDecoder(maxTableSize uint32) *Decoder {
	d := new(Decoder)
	d.Init(maxTableSize)
	return d
}

// Init makes d ready, with a table of maxTableSize octets, which is what both
// ends start from: in HTTP/2, DefaultTableSize.
func (d *Decoder) Init(maxTableSize uint32) {
	*d = Decoder{allowed: maxTableSize, least: maxTableSize}
	d.table.max = maxTableSize
}

// SetMaxTableSize follows our SETTINGS_HEADER_TABLE_SIZE; it is called when the peer
// has acknowledged that. If the table has been given more than n octets, the next
// block must begin with a size update (§4.2). If less, it stays as it is until the
// peer says otherwise.
func (d *Decoder) SetMaxTableSize(n uint32) {
	d.allowed = n
	d.least = min(d.least, n)
	d.table.generation++ // what a block has to begin with may have changed
}

// Generation returns a number that changes whenever the dynamic table does. While
// it stays the same, equal blocks have equal fields.
func (d *Decoder) Generation() uint64 { return d.table.generation }

// Limits bound the fields that are returned of one block.
type Limits struct {
	MaxBytes  uint32 // sum of the sizes of fields
	MaxFields int
}

// take makes one field of size octets count. It reports false if that is beyond
// the limits, and from then on.
func (l *Limits) take(size uint64) bool {
	if l.MaxFields <= 0 || size > uint64(l.MaxBytes) {
		l.MaxFields = -1
		return false
	}
	l.MaxFields--
	l.MaxBytes -= uint32(size)
	return true
}

// Decode decodes one whole block and appends its fields to dst. A block beyond
// the limits is decoded to its end, so that the table stays in step, but no
// further fields are returned, and truncated is true. The error is an *Error,
// after which the decoder must not be used.
//
// The fields do not alias block. Those that are in a table share its strings; name
// and value of others share one allocation.
func (d *Decoder) Decode(dst []Field, block []byte, lim Limits) (fields []Field, truncated bool, err error) {
	block, err = d.sizeUpdates(block)
	if err != nil {
		return dst, false, err
	}
	for len(block) > 0 {
		first := block[0]
		switch {
		case first&0x80 != 0: // indexed, §6.1
			var i int
			if i, block, err = readInt(block, 7); err != nil {
				return dst, false, err
			}
			e := d.lookup(i)
			if e == nil {
				return dst, false, &Error{"an index of no entry"}
			}
			if lim.take(entrySize(len(e.name), len(e.value))) {
				dst = append(dst, Field{Name: e.name, Value: e.value})
			}
		case first&0xe0 == 0x20:
			return dst, false, &Error{"a table size update behind a field"}
		default:
			if dst, block, err = d.literal(dst, block, &lim); err != nil {
				return dst, false, err
			}
		}
	}
	return dst, lim.MaxFields < 0, nil
}

// sizeUpdates applies the updates at the beginning of a block, of which there
// may be two: the least size since the last block, and the final one (§4.2).
func (d *Decoder) sizeUpdates(b []byte) ([]byte, error) {
	due := d.least < d.table.max
	for n := 0; len(b) > 0 && b[0]&0xe0 == 0x20; n++ {
		size, rest, err := readInt(b, 5)
		switch {
		case err != nil:
			return nil, err
		case n == 2:
			return nil, &Error{"more than two table size updates"}
		case due && uint32(size) > d.least, uint32(size) > d.allowed:
			return nil, &Error{"a table size update above the limit"}
		}
		d.table.resize(uint32(size))
		due, b = false, rest
	}
	if due {
		return nil, &Error{"no table size update after the limit was lowered"}
	}
	d.least = d.allowed
	return b, nil
}

// lookup returns the entry with an index of both tables, nil if there is none.
func (d *Decoder) lookup(i int) *entry {
	switch {
	case i == 0:
		return nil
	case i <= staticLen:
		return &staticTable[i]
	case i-staticLen <= d.table.n:
		return d.table.at(i - staticLen)
	}
	return nil
}

const (
	// Strings up to smallText are put together on the stack, longer ones up to
	// largeText in memory that is kept, such as those of a client which sends a
	// long token with every call. Still longer ones cost an allocation more.
	smallText = 256
	largeText = 2048
)

// literal decodes a literal: with incremental indexing (§6.2.1), without (§6.2.2) or
// never indexed (§6.2.3). Of one that is not wanted nothing is built that the
// table does not need.
func (d *Decoder) literal(dst []Field, b []byte, lim *Limits) (fields []Field, rest []byte, err error) {
	first, prefix := b[0], uint(4)
	index := first&0x40 != 0
	if index {
		prefix = 6
	}
	i, b, err := readInt(b, prefix)
	if err != nil {
		return dst, nil, err
	}
	var (
		shared string // the name, of a table's entry
		copied string // likewise, but to be copied
		name   text   // or a literal
	)
	if i == 0 {
		if name, b, err = readText(b); err != nil {
			return dst, nil, err
		}
	} else {
		e := d.lookup(i)
		if e == nil {
			return dst, nil, &Error{"a name with an index of no entry"}
		}
		if index && i > staticLen {
			// The name's memory is also that of its entry's value. The new entry
			// must not keep it when that one is evicted and does not count any more.
			copied = e.name
		} else {
			shared = e.name
		}
	}
	value, rest, err := readText(b)
	if err != nil {
		return dst, nil, err
	}

	var small [smallText]byte
	buf := small[:0]
	if n := len(copied) + name.maxLen() + value.maxLen(); n > smallText {
		buf = d.large(n)
	}
	buf = append(buf, copied...)
	if buf, err = name.appendTo(buf); err != nil {
		return dst, nil, err
	}
	nameLen := len(buf)
	if buf, err = value.appendTo(buf); err != nil {
		return dst, nil, err
	}
	size := entrySize(len(shared)+nameLen, len(buf)-nameLen)
	wanted := lim.take(size)
	if index {
		index = d.table.makeRoom(size)
	}
	if !wanted && !index {
		return dst, rest, nil
	}
	both := string(buf)
	e := entry{shared, both[nameLen:]}
	if shared == "" {
		e.name = both[:nameLen]
	}
	if index {
		d.table.put(e)
	}
	if wanted {
		dst = append(dst, Field{Name: e.name, Value: e.value, Sensitive: first&0xf0 == 0x10})
	}
	return dst, rest, nil
}

// large returns an empty buffer for n octets.
func (d *Decoder) large(n int) []byte {
	if n > largeText {
		return make([]byte, 0, n)
	}
	if d.scratch == nil {
		d.scratch = make([]byte, 0, largeText)
	}
	return d.scratch
}
