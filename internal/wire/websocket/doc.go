// Package websocket holds the rules of the WebSocket protocol (RFC 6455), for servers
// and clients, that need neither a connection nor a clock: the opening handshake,
// frames and their masks, closing, and messages made of fragments. There are no
// extensions.
//
// Every function is pure and safe for concurrent use; an [Assembler] belongs to one
// connection. What a peer sent never makes one panic. Parsers that refuse something
// return an [*Error] that carries the code the connection is closed with, or a
// [*HandshakeError].
package websocket
