#!/bin/bash
# Builds the Go programs of the bench: bench/bin/<stack>-server and bench/bin/<stack>-client.
#
#   bench/build-go.sh [stack...]        only these stacks
set -euo pipefail
cd "$(dirname "$0")"
export GOWORK=off
mkdir -p bin
[ $# -gt 0 ] || set -- $(cd peers && for main in */server/main.go; do echo "${main%%/*}"; done)
for stack; do
	for program in server client; do
		go build -trimpath -ldflags '-s -w' -o "bin/$stack-$program" "./peers/$stack/$program"
	done
done
