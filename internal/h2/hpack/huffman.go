package hpack

import (
	"encoding/binary"
	"slices"
)

// huffmanLen returns the length of s in octets when Huffman-coded.
func huffmanLen(s string) int {
	bits := 0
	for i := range len(s) {
		bits += int(huffmanLens[s[i]])
	}
	return (bits + 7) / 8
}

// appendHuffman appends s Huffman-coded and padded with ones (§5.2).
func appendHuffman(dst []byte, s string) []byte {
	var acc uint64 // the bits not appended yet are the lowest n, fewer than 32
	n := uint(0)
	for i := range len(s) {
		l := uint(huffmanLens[s[i]])
		acc = acc<<l | uint64(huffmanCodes[s[i]])
		if n += l; n >= 32 {
			n -= 32
			dst = binary.BigEndian.AppendUint32(dst, uint32(acc>>n))
		}
	}
	for ; n >= 8; n -= 8 {
		dst = append(dst, byte(acc>>(n-8)))
	}
	if n > 0 {
		dst = append(dst, byte(acc<<(8-n))|(1<<(8-n)-1))
	}
	return dst
}

// maxHuffmanLen bounds the length of what n coded octets stand for: the shortest
// code has five bits.
func maxHuffmanLen(n int) int { return n * 8 / 5 }

// appendHuffmanDecoded appends the string that src encodes. It reports false if
// that has EOS in it, or ends in other padding than fewer than eight ones (§5.2).
func appendHuffmanDecoded(dst, src []byte) ([]byte, bool) {
	dst = slices.Grow(dst, maxHuffmanLen(len(src)))
	out, n := dst[len(dst):cap(dst)], 0
	var acc uint64 // the next bits, left-aligned
	bits := uint(0)
	for {
		if len(src) >= 8 {
			// As many octets as fit whole. Bits of the one after them come along,
			// and once more when it is its turn, which changes nothing.
			acc |= binary.BigEndian.Uint64(src) >> bits
			src = src[(63-bits)/8:]
			bits |= 56
		} else {
			for ; bits <= 56 && len(src) > 0; src = src[1:] {
				acc |= uint64(src[0]) << (56 - bits)
				bits += 8
			}
		}
		for bits >= 8 {
			e := huffmanShort[acc>>56]
			symbol, l := byte(e>>8), uint(e&0xff)
			if l == 0 {
				if bits < maxCodeLen && len(src) > 0 {
					break
				}
				if symbol, l = longSymbol(uint32(acc >> 32)); l == 0 || l > bits {
					return dst, false
				}
			}
			out[n] = symbol
			n++
			acc <<= l
			bits -= l
		}
		if bits < 8 && len(src) == 0 {
			break
		}
	}
	// Of the last bits, one symbol at most, and padding. Ones behind them make
	// padding look like the beginning of a long code.
	acc |= ^uint64(0) >> bits
	if e := huffmanShort[acc>>56]; e != 0 && uint(e&0xff) <= bits {
		out[n] = byte(e >> 8)
		n++
		acc = acc<<(e&0xff) | ^uint64(0)>>(64-e&0xff)
	}
	return dst[:len(dst)+n], acc == ^uint64(0)
}

// maxCodeLen is the length of the longest code, in bits.
const maxCodeLen = 30

// longSymbol returns the symbol whose code of more than eight bits v begins with,
// and the length of the code, or 0 for EOS.
func longSymbol(v uint32) (symbol byte, l uint) {
	for i := range huffmanRows {
		if r := &huffmanRows[i]; v < r.end {
			return huffmanLong[uint32(r.offset)+v>>(32-r.bits)-r.first], uint(r.bits)
		}
	}
	return 0, 0
}
