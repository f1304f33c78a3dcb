// Package webclient is a client's end of calls by Connect, gRPC-Web and, through the
// connections of others, gRPC: the attempts (attempt.go, unary.go, stream.go), over
// whatever carries an HTTP request, and such a carrier for an http.RoundTripper
// (roundtrip.go).
package webclient
