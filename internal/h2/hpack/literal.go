package hpack

// Integers and strings, RFC 7541 §5.

// maxInt bounds integers, for which §5.1 has no bound: no table and no string is
// longer.
const maxInt = 1<<31 - 1

// maxIntLen is the octets after the first that an integer may take.
const maxIntLen = 5

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

// readInt reads the integer that b, which is not empty, begins with after a prefix
// of 8-n bits.
func readInt(b []byte, n uint) (v int, rest []byte, err error) {
	mask := 1<<n - 1
	v = int(b[0]) & mask
	if v < mask {
		return v, b[1:], nil
	}
	return readLongInt(b[1:], v)
}

func readLongInt(b []byte, prefix int) (v int, rest []byte, err error) {
	sum := uint64(prefix)
	for i, c := range b[:min(len(b), maxIntLen)] {
		sum += uint64(c&0x7f) << (7 * i)
		if sum > maxInt {
			break
		}
		if c&0x80 == 0 {
			return int(sum), b[i+1:], nil
		}
	}
	if sum <= maxInt && len(b) < maxIntLen {
		return 0, nil, &Error{"an integer without end"}
	}
	return 0, nil, &Error{"an integer too large"}
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

// A text is a string literal as it is in the block.
type text struct {
	octets []byte
	coded  bool
}

// readText reads the string literal that b begins with, §5.2.
func readText(b []byte) (t text, rest []byte, err error) {
	if len(b) == 0 {
		return t, nil, &Error{"a literal without its string"}
	}
	t.coded = b[0]&0x80 != 0
	n, b, err := readInt(b, 7)
	if err != nil {
		return t, nil, err
	}
	if n > len(b) {
		return t, nil, &Error{"a string longer than the block"}
	}
	t.octets = b[:n]
	return t, b[n:], nil
}

// maxLen bounds the length of the string.
func (t text) maxLen() int {
	if t.coded {
		return maxHuffmanLen(len(t.octets))
	}
	return len(t.octets)
}

// appendTo appends the string.
func (t text) appendTo(dst []byte) ([]byte, error) {
	if !t.coded {
		return append(dst, t.octets...), nil
	}
	dst, ok := appendHuffmanDecoded(dst, t.octets)
	if !ok {
		return dst, &Error{"a string with invalid Huffman code"}
	}
	return dst, nil
}
