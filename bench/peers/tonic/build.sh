#!/bin/sh
# Builds the tonic peer into bench/bin. Exit code 3 says that something it builds with is missing.
set -eu
cd "$(dirname "$0")"

missing() {
	echo "tonic: $1" >&2
	exit 3
}
command -v cargo >/dev/null || missing "cargo is missing (rustup, Rust 1.88 or later)"
command -v protoc >/dev/null || missing "protoc is missing (Debian: protobuf-compiler)"
cargo fetch --locked --quiet || missing "the crates of Cargo.lock cannot be fetched"

cargo build --release --locked --quiet
mkdir -p ../../bin
install target/release/server ../../bin/tonic-server
install target/release/client ../../bin/tonic-client
