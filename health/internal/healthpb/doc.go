// Package healthpb has the messages of grpc.health.v1, as wire and JSON have them
// and under their public names, but in no registry: a program may link another
// package with the same messages.
package healthpb

//go:generate go run github.com/curlew-rpc/curlew/internal/privatepb grpc/health/v1 health.proto
