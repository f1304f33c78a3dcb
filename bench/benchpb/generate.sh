#!/bin/bash
# Generates the Go code of bench.proto that is kept in the repository: the messages in this package, and in a package
# of its own what curlew and connect-go call and serve it by, so that no program links another stack's code.
#
#   bench/benchpb/generate.sh           needs protoc
set -euo pipefail
cd "$(dirname "$0")"
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
export GOBIN=$tools GOWORK=off GOFLAGS=-mod=mod
(
	cd "$tools"
	go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
	go install connectrpc.com/connect/v2/cmd/protoc-gen-connect-go@v2.0.2
)
(cd ../.. && GOFLAGS= go install ./cmd/protoc-gen-curlew)
PATH=$tools:$PATH protoc -I. \
	--go_out=. --go_opt=paths=source_relative \
	--curlew_out=. --curlew_opt=paths=source_relative,package_suffix=curlew \
	--connect-go_out=. --connect-go_opt=paths=source_relative \
	bench.proto
