package h2

import (
	"bytes"
	"hash/maphash"
	"slices"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A kind says by which rules a header section is read.
type kind uint8

const (
	request kind = iota
	response
	trailer
)

// A section is a decoded header block with the verdict on it.
type section struct {
	msg       *Message
	malformed string
}

// A blockCache remembers the header sections of the last few short blocks.
// Calls repeat themselves: once the dynamic table has settled, the same few
// octets stand for the same fields until the table changes. It holds a fixed
// number of blocks that the peer sent twice, so a peer gains nothing by
// sending many.
type blockCache struct {
	entries [4]blockEntry
	next    int // entry to replace
	seed    maphash.Seed
	missed  [4]uint64 // digests of the last blocks that were not found
	miss    int
}

func newBlockCache() *blockCache { return &blockCache{seed: maphash.MakeSeed()} }

type blockEntry struct {
	generation uint64
	kind       kind
	block      []byte
	sec        section
}

// maxCachedBlock is what a request of few fields takes that are written out, as by
// clients that index nothing.
const maxCachedBlock = 128

func (bc *blockCache) find(k kind, generation uint64, block []byte) (section, bool) {
	if bc == nil {
		return section{}, false
	}
	for i := range bc.entries {
		e := &bc.entries[i]
		if e.generation == generation && e.kind == k && e.sec.msg != nil && bytes.Equal(e.block, block) {
			return e.sec, true
		}
	}
	return section{}, false
}

// keep remembers sec if block was missed a short while ago too.
func (bc *blockCache) keep(k kind, generation uint64, block []byte, sec section) {
	digest := maphash.Bytes(bc.seed, block) + uint64(k)
	if !slices.Contains(bc.missed[:], digest) {
		bc.missed[bc.miss] = digest
		bc.miss = (bc.miss + 1) % len(bc.missed)
		return
	}
	e := &bc.entries[bc.next]
	bc.next = (bc.next + 1) % len(bc.entries)
	*e = blockEntry{generation, k, append(e.block[:0], block...), sec}
}

// decodeOnReader turns a header block into a checked section.
func (c *Conn) decodeOnReader(k kind, block []byte) (section, error) {
	short := len(block) <= maxCachedBlock
	before := c.dec.Generation()
	if short {
		if sec, ok := c.blocks.find(k, before, block); ok {
			return sec, nil
		}
	}
	lim := hpack.Limits{MaxBytes: c.cfg.MaxHeaderBytes, MaxFields: c.cfg.MaxHeaderFields}
	scratch, tooLarge, err := c.dec.Decode(c.scratch[:0], block, lim)
	if err != nil {
		return section{}, connError(frame.CodeCompression, err.Error())
	}
	fields := make([]hpack.Field, len(scratch))
	copy(fields, scratch)
	clear(scratch) // keeps no strings of the peer's alive
	c.scratch = scratch
	var sec section
	switch k {
	case request:
		sec.msg, sec.malformed = parseRequest(fields, tooLarge)
	case response:
		sec.msg, sec.malformed = parseResponse(fields, tooLarge)
	case trailer:
		sec.msg, sec.malformed = parseTrailer(fields, tooLarge)
	}
	if short && before == c.dec.Generation() {
		if c.blocks == nil {
			c.blocks = newBlockCache()
		}
		c.blocks.keep(k, before, block, sec)
	}
	return sec, nil
}
