// Package testpb has the messages with which the codecs are tested: one shape in
// each API that protoc-gen-go generates (open, hybrid, opaque) and each edition.
//
// The .pb.go files are made from the .proto files beside them, with protoc 32 or
// later (the first to know edition 2024) and the protoc-gen-go of the protobuf
// version in go.mod:
//
//	protoc --go_out=. --go_opt=paths=source_relative codec/internal/testpb/*.proto
//
// run in the root of the module, with protobuf's own include directory on the path.
package testpb
