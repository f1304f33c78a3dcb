// Package connectgo tests Curlew's client against connectrpc.com/connect: by Connect,
// gRPC-Web and gRPC, over connections of Curlew's own and over those of net/http.
package connectgo
