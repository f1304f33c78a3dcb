// Package reflectionpb has the messages of grpc.reflection.v1, as wire and JSON
// have them and under their public names, but in no registry: a program may link
// another package with the same messages.
package reflectionpb

//go:generate go run github.com/curlew-rpc/curlew/internal/privatepb grpc/reflection/v1 reflection.proto
