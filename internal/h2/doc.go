// Package h2 is one HTTP/2 connection (RFC 9113), for either end.
//
// A connection's state is one struct under one mutex. One goroutine reads it:
// it parses frames in place, takes the mutex once a frame, and never waits for
// anything but the socket. Whoever has something to send appends frames to the
// connection's buffer and, when nobody is writing, writes all that is there.
// No write blocks its caller: what the socket does not take at once is left to
// a goroutine that lives as long as the socket is full.
//
// The package knows nothing of gRPC. A server's streams are embedded in what
// serves them, which an [Acceptor] makes; a client's in the calls that open them.
//
// A method whose name ends in OnReader runs on the reading goroutine only; one
// that ends in Locked needs the connection's mutex held; one that ends in
// Unlock needs it held and lets it go.
package h2
