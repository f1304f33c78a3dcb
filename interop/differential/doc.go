// Package differential compares Curlew's HPACK and framing with those of
// golang.org/x/net/http2, under fuzzing: both are to take the same input for the same
// thing, and to refuse the same.
package differential
