#!/usr/bin/env bash
# Measures resilience, of Curlew and of other stacks beside it, against the bars that
# Curlew is held to: bash interop/resilience/run.sh -short. Arguments are the program's
# flags; -help lists them.
#
# The last line is "N passed, N failed"; the exit code is 1 if anything failed.
set -euo pipefail
cd "$(dirname "$0")"

cache=${CURLEW_INTEROP_CACHE:-$(cd ../.. && pwd)/.cache/interop}
mkdir -p "$cache/bin"
go build -o "$cache/bin/resilience" .
exec "$cache/bin/resilience" "$@"
