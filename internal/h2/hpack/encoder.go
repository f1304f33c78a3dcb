package hpack

// An Encoder encodes the header blocks of one connection, in their order. Init
// must be called first. It is not safe for concurrent use.
//
// It enters into its table what is likely to come again, whose strings it then keeps
// alive. The first value of a name is entered; a further one is if the last that was
// entered has come again, or if this one was seen a while ago. So values that are
// new every time, such as those of traceparent, do not push out what repeats.
type Encoder struct {
	table   table
	index   index
	pending bool   // a size update is due
	least   uint32 // the least size since the last block
	size    uint32
	settled *settled // nil: nothing yet
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
	if block := e.settled.find(e.table.generation, fields); block != nil {
		return append(dst, block...)
	}
	start, indexed := len(dst), 0
	for i := range fields {
		at := len(dst)
		dst = e.appendField(dst, &fields[i])
		if dst[at]&0x80 != 0 { // §6.1
			indexed++
		}
	}
	if indexed == len(fields) && indexed <= maxSettled {
		if e.settled == nil {
			e.settled = new(settled)
		}
		e.settled.keep(e.table.generation, fields, dst[start:])
	}
	return dst
}

// appendSizes tells the least size since the last block, and that from now on. If
// they differ the least is told as none at all, which is allowed: there are decoders,
// that of golang.org/x/net among them, that take a second update only while their
// table is empty.
func (e *Encoder) appendSizes(dst []byte) []byte {
	e.pending = false
	if e.least < e.size {
		dst = appendInt(dst, 0x20, 5, 0)
		e.table.resize(0)
	}
	e.table.resize(e.size)
	e.table.generation++
	return appendInt(dst, 0x20, 5, uint64(e.size))
}

func (e *Encoder) appendField(dst []byte, f *Field) []byte {
	if f.Sensitive {
		return appendLiteral(dst, 0x10, 4, staticName(f.Name), f)
	}
	hash := hashField(f.Name, f.Value)
	if number, ok := e.index.findField(&e.table, f.Name, f.Value, hash); ok {
		e.index.links[e.table.slot(number)].found = true
		return appendInt(dst, 0x80, 7, uint64(e.position(number)))
	}
	field, name := staticField(f.Name, f.Value)
	if field > 0 {
		return appendInt(dst, 0x80, 7, uint64(field))
	}
	useless := false // whether the last value of this name that was entered did not come again
	if newest, ok := e.index.findName(&e.table, f.Name); ok {
		useless = !e.index.links[e.table.slot(newest)].found
		if name == 0 {
			name = e.position(newest)
		}
	}
	if !e.worthEntering(f, hash, name > 0, useless) {
		return appendLiteral(dst, 0x00, 4, name, f)
	}
	e.table.makeRoom(f.size())
	e.table.put(entry{f.Name, f.Value})
	e.index.add(&e.table)
	return appendLiteral(dst, 0x40, 6, name, f)
}

// worthEntering decides whether a field goes into the table, as Encoder says.
func (e *Encoder) worthEntering(f *Field, hash uint64, named, useless bool) bool {
	switch size := f.size(); {
	case size > uint64(e.table.max)/2:
		return false // it would push out too much
	case f.NoIndex:
		return !named && size <= uint64(e.table.max)/16 // once, for the sake of the name
	}
	return !useless || e.index.missedBefore(hash)
}

// position returns the index, at this time, of the entry with a number.
func (e *Encoder) position(number uint32) int { return staticLen + 1 + int(e.table.added-number) }

// appendLiteral appends a literal whose name has an index, unless that is 0.
func appendLiteral(dst []byte, first byte, prefix uint, name int, f *Field) []byte {
	dst = appendInt(dst, first, prefix, uint64(name))
	if name == 0 {
		dst = appendString(dst, f.Name)
	}
	return appendString(dst, f.Value)
}
