// Package orcapb has the messages and the service of xds.data.orca.v3 and
// xds.service.orca.v3, as wire and JSON have them and under their public names, but in
// no registry: a program may link another package with the same messages.
package orcapb

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/durationpb"
)

//go:generate go run github.com/curlew-rpc/curlew/internal/privatepb xds/data/orca/v3 orca_load_report.proto
//go:generate go run github.com/curlew-rpc/curlew/internal/privatepb xds/service/orca/v3 orca.proto xds/data/orca/v3/orca_load_report.proto

// imports returns a registry of what orca.proto imports.
func imports() *protoregistry.Files {
	files := new(protoregistry.Files)
	for _, f := range []protoreflect.FileDescriptor{
		durationpb.File_google_protobuf_duration_proto,
		File_xds_data_orca_v3_orca_load_report_proto,
	} {
		if err := files.RegisterFile(f); err != nil {
			panic(fmt.Sprintf("orcapb: %v", err)) // their names differ
		}
	}
	return files
}
