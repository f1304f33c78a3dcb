// Protoset writes a FileDescriptorSet of the services that the interoperability
// tests call, with all that they import. Clients and servers in other languages
// and command-line tools load it, so that no copy of the .proto files is kept
// here.
//
//	protoset FILE
package main

import (
	"fmt"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: protoset FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "protoset:", err)
		os.Exit(1)
	}
}

func write(path string) error {
	var set descriptorpb.FileDescriptorSet
	seen := make(map[string]bool)
	add(&set, seen, testpb.File_grpc_testing_test_proto)
	add(&set, seen, peerpb.File_curlew_interop_v1_peer_proto)
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(&set)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// add appends f behind the files that it imports.
func add(set *descriptorpb.FileDescriptorSet, seen map[string]bool, f protoreflect.FileDescriptor) {
	if seen[f.Path()] {
		return
	}
	seen[f.Path()] = true
	for i := range f.Imports().Len() {
		add(set, seen, f.Imports().Get(i).FileDescriptor)
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
}
