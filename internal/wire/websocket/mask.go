package websocket

import (
	"encoding/binary"
	"math/bits"
)

// Mask masks b, or takes the mask off (§5.3). at is how many bytes of the payload come
// before b.
func Mask(b []byte, key [4]byte, at uint64) {
	word := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*int(at&3))
	wide := uint64(word)<<32 | uint64(word)
	for len(b) >= 32 {
		x := b[:32:32]
		binary.LittleEndian.PutUint64(x, binary.LittleEndian.Uint64(x)^wide)
		binary.LittleEndian.PutUint64(x[8:], binary.LittleEndian.Uint64(x[8:])^wide)
		binary.LittleEndian.PutUint64(x[16:], binary.LittleEndian.Uint64(x[16:])^wide)
		binary.LittleEndian.PutUint64(x[24:], binary.LittleEndian.Uint64(x[24:])^wide)
		b = b[32:]
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^wide)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(wide)
		wide >>= 8
	}
}
