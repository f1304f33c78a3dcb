// Package testpb has the messages with which transcoding is tested: every kind of field,
// and the examples of google/api/http.proto.
//
// test.pb.go is made from test.proto, with the protoc-gen-go of the protobuf version in
// go.mod:
//
//	protoc --go_out=. --go_opt=paths=source_relative web/internal/transcode/internal/testpb/test.proto
//
// run in the root of the module.
package testpb
