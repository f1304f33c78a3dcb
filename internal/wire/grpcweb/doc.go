// Package grpcweb holds the rules by which gRPC-Web differs from gRPC: content types,
// the frame that carries the trailers in the body, and bodies in base64. The rest is
// that of package grpc.
//
// Every function is pure and safe for concurrent use; a [TextDecoder] belongs to one
// body. What a peer sent never makes one panic. Parsers that refuse something return a
// [*grpc.Error] that carries the status the call ends with.
//
// The document meant by the comments is doc/PROTOCOL-WEB.md of github.com/grpc/grpc.
package grpcweb
