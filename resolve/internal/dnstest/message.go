// Package dnstest is a DNS server for tests, which answers as it is told and fails
// as it is told.
package dnstest

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
)

// Types of records.
const (
	TypeA     = 1
	TypeCNAME = 5
	TypeTXT   = 16
	TypeAAAA  = 28
	TypeSRV   = 33
)

// Response codes (RFC 1035 §4.1.1).
const (
	ServerFailure = 2
	NameError     = 3
)

// A Record is one answer.
type Record struct {
	Type uint16
	TTL  uint32
	Data []byte
}

// Addr returns the A or AAAA record of an address.
func Addr(ttl uint32, addr string) Record {
	a := netip.MustParseAddr(addr)
	if a.Is4() {
		return Record{TypeA, ttl, a.AsSlice()}
	}
	return Record{TypeAAAA, ttl, a.AsSlice()}
}

// CNAME returns the record of an alias.
func CNAME(ttl uint32, name string) Record { return Record{TypeCNAME, ttl, appendName(nil, name)} }

// SRV returns an SRV record.
func SRV(ttl uint32, priority, weight, port uint16, target string) Record {
	var b []byte
	for _, n := range []uint16{priority, weight, port} {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return Record{TypeSRV, ttl, appendName(b, target)}
}

// TXT returns a TXT record with the text in as many strings as it takes.
func TXT(ttl uint32, text string) Record {
	var b []byte
	for part := range slices.Chunk([]byte(text), 255) {
		b = append(append(b, byte(len(part))), part...)
	}
	return Record{TypeTXT, ttl, b}
}

func appendName(b []byte, name string) []byte {
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label != "" {
			b = append(append(b, byte(len(label))), label...)
		}
	}
	return append(b, 0)
}

// Query returns a question.
func Query(name string, typ uint16) []byte {
	b := []byte{0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	b = appendName(b, name)
	b = binary.BigEndian.AppendUint16(b, typ)
	return append(b, 0, 1)
}

// Response returns the answer to a query; a truncated one has no records.
func Response(query []byte, rcode byte, truncated bool, records ...Record) []byte {
	_, _, end := question(query)
	msg := slices.Clone(query[:12])
	msg[2], msg[3] = 0x81, 0x80|rcode
	if truncated {
		msg[2] |= 0x02
		records = nil
	}
	binary.BigEndian.PutUint16(msg[4:], 1)
	binary.BigEndian.PutUint16(msg[6:], uint16(len(records)))
	binary.BigEndian.PutUint32(msg[8:], 0)
	msg = append(msg, query[12:end]...)
	for _, r := range records {
		msg = append(msg, 0xc0, 12) // the question's name
		msg = binary.BigEndian.AppendUint16(msg, r.Type)
		msg = append(msg, 0, 1)
		msg = binary.BigEndian.AppendUint32(msg, r.TTL)
		msg = binary.BigEndian.AppendUint16(msg, uint16(len(r.Data)))
		msg = append(msg, r.Data...)
	}
	return msg
}

// question returns the name asked for, in lower case and with the last dot, the type,
// and where the question ends.
func question(query []byte) (name string, typ uint16, end int) {
	i := 12
	for query[i] != 0 {
		n := int(query[i])
		name += strings.ToLower(string(query[i+1:i+1+n])) + "."
		i += 1 + n
	}
	return name, binary.BigEndian.Uint16(query[i+1:]), i + 5
}
