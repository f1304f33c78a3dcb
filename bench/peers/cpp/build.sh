#!/bin/sh
# Builds the C++ gRPC peer into bench/bin. Exit code 3 says that something it builds with is missing.
set -eu
cd "$(dirname "$0")"

missing() {
	echo "cpp: $1" >&2
	exit 3
}
need() {
	command -v "$1" >/dev/null || missing "$1 is missing (Debian: $2)"
}
need g++ g++
need make make
need pkg-config pkg-config
need protoc protobuf-compiler
need grpc_cpp_plugin protobuf-compiler-grpc
pkg-config --exists grpc++ protobuf || missing "gRPC's C++ headers are missing (Debian: libgrpc++-dev libprotobuf-dev)"

make --silent
mkdir -p ../../bin
install build/server ../../bin/cpp-server
install build/client ../../bin/cpp-client
