#!/bin/bash
# Generates the Go code of bench.proto that is kept in the repository: the messages in this package, with the methods
# that curlew's codec uses, and in a package of its own what curlew and connect-go call and serve it by, so that no
# program links another stack's code.
#
#   bench/benchpb/generate.sh           needs protoc
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOBIN=$work GOWORK=off
(
	cd "$work"
	go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
	go install connectrpc.com/connect/v2/cmd/protoc-gen-connect-go@v2.0.2
)
(cd ../.. && go install ./cmd/protoc-gen-curlew)
PATH=$work:$PATH
protoc -I. \
	--go_out=. --go_opt=paths=source_relative \
	--curlew_out=. --curlew_opt=paths=source_relative,package_suffix=curlew \
	--connect-go_out=. --connect-go_opt=paths=source_relative \
	bench.proto
# With codec methods the stubs would be in this package too.
mkdir "$work/codec"
protoc -I. --curlew_out="$work/codec" --curlew_opt=paths=source_relative,codec=true bench.proto
cp "$work/codec/bench_curlew_codec.pb.go" .
