#!/bin/bash
# Generates what kitex serves and calls bench.proto by, messages included: it has an encoding of its own.
set -euo pipefail
cd "$(dirname "$0")"
readonly version=v0.15.4 module=github.com/curlew-rpc/curlew/bench/peers/kitex
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOWORK=off GOFLAGS=-mod=mod
(
	cd "$work"
	go mod init generate
	go mod edit -require "github.com/cloudwego/kitex@$version"
	go build -o kitex github.com/cloudwego/kitex/tool/cmd/kitex
	go mod edit -module "$module" # kitex looks for the one that it generates for
) 2>/dev/null
sed "s#option go_package.*#option go_package = \"$module/kitexpb/benchpb\";#" ../../benchpb/bench.proto >"$work/bench.proto"
(cd "$work" && ./kitex -streamx -module "$module" -gen-path kitexpb -type protobuf -no-dependency-check -I . bench.proto)
rm -rf kitexpb
cp -r "$work/kitexpb" .
