#!/bin/sh
# Generates the Go code of the services that the interoperability tests use. It
# needs protoc.
set -eu
cd "$(dirname "$0")/.."
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
PATH=$bin:$PATH
go build -o "$bin/" ../cmd/protoc-gen-curlew google.golang.org/protobuf/cmd/protoc-gen-go ./cmd/fixtures
GOBIN=$bin go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2

module=github.com/curlew-rpc/curlew/interop
protoc -Iproto --go_out=. --go-grpc_out=. --curlew_out=. \
	--go_opt=module=$module --go-grpc_opt=module=$module --curlew_opt=module=$module,package_suffix=curlew \
	curlew/interop/v1/peer.proto curlew/interop/v1/work.proto

# The messages of the field's own services are in the reference stack's module.
fixtures "$bin"
messages=google.golang.org/grpc/interop/grpc_testing
map=
for f in test messages empty; do
	map="$map,Mgrpc/testing/$f.proto=$messages;test"
done
protoc --descriptor_set_in="$bin/services.binpb" --curlew_out=internal \
	--curlew_opt="module=$messages,package_suffix=curlew$map" grpc/testing/test.proto
