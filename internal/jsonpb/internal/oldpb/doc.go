// Package oldpb has messages with what is peculiar to proto2, for the tests of protobuf
// JSON.
package oldpb
