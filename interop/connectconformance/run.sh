#!/usr/bin/env bash
# Runs the Connect project's conformance suite against Curlew: its clients against our
# server, our client against its servers, the same with net/http making all requests
# (borrowed), and our client against our server.
#
#     run.sh [-all] [-race] [server|client|borrowed|both]...
#
# What is tested is said by config.yaml, which takes about a minute, or with -all by
# config-all.yaml, which leaves nothing out. Every case must pass: there is no list of
# known failures. Each mode ends with a line "MODE: N passed, N failed", and all with one
# of the sums; the exit code is 1 if anything failed. -race builds our programs with the
# race detector. Logs go to .cache/interop/logs in the repository, or below
# $CURLEW_INTEROP_CACHE.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

cache=${CURLEW_INTEROP_CACHE:-$(cd .. && pwd)/.cache/interop}
bin=$cache/bin
ours=$bin/connectconformance-under-test
logs=$cache/logs
limit=600 # seconds that a mode may take

race=() conf=config.yaml
while [[ ${1:-} == -* ]]; do
	case $1 in
	-all) conf=config-all.yaml ;;
	-race) race=(-race) ;;
	*)
		echo "there is no option $1; there are -all and -race" >&2
		exit 2
		;;
	esac
	shift
done
modes=("$@")
if [ ${#modes[@]} -eq 0 ]; then
	modes=(server client borrowed both)
fi
mkdir -p "$bin" "$ours" "$logs"
GOWORK=off go build -C suites -o "$bin/" connectrpc.com/conformance/cmd/connectconformance
go build "${race[@]}" -o "$ours/" ./connectconformance/server ./connectconformance/client

# under MODE prints the programs under test, as the runner is told of them.
under() {
	case $1 in
	server) printf '%s\n' "$ours/server" ;;
	client) printf '%s\n' "$ours/client" ;;
	borrowed) printf '%s\n' "$ours/client" -borrowed ;;
	both) printf '%s\n' "$ours/client" ---- "$ours/server" ;;
	*)
		echo "there is no mode $1; there are server, client, borrowed and both" >&2
		exit 2
		;;
	esac
}

status=0 all_passed=0 all_failed=0
for mode in "${modes[@]}"; do
	programs=$(under "$mode")
	mapfile -t programs <<<"$programs"
	log=$logs/connectconformance-$mode.log
	start=$SECONDS code=0 suite=$mode
	if [ "$mode" = borrowed ]; then
		suite=client
	fi
	GORACE=halt_on_error=1 timeout -k 5 "$limit" "$bin/connectconformance" --mode "$suite" \
		--conf "connectconformance/$conf" -- "${programs[@]}" >"$log" 2>&1 || code=$?
	read -r passed failed < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" | tail -n 1) || true
	passed=${passed:-0} failed=${failed:-0}
	if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ] || [ $((passed + failed)) -eq 0 ]; then
		failed=$((failed + 1)) # it did not come to its end
	fi
	if [ "$failed" -gt 0 ]; then
		echo "exit code $code:"
		grep -v '^time=' "$log" || true
		status=1
	fi
	echo "$mode: $passed passed, $failed failed ($((SECONDS - start)) s)"
	all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed))
done
echo "$all_passed passed, $all_failed failed"
exit $status
