package websocket

import (
	"crypto/sha1"
	"encoding/base64"
	"strings"
)

// Version is the value of Sec-WebSocket-Version.
const Version = "13"

// magic is appended to keys, §1.3.
const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Accept returns the value of Sec-WebSocket-Accept that answers a key.
func Accept(key string) string {
	// What the protocol wants of SHA-1 is no secrecy.
	sum := sha1.Sum([]byte(key + magic))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Key returns the value of Sec-WebSocket-Key for a nonce, which a client chooses at
// random for each connection.
func Key(nonce [16]byte) string { return base64.StdEncoding.EncodeToString(nonce[:]) }

// A HandshakeError is a refusal of an opening handshake. It must not be modified: errors
// are shared.
type HandshakeError struct {
	Status  int // HTTP status that a server answers with; 0 for a client
	Message string
}

// Error returns the message.
func (e *HandshakeError) Error() string { return "websocket: " + e.Message }

// A Request is what matters of a client's opening handshake. Fields that came several
// times are joined by commas.
type Request struct {
	Method     string
	Connection string
	Upgrade    string
	Version    string // Sec-WebSocket-Version
	Key        string // Sec-WebSocket-Key
}

var (
	errMethod     = &HandshakeError{405, "the method of a handshake is GET"}
	errConnection = &HandshakeError{400, "connection does not name upgrade"}
	errUpgrade    = &HandshakeError{426, "upgrade does not name websocket"}
	errVersion    = &HandshakeError{426, "sec-websocket-version is not " + Version}
	errKey        = &HandshakeError{400, "sec-websocket-key is not 16 bytes in base64"}
)

// IsUpgrade reports whether a request asks for WebSocket, be it well or badly: only then
// is [CheckUpgrade] to judge it.
func IsUpgrade(connection, upgrade string) bool {
	return hasToken(connection, "upgrade") && hasToken(upgrade, "websocket")
}

// CheckUpgrade judges a client's opening handshake (§4.2.1); that HTTP is 1.1 or later is
// for the caller to see, and Origin too. What is malformed is a [*HandshakeError]; with
// status 426 the response has to have the fields upgrade: websocket and
// sec-websocket-version: 13.
func CheckUpgrade(r *Request) error {
	switch {
	case r.Method != "GET":
		return errMethod
	case !hasToken(r.Upgrade, "websocket"):
		return errUpgrade
	case !hasToken(r.Connection, "upgrade"):
		return errConnection
	case trim(r.Version) != Version:
		return errVersion
	case !isKey(trim(r.Key)):
		return errKey
	}
	return nil
}

// isKey reports whether s is base64 of 16 bytes.
func isKey(s string) bool {
	var nonce [18]byte // what 24 characters stand for at most
	if len(s) != 24 || strings.ContainsAny(s, "\r\n") {
		return false
	}
	n, err := base64.StdEncoding.Decode(nonce[:], []byte(s))
	return err == nil && n == 16
}

// A Response is what matters of a server's answer to an opening handshake.
type Response struct {
	Status     int
	Connection string
	Upgrade    string
	Accept     string // Sec-WebSocket-Accept
	Protocol   string // Sec-WebSocket-Protocol, "" for none
	Extensions string // Sec-WebSocket-Extensions, "" for none
}

var (
	errStatus      = &HandshakeError{0, "the server does not switch to WebSocket"}
	errAccept      = &HandshakeError{0, "sec-websocket-accept does not answer the key"}
	errProtocol    = &HandshakeError{0, "the server has chosen a sub-protocol that was not offered"}
	errExtension   = &HandshakeError{0, "the server has chosen an extension that was not offered"}
	errNoUpgrade   = &HandshakeError{0, "the response's upgrade is not websocket"}
	errConnections = &HandshakeError{0, "the response's connection does not name upgrade"}
)

// CheckResponse judges a server's answer to the handshake with that key and that list of
// sub-protocols (§4.1). What a client has to fail the connection for is a
// [*HandshakeError].
func CheckResponse(r *Response, key, protocols string) error {
	switch {
	case r.Status != 101:
		return errStatus
	case !fold(trim(r.Upgrade), "websocket"):
		return errNoUpgrade
	case !hasToken(r.Connection, "upgrade"):
		return errConnections
	case trim(r.Accept) != Accept(key):
		return errAccept
	case trim(r.Extensions) != "":
		return errExtension
	case trim(r.Protocol) != "" && !Offers(protocols, trim(r.Protocol)):
		return errProtocol
	}
	return nil
}

// Offers reports whether the list of a Sec-WebSocket-Protocol field has name, whose
// letter case counts.
func Offers(protocols, name string) bool {
	return name != "" && has(protocols, func(element string) bool { return element == name })
}

// hasToken reports whether a comma-separated list has a token, in whatever letter case.
func hasToken(list, token string) bool {
	return has(list, func(element string) bool { return fold(element, token) })
}

func has(list string, is func(element string) bool) bool {
	for more := true; more; {
		var element string
		element, list, more = strings.Cut(list, ",")
		if is(trim(element)) {
			return true
		}
	}
	return false
}

func trim(s string) string { return strings.Trim(s, " \t") }

// fold compares ASCII text with what is in lower case. It is not strings.EqualFold, for
// which U+212A is a k.
func fold(s, low string) bool {
	if len(s) != len(low) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != low[i] {
			return false
		}
	}
	return true
}
