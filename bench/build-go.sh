#!/bin/bash
# Builds the Go programs of the bench: bench/bin/<stack>-server and bench/bin/<stack>-client, and bench/bin/<stack>-web of
# a stack that serves the web's protocols by another program than the rest.
#
#   bench/build-go.sh [stack...]        only these stacks
set -euo pipefail
cd "$(dirname "$0")"
export GOWORK=off
mkdir -p bin
[ $# -gt 0 ] || set -- $(cd peers && for main in */server/main.go; do echo "${main%%/*}"; done)
for stack; do
	flags='-s -w'
	# What kitex parses JSON with links to unexported functions of encoding/json, which Go forbids unless told.
	[ "$stack" = kitex ] && flags="$flags -checklinkname=0"
	for program in server client web; do
		[ -e "peers/$stack/$program/main.go" ] || continue
		go build -C "peers/$stack" -trimpath -ldflags "$flags" -o "../../bin/$stack-$program" "./$program"
	done
done
