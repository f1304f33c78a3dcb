package rest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Pair is one name and value of a query, decoded.
type Pair struct {
	Name, Value string
}

// QueryLimits bound a query. A field that is 0 has its default.
type QueryLimits struct {
	Pairs  int // the most pairs that a query may have, 1000 if 0
	Length int // the most octets that a query may have, 64 KiB if 0
}

const (
	defaultQueryPairs  = 1000
	defaultQueryLength = 64 << 10
)

// AppendQuery appends the pairs of a query, which is what follows the question mark of
// a path, in the order in which it has them. Ampersands separate pairs; what has no
// equals sign is a name with an empty value; a plus sign is a space. A query beyond the
// limits, an escape that is none and text that is not UTF-8 are errors, which are fit
// for the client to read.
//
// It allocates for what has escapes or plus signs only, and for pairs for which dst has
// no room.
func AppendQuery(dst []Pair, query string, limits QueryLimits) ([]Pair, error) {
	if limits.Pairs == 0 {
		limits.Pairs = defaultQueryPairs
	}
	if limits.Length == 0 {
		limits.Length = defaultQueryLength
	}
	if len(query) > limits.Length {
		return dst, fmt.Errorf("the query has %d octets, more than %d", len(query), limits.Length)
	}
	for count := 0; query != ""; {
		var pair string
		if pair, query, _ = strings.Cut(query, "&"); pair == "" {
			continue
		}
		if count++; count > limits.Pairs {
			return dst, fmt.Errorf("the query has more than %d parameters", limits.Pairs)
		}
		name, value, _ := strings.Cut(pair, "=")
		var p Pair
		var err error
		if p.Name, err = unescapeQuery(name); err != nil {
			return dst, fmt.Errorf("query parameter %s: its name has %w", quote(name), err)
		}
		if p.Value, err = unescapeQuery(value); err != nil {
			return dst, fmt.Errorf("query parameter %s: its value has %w", quote(p.Name), err)
		}
		dst = append(dst, p)
	}
	return dst, nil
}

var (
	errEscape  = errors.New("a percent sign without two hexadecimal digits")
	errNotUTF8 = errors.New("text that is not UTF-8")
)

// unescapeQuery decodes a name or a value.
func unescapeQuery(s string) (string, error) {
	if strings.IndexByte(s, '+') >= 0 {
		s = strings.ReplaceAll(s, "+", " ")
	}
	if !validEscapes(s) {
		return "", errEscape
	}
	if s = decode(s, false); !utf8.ValidString(s) {
		return "", errNotUTF8
	}
	return s, nil
}

// AppendPair appends a pair to a query, behind an ampersand unless it is the first.
func AppendPair(dst []byte, name, value string) []byte {
	if len(dst) > 0 {
		dst = append(dst, '&')
	}
	dst = appendEscaped(dst, name, &unreserved)
	dst = append(dst, '=')
	return appendEscaped(dst, value, &unreserved)
}

// maxQuoted bounds how much of a peer's text an error message repeats.
const maxQuoted = 64

// quote renders untrusted text for an error message: printable and short.
func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.QuoteToASCII(s[:maxQuoted]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
