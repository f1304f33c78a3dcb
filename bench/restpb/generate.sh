#!/bin/bash
# Generates the Go code of rest.proto that is kept in the repository: the messages in this package, with the methods
# that curlew's codec uses, in a package of its own what curlew serves it by, and beside grpc-gateway's server what that
# serves it by, messages included, for its code has to be in one package with theirs.
#
#   bench/restpb/generate.sh
set -euo pipefail
cd "$(dirname "$0")"
readonly gateway=../peers/grpcgateway/gatewaypb
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd ../../cmd/curlew && go build -o "$work" .)
curlew() { PATH=$work:$PATH "$work/curlew" generate "$@"; }
curlew

# With codec methods the stubs would be in this package too.
mkdir "$work/codec"
curlew --no-config -I . -I ../benchpb --plugin curlew --out "$work/codec" rest.proto
cp "$work/codec/rest_curlew_codec.pb.go" .

(
	cd "$work"
	export GOBIN=$work GOWORK=off
	go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
	go install github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway@v2.33.0
)
mkdir -p "$work/proto" "$gateway"
sed 's#^option go_package.*#option go_package = "github.com/curlew-rpc/curlew/bench/peers/grpcgateway/gatewaypb";#' rest.proto >"$work/proto/rest.proto"
cp ../benchpb/bench.proto "$work"
cat >"$work/curlew.yaml" <<END
version: 1
imports: [proto, .]
inputs: [proto]
outputs:
  - {plugin: go, out: out}
  - {plugin: go-grpc, out: out, options: {paths: source_relative}}
  - {plugin: grpc-gateway, out: out, options: {paths: source_relative}}
END
curlew --config "$work/curlew.yaml"
cp "$work"/out/*.go "$gateway"
