// Package grpc holds the rules of the gRPC wire protocol over HTTP/2 that need
// neither a connection nor a clock: status codes and messages, timeouts, content
// types, paths, metadata, length-prefixed messages and compression lists.
//
// Every function is pure and safe for concurrent use. What a peer sent never
// makes one panic. Parsers that refuse something return an [*Error] that carries
// the status the call ends with.
//
// The documents meant by the comments are those of github.com/grpc/grpc/doc
// (PROTOCOL-HTTP2, statuscodes, compression, http-grpc-status-mapping) and the
// proposals of github.com/grpc/proposal (A6, ...).
package grpc
