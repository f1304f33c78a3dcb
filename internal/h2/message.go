package h2

import (
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A Message is a checked header section: of a request, a response, or trailers.
// It is shared by streams that sent the same bytes and must not be changed.
type Message struct {
	Method, Scheme, Authority, Path string // of a request
	Status                          int    // of a response
	// Fields are the regular fields in their order; a host field is left out
	// (Authority has its value).
	Fields []hpack.Field
	// ContentLength is the announced length of the content, or -1.
	ContentLength int64
	// TooLarge: the section was longer than allowed; fields are missing.
	TooLarge bool
}

// The parsers below return the reason why a message is malformed
// (RFC 9113 §8.1.1), or "".

func parseRequest(all []hpack.Field, tooLarge bool) (m *Message, malformed string) {
	m = &Message{ContentLength: -1, TooLarge: tooLarge}
	regular, malformed := m.pseudo(all, m.requestPseudo)
	if malformed != "" {
		return m, malformed
	}
	if malformed = m.regular(regular, true); malformed != "" || tooLarge {
		return m, malformed
	}
	// RFC 9113 §8.3.1; CONNECT has neither scheme nor path (§8.5).
	switch {
	case m.Method == "":
		return m, "no :method"
	case m.Method == "CONNECT":
		if m.Scheme != "" || m.Path != "" {
			return m, "CONNECT with :scheme or :path"
		}
	case m.Scheme == "":
		return m, "no :scheme"
	case m.Path == "":
		return m, "no :path, or an empty one"
	}
	return m, ""
}

func parseResponse(all []hpack.Field, tooLarge bool) (m *Message, malformed string) {
	m = &Message{ContentLength: -1, TooLarge: tooLarge}
	regular, malformed := m.pseudo(all, m.responsePseudo)
	if malformed != "" {
		return m, malformed
	}
	if m.Status == 0 && !tooLarge {
		return m, "no :status"
	}
	return m, m.regular(regular, false)
}

func parseTrailer(all []hpack.Field, tooLarge bool) (m *Message, malformed string) {
	m = &Message{ContentLength: -1, TooLarge: tooLarge}
	return m, m.regular(all, false)
}

// pseudo gives the leading pseudo-header fields to set and returns the rest.
func (m *Message) pseudo(all []hpack.Field, set func(name, value string) string) (rest []hpack.Field, malformed string) {
	for i := range all {
		name := all[i].Name
		if name == "" || name[0] != ':' {
			return all[i:], ""
		}
		if !validValue(all[i].Value) {
			return nil, "invalid value of " + name
		}
		if malformed := set(name, all[i].Value); malformed != "" {
			return nil, malformed
		}
	}
	return nil, ""
}

func (m *Message) requestPseudo(name, value string) string {
	var at *string
	switch name {
	case ":method":
		at = &m.Method
	case ":scheme":
		at = &m.Scheme
	case ":authority":
		at = &m.Authority
	case ":path":
		at = &m.Path
	default:
		return "unknown pseudo-header field " + strconv.Quote(name)
	}
	if *at != "" {
		return "repeated " + name
	}
	if value == "" {
		return "empty " + name
	}
	*at = value
	return ""
}

func (m *Message) responsePseudo(name, value string) string {
	if name != ":status" {
		return "unknown pseudo-header field " + strconv.Quote(name)
	}
	n, err := strconv.Atoi(value)
	if m.Status != 0 || err != nil || len(value) != 3 || n < 100 {
		return "invalid or repeated :status " + strconv.Quote(value)
	}
	m.Status = n
	return ""
}

// regular checks fields and keeps them, RFC 9113 §8.2.
func (m *Message) regular(fields []hpack.Field, request bool) string {
	hosts := 0
	for i := range fields {
		f := &fields[i]
		if malformed := checkField(f); malformed != "" {
			return malformed
		}
		switch f.Name {
		case "content-length":
			n, err := strconv.ParseInt(f.Value, 10, 64)
			if err != nil || f.Value[0] < '0' || (m.ContentLength >= 0 && m.ContentLength != n) {
				return "invalid content-length " + strconv.Quote(f.Value)
			}
			m.ContentLength = n
		case "host":
			if request {
				hosts++
				// :authority wins; host stands in where it is missing (§8.3.1).
				if m.Authority == "" {
					m.Authority = f.Value
				}
			}
		}
	}
	if hosts > 1 {
		return "repeated host"
	}
	m.Fields = fields
	if hosts == 1 {
		m.Fields = make([]hpack.Field, 0, len(fields)-1)
		for _, f := range fields {
			if f.Name != "host" {
				m.Fields = append(m.Fields, f)
			}
		}
	}
	return ""
}

func checkField(f *hpack.Field) string {
	if !validName(f.Name) {
		return "invalid field name " + strconv.Quote(f.Name)
	}
	if !validOctets(f.Value) {
		return "invalid value of field " + f.Name
	}
	// Connection-specific fields, RFC 9113 §8.2.2.
	switch f.Name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		return "connection-specific field " + f.Name
	case "te":
		if !strings.EqualFold(f.Value, "trailers") {
			return "te other than trailers"
		}
	}
	return ""
}

// nameOctet marks what a field name may hold: the token characters of RFC 9110
// without upper case.
var nameOctet = [256]bool{
	'!': true, '#': true, '$': true, '%': true, '&': true, '\'': true, '*': true, '+': true, '-': true, '.': true,
	'^': true, '_': true, '`': true, '|': true, '~': true,
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true,
	'k': true, 'l': true, 'm': true, 'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true,
	'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true,
}

func validName(s string) bool {
	for i := range len(s) {
		if !nameOctet[s[i]] {
			return false
		}
	}
	return s != ""
}

// validValue: no NUL, CR or LF, and no surrounding white space (RFC 9113 §8.2.1).
func validValue(s string) bool {
	return s == "" || !isSpace(s[0]) && !isSpace(s[len(s)-1]) && validOctets(s)
}

// validOctets is validValue but for white space around the value, which regular
// fields may have although the standard forbids it: other gRPC stacks send
// status messages and metadata as their applications wrote them.
func validOctets(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == 0 || c == '\r' || c == '\n' {
			return false
		}
	}
	return true
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }
