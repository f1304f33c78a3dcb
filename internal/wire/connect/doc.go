// Package connect holds the rules of the Connect protocol that need neither a
// connection nor a clock: content types, timeouts, errors and the message that ends
// a stream in JSON, envelopes, metadata and GET requests. What it shares with gRPC,
// such as codes and binary metadata, is that of package grpc.
//
// Every function is pure and safe for concurrent use. What a peer sent never makes
// one panic. Parsers that refuse something return a [*grpc.Error] that carries the
// status the call ends with.
//
// The document meant by the comments is https://connectrpc.com/docs/protocol.
package connect
