#!/usr/bin/env bash
# Tests what browsers run: the package of web/ts by itself, the demonstration's page, and
# the official clients for Connect and gRPC-Web, in Chromium against "curlew demo".
#
# Each part ends with a line "NAME: N passed, N failed", and all with one of the sums;
# the exit code is 1 if anything failed. It needs Go, Node.js, npm and Chromium, at
# /usr/bin/chromium or $CHROMIUM. Logs and pictures of the page are kept in
# .cache/interop/browser in the repository, or $CURLEW_INTEROP_CACHE/browser.
#
# With the URL of a running demonstration as argument that one is called.
set -uo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
cache=${CURLEW_INTEROP_CACHE:-$root/.cache/interop}/browser
rm -rf "$cache/logs" "$cache/pictures"
mkdir -p "$cache/logs" "$cache/bin"

server=
trap '[ -z "$server" ] || kill "$server"' EXIT

passed=0 failed=0

# result NAME PASSED FAILED LOG says how a part ended, and why if it failed.
result() {
	printf '%s: %d passed, %d failed\n' "$1" "$2" "$3"
	if [ "$3" -gt 0 ] || [ "$2" -eq 0 ]; then
		grep -Ev '^(ok   | *✔)' "$4"
	fi
	passed=$((passed + $2)) failed=$((failed + $3))
}

# install DIRECTORY installs what a package needs, unless that has been done.
install() {
	local stamp=$root/$1/node_modules/.installed
	if cmp -s "$root/$1/package-lock.json" "$stamp"; then
		return 0
	fi
	npm ci --prefix "$root/$1" --ignore-scripts --no-audit --no-fund >"$cache/logs/install.log" 2>&1 &&
		cp "$root/$1/package-lock.json" "$stamp" && return 0
	result "installing $1" 0 1 "$cache/logs/install.log"
	return 1
}

# package checks the types of web/ts and runs its tests.
package() {
	local log=$cache/logs/package.log p f code
	install web/ts || return
	(cd "$root/web/ts" && npm run lint && npm test) >"$log" 2>&1
	code=$?
	p=$(sed -n 's/^ℹ pass //p' "$log")
	f=$(sed -n 's/^ℹ fail //p' "$log")
	if [ "$code" -ne 0 ] && [ "${f:-0}" -eq 0 ]; then
		f=1 # it did not come to its end
	fi
	result "web/ts" "${p:-0}" "${f:-0}" "$log"
}

# current checks that the page in the repository is what its sources make.
current() {
	local log=$cache/logs/page.log
	install examples/browser || return
	if sh "$root/examples/browser/check.sh" >"$log" 2>&1; then
		result "the page is current" 1 0 "$log"
	else
		result "the page is current" 0 1 "$log"
	fi
}

# start starts a demonstration and sets url to where it is.
start() {
	local log=$cache/logs/server.log
	if ! go build -C "$root" -o "$cache/bin/curlew" ./cmd/curlew >"$log" 2>&1; then
		result "building the server" 0 1 "$log"
		return 1
	fi
	rm -rf "$cache/orders"
	"$cache/bin/curlew" demo --addr 127.0.0.1:0 --data "$cache/orders" >"$log" 2>&1 &
	server=$!
	for _ in $(seq 300); do
		url=$(sed -n 's/^Serving the orders on \([^,]*\),.*/http:\/\/\1/p' "$log")
		if [ -n "$url" ]; then
			return 0
		fi
		sleep 0.1
	done
	result "no server within 30 seconds" 0 1 "$log"
	return 1
}

# browsers runs the cases in Chromium.
browsers() {
	local log=$cache/logs/chromium.log p f code
	install interop/browser || return
	if ! npm run build >"$log" 2>&1; then
		result "building the clients" 0 1 "$log"
		return
	fi
	timeout -k 5 600 node run.js "$url" "$cache/pictures" >"$log" 2>&1
	code=$?
	p=$(grep -c '^ok   ' "$log")
	f=$(grep -c '^FAIL ' "$log")
	if [ "$code" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1 # it did not come to its end
	fi
	result "Chromium" "$p" "$f" "$log"
}

package
current
url=${1:-}
if [ -n "$url" ] || start; then
	browsers
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
