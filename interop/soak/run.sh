#!/usr/bin/env bash
# Has clients call a server for a time, 2m if none is said, and checks that nothing
# grows: bash interop/soak/run.sh 30m. Further arguments are the program's flags.
#
# The last line is "N passed, N failed"; the exit code is 1 if anything failed.
set -euo pipefail
cd "$(dirname "$0")"

cache=${CURLEW_INTEROP_CACHE:-$(cd ../.. && pwd)/.cache/interop}
mkdir -p "$cache/bin"
go build -o "$cache/bin/soak" .
exec "$cache/bin/soak" -duration "${1:-2m}" "${@:2}"
