#!/usr/bin/env bash
# Runs every fuzzer of the workspace for a time, two at once, and says how many
# found something. Each has one worker, so two keep two cores busy. With a regular
# expression it runs those whose name or package matches, and the others for
# another time, if one is given.
#
#	fuzz.sh 30s [REGEXP [5s]]
set -euo pipefail
cd "$(dirname "$0")/../.."
time=${1:?usage: fuzz.sh TIME [REGEXP [TIME]]}
pattern=${2:-.}
rest=${3:-}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# `go test -list` prints a package's fuzzers and then the package.
fuzzers=$(go test -list '^Fuzz' github.com/curlew-rpc/curlew/... | awk '
	/^Fuzz/ { names[n++] = $1 }
	/^(ok|FAIL)[ \t]/ { for (i = 0; i < n; i++) print names[i], $2; n = 0 }' |
	PATTERN=$pattern awk -v time="$time" -v rest="$rest" '
		$0 ~ ENVIRON["PATTERN"] { print $0, time; next }
		rest != "" { print $0, rest }')
if [ -z "$fuzzers" ]; then
	echo "no fuzzer matches $pattern" >&2
	exit 1
fi

fuzz() {
	local name=$1 package=$2 time=$3 log=$logs/$1.${2//\//_}
	if go test -run='^$' -fuzz="^$name\$" -fuzztime="$time" -fuzzminimizetime=100x -parallel=1 "$package" >"$log" 2>&1; then
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
	printf '%-4s  %-20s %s  %s, %s\n' "$result" "$name" "${package#github.com/curlew-rpc/curlew/}" "$time" "$(grep -o 'execs: [0-9]*' "$log" | tail -n 1)"
}
export -f fuzz
export logs

xargs -P 2 -L 1 bash -c 'fuzz "$@"' fuzz <<<"$fuzzers"
passed=$(cat "$logs"/*.result | grep -c '^ok$' || true)
total=$(wc -l <<<"$fuzzers")
echo "$passed passed, $((total - passed)) failed"
[ "$passed" -eq "$total" ]
