package hpack

import "sync"

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
	var acc uint64 // the bits not appended yet are the lowest n
	n := uint(0)
	for i := range len(s) {
		l := uint(huffmanLens[s[i]])
		acc = acc<<l | uint64(huffmanCodes[s[i]])
		for n += l; n >= 8; {
			n -= 8
			dst = append(dst, byte(acc>>n))
		}
	}
	if n > 0 {
		dst = append(dst, byte(acc<<(8-n))|(1<<(8-n)-1))
	}
	return dst
}

// Decoding goes from state to state, four bits a step. A state is a node of the
// code's tree; the shortest code has five bits, so a step ends at most one
// symbol. The steps are computed from the codes when the first string is decoded.

type huffmanStep struct {
	next   uint8 // state after
	symbol uint8
	emit   bool
	fail   bool // leads to EOS or nowhere
}

type huffmanMachine struct {
	steps  [256][16]huffmanStep
	padded [256]bool // a string may end in this state: fewer than 8 bits, all ones
}

var huffman = sync.OnceValue(buildHuffman)

func buildHuffman() *huffmanMachine {
	// Nodes are numbered as they are made; children of a node are nodes, or ^symbol.
	const eos = 256
	type node [2]int16
	nodes := make([]node, 1, 256)
	insert := func(symbol int, code uint32, bits int) {
		at := 0
		for b := bits - 1; b > 0; b-- {
			bit := code >> b & 1
			if nodes[at][bit] == 0 {
				nodes = append(nodes, node{})
				nodes[at][bit] = int16(len(nodes) - 1)
			}
			at = int(nodes[at][bit])
		}
		nodes[at][code&1] = int16(^symbol)
	}
	for s := range 256 {
		insert(s, huffmanCodes[s], int(huffmanLens[s]))
	}
	insert(eos, 1<<30-1, 30)

	m := new(huffmanMachine)
	for state := range nodes {
		for nibble := range 16 {
			st := &m.steps[state][nibble]
			at := int16(state)
			for b := 3; b >= 0 && !st.fail; b-- {
				at = nodes[at][nibble>>b&1]
				if at < 0 {
					symbol := int(^at)
					st.fail = symbol == eos
					st.symbol, st.emit = uint8(symbol), true
					at = 0
				}
			}
			st.next = uint8(at)
		}
	}
	at := int16(0)
	for range 8 {
		m.padded[at] = true
		at = nodes[at][1]
	}
	return m
}

var errHuffman = &Error{"invalid Huffman code"}

// appendHuffmanDecoded appends the string that b encodes.
func appendHuffmanDecoded(dst, b []byte) ([]byte, error) {
	m := huffman()
	state := uint8(0)
	for _, c := range b {
		st := &m.steps[state][c>>4]
		if st.emit {
			if st.fail {
				return dst, errHuffman
			}
			dst = append(dst, st.symbol)
		}
		st = &m.steps[st.next][c&15]
		if st.emit {
			if st.fail {
				return dst, errHuffman
			}
			dst = append(dst, st.symbol)
		}
		state = st.next
	}
	if !m.padded[state] {
		return dst, errHuffman
	}
	return dst, nil
}
