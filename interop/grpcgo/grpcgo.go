// Package grpcgo has nothing but tests: Curlew's servers against the clients of the
// reference stack in Go, and its clients against the reference servers.
package grpcgo
