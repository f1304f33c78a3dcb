package jsonpb

import (
	"math"
	"strconv"
)

// number reads the number at pos and returns it as it is written.
func (d *decoder) number() ([]byte, error) {
	c := d.peek()
	if c != '-' && (c < '0' || c > '9') {
		return nil, d.unexpected("a value")
	}
	n := numberLen(d.src[d.pos:])
	if end := d.pos + n; n == 0 || end < len(d.src) && isWord(d.src[end]) {
		return nil, d.fail(d.pos, "%s is no number", d.token(d.pos))
	}
	raw := d.src[d.pos : d.pos+n]
	d.pos += n
	return raw, nil
}

// numberLen returns how many octets of b are a number as RFC 8259 §6 has it, 0 if it
// begins with none.
func numberLen(b []byte) int {
	i := 0
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch n := digits(b[i:]); {
	case n == 0:
		return 0
	case b[i] == '0':
		i++
	default:
		i += n
	}
	if i < len(b) && b[i] == '.' {
		n := digits(b[i+1:])
		if n == 0 {
			return 0
		}
		i += 1 + n
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		n := digits(b[i:])
		if n == 0 {
			return 0
		}
		i += n
	}
	return i
}

// digits returns how many digits b begins with.
func digits(b []byte) int {
	i := 0
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

// integer returns the value of a number, whose form is right already: its sign and its
// amount. It may have a fraction and an exponent as long as it is whole.
func integer(raw []byte) (negative bool, amount uint64, ok bool) {
	if raw[0] == '-' {
		negative, raw = true, raw[1:]
	}
	n := digits(raw)
	if n == len(raw) && n < 19 {
		for _, c := range raw {
			amount = amount*10 + uint64(c-'0')
		}
		return negative, amount, true
	}
	whole, rest := raw[:n], raw[n:]
	if whole[0] == '0' {
		whole = nil
	}
	var fraction []byte
	if len(rest) > 0 && rest[0] == '.' {
		n := digits(rest[1:])
		fraction, rest = rest[1:1+n], rest[1+n:]
		for len(fraction) > 0 && fraction[len(fraction)-1] == '0' {
			fraction = fraction[:len(fraction)-1]
		}
	}
	if len(whole) == 0 && len(fraction) == 0 {
		return negative, 0, true
	}
	exponent := 0
	if len(rest) > 0 {
		x, err := strconv.ParseInt(string(rest[1:]), 10, 32)
		if err != nil {
			return negative, 0, false
		}
		exponent = int(x)
	}
	amount, ok = shifted(whole, fraction, exponent)
	return negative, amount, ok
}

// shifted returns what the digits are with the point moved, if that is whole and fits.
func shifted(whole, fraction []byte, exponent int) (uint64, bool) {
	const most = 20 // digits of the largest uint64
	if exponent < 0 {
		keep := len(whole) + exponent
		if len(fraction) > 0 || keep < 0 {
			return 0, false
		}
		for _, c := range whole[keep:] {
			if c != '0' {
				return 0, false
			}
		}
		whole, exponent = whole[:keep], 0
	}
	if len(fraction) > exponent || len(whole)+exponent > most {
		return 0, false
	}
	amount, ok := uint64(0), true
	for _, c := range whole {
		amount, ok = appendDigit(amount, c, ok)
	}
	for _, c := range fraction {
		amount, ok = appendDigit(amount, c, ok)
	}
	for range exponent - len(fraction) {
		amount, ok = appendDigit(amount, '0', ok)
	}
	return amount, ok
}

func appendDigit(amount uint64, c byte, ok bool) (uint64, bool) {
	digit := uint64(c - '0')
	if !ok || amount > (math.MaxUint64-digit)/10 {
		return 0, false
	}
	return amount*10 + digit, true
}

// signed returns a whole number of so many bits.
func signed(raw []byte, bits int) (int64, bool) {
	negative, amount, ok := integer(raw)
	limit := uint64(1) << (bits - 1)
	switch {
	case !ok || amount > limit || amount == limit && !negative:
		return 0, false
	case negative:
		return -int64(amount), true
	}
	return int64(amount), true
}

// unsigned is signed for a number that cannot be negative.
func unsigned(raw []byte, bits int) (uint64, bool) {
	negative, amount, ok := integer(raw)
	if !ok || negative && amount != 0 || bits == 32 && amount > math.MaxUint32 {
		return 0, false
	}
	return amount, true
}

// float returns a number of so many bits, unless it is too large.
func float(raw []byte, bits int) (float64, bool) {
	x, err := strconv.ParseFloat(string(raw), bits)
	return x, err == nil
}
