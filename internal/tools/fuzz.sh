#!/usr/bin/env bash
# Runs every fuzzer of the workspace for a time, two at once, and says how many
# found something. Each has one worker, so two keep two cores busy.
#
#	fuzz.sh 30s [REGEXP]
set -euo pipefail
cd "$(dirname "$0")/../.."
time=${1:?usage: fuzz.sh TIME [REGEXP]}
pattern=${2:-.}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# `go test -list` prints a package's fuzzers and then the package.
fuzzers=$(go test -list '^Fuzz' github.com/curlew-rpc/curlew/... | awk '
	/^Fuzz/ { names[n++] = $1 }
	/^(ok|FAIL)[ \t]/ { for (i = 0; i < n; i++) print names[i], $2; n = 0 }' | grep -E "$pattern" || true)
if [ -z "$fuzzers" ]; then
	echo "no fuzzer matches $pattern" >&2
	exit 1
fi

fuzz() {
	local name=$1 package=$2 log=$logs/$1.${2//\//_}
	if go test -run='^$' -fuzz="^$name\$" -fuzztime="$time" -parallel=1 "$package" >"$log" 2>&1; then
		result=ok
	# A worker that is busy when the time is up can fail a run that found nothing
	# (go.dev/issue/75804, until Go 1.27). What finds something writes it down.
	elif grep -q '^ *context deadline exceeded$' "$log" && ! grep -q 'Failing input written' "$log"; then
		result=ok
	else
		result=FAIL
		cat "$log"
	fi
	echo "$result" >"$log.result"
	printf '%-4s  %-22s %s  %s\n' "$result" "$name" "$package" "$(grep -o 'execs: [0-9]*' "$log" | tail -n 1)"
}
export -f fuzz
export logs time

xargs -P 2 -L 1 bash -c 'fuzz "$@"' fuzz <<<"$fuzzers"
passed=$(cat "$logs"/*.result | grep -c '^ok$' || true)
total=$(wc -l <<<"$fuzzers")
echo "$passed passed, $((total - passed)) failed"
[ "$passed" -eq "$total" ]
