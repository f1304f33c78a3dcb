package balance

import (
	"math/bits"
)

// The primes of XXH64 (github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).
const (
	xxPrime1 uint64 = 0x9e3779b185ebca87
	xxPrime2 uint64 = 0xc2b2ae3d27d4eb4f
	xxPrime3 uint64 = 0x165667b19e3779f9
	xxPrime4 uint64 = 0x85ebca77c2b2ae63
	xxPrime5 uint64 = 0x27d4eb2f165667c5
)

// xxHash64 returns the XXH64 of data, which is what gRPC's policies hash with.
func xxHash64[T string | []byte](data T, seed uint64) uint64 {
	b, n := data, uint64(len(data))
	h := seed + xxPrime5
	if len(b) >= 32 {
		v1, v2, v3, v4 := seed+xxPrime1, seed, seed, seed
		v1, v2, v4 = v1+xxPrime2, v2+xxPrime2, v4-xxPrime1
		for ; len(b) >= 32; b = b[32:] {
			v1 = xxRound(v1, word64(b, 0))
			v2 = xxRound(v2, word64(b, 8))
			v3 = xxRound(v3, word64(b, 16))
			v4 = xxRound(v4, word64(b, 24))
		}
		h = bits.RotateLeft64(v1, 1) + bits.RotateLeft64(v2, 7) + bits.RotateLeft64(v3, 12) + bits.RotateLeft64(v4, 18)
		for _, v := range [...]uint64{v1, v2, v3, v4} {
			h = (h^xxRound(0, v))*xxPrime1 + xxPrime4
		}
	}
	h += n
	for ; len(b) >= 8; b = b[8:] {
		h = bits.RotateLeft64(h^xxRound(0, word64(b, 0)), 27)*xxPrime1 + xxPrime4
	}
	if len(b) >= 4 {
		h = bits.RotateLeft64(h^uint64(word32(b, 0))*xxPrime1, 23)*xxPrime2 + xxPrime3
		b = b[4:]
	}
	for i := range len(b) {
		h = bits.RotateLeft64(h^uint64(b[i])*xxPrime5, 11) * xxPrime1
	}
	h = (h ^ h>>33) * xxPrime2
	h = (h ^ h>>29) * xxPrime3
	return h ^ h>>32
}

func xxRound(v, word uint64) uint64 {
	return bits.RotateLeft64(v+word*xxPrime2, 31) * xxPrime1
}

// word64 reads 8 bytes, the least significant first.
func word64[T string | []byte](b T, at int) uint64 {
	return uint64(word32(b, at)) | uint64(word32(b, at+4))<<32
}

func word32[T string | []byte](b T, at int) uint32 {
	_ = b[at+3]
	return uint32(b[at]) | uint32(b[at+1])<<8 | uint32(b[at+2])<<16 | uint32(b[at+3])<<24
}
