#!/usr/bin/env bash
# Runs the suites of interoperability, go, python, node and tools, or those named;
# h2spec is one more, for conformance to HTTP/2.
#
# Each ends with a line "NAME: N passed, N failed", and all with one of the sums; the
# exit code is 1 if anything failed. What they need of other languages' packages is installed into
# .cache/interop in the repository, or $CURLEW_INTEROP_CACHE, where logs go too.
set -uo pipefail
cd "$(dirname "$0")"

cache=${CURLEW_INTEROP_CACHE:-$(cd .. && pwd)/.cache/interop}
bin=$cache/bin
fixtures=$cache/fixtures
logs=$cache/logs
export PROTOSET=$fixtures/services.binpb
export PYTHONPYCACHEPREFIX=$cache/pycache
limit=120 # seconds that one client's cases may take

running= # the server under way
trap stop EXIT

# start NAME COMMAND... starts a server and sets address to where it listens.
start() {
	local log=$logs/$1.log
	shift
	"$@" >"$log" 2>&1 &
	running=$!
	for _ in $(seq 300); do
		address=$(sed -n 's/^listening on //p' "$log")
		if [ -n "$address" ]; then
			return 0
		fi
		sleep 0.1
	done
	echo "no server within 30 seconds: $*"
	cat "$log"
	failed=$((failed + 1))
	stop
	return 1
}

stop() {
	if [ -n "$running" ]; then
		kill "$running" 2>/dev/null
		wait "$running" 2>/dev/null
		running=
	fi
}

# cases NAME COMMAND... runs a client, which tells "ok" or "FAIL" of each case, and
# counts them.
cases() {
	local name=$1 log=$logs/$1.log code p f
	shift
	timeout -k 5 "$limit" "$@" >"$log" 2>&1
	code=$?
	p=$(grep -c '^ok   ' "$log")
	f=$(grep -c '^FAIL ' "$log")
	if [ "$code" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1 # it did not come to its end
	fi
	printf '%-44s %3d passed, %d failed\n' "$name" "$p" "$f"
	if [ "$f" -gt 0 ]; then
		echo "exit code $code:"
		grep -v '^ok   ' "$log"
	fi
	passed=$((passed + p))
	failed=$((failed + f))
}

# check NAME PATTERN COMMAND... checks that a command succeeds and prints a line
# that matches.
check() {
	local name=$1 pattern=$2 log
	shift 2
	log=$logs/$name.log
	if timeout -k 5 60 "$@" >"$log" 2>&1 && grep -Eq -- "$pattern" "$log"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $name: $*, want a line like $pattern"
		cat "$log"
	fi
}

# have COMMAND... counts a failure if one of them is missing.
have() {
	local c
	for c; do
		if ! command -v "$c" >/dev/null; then
			echo "FAIL $c is not installed"
			failed=$((failed + 1))
			return 1
		fi
	done
}

# once STAMP FILE COMMAND... runs an installation if it has not been run for FILE
# as it is now.
once() {
	local stamp=$cache/$1 file=$2
	shift 2
	if cmp -s "$file" "$stamp"; then
		return 0
	fi
	if "$@" >"$logs/install.log" 2>&1; then
		cp "$file" "$stamp"
		return 0
	fi
	echo "FAIL installing: $*"
	cat "$logs/install.log"
	failed=$((failed + 1))
	return 1
}

# both LANGUAGE CLIENT SERVER SKIPPED OPTIONS... calls our server with another
# stack's client, and its server with our client, over cleartext and TLS. CLIENT and
# SERVER are command lines.
both() {
	local language=$1 client=$2 server=$3 skip=$4
	shift 4
	if start "$language-client-server" "$bin/server" -port 0; then
		cases "$language client, cleartext" $client "$address"
		stop
	fi
	if start "$language-client-tls-server" "$bin/server" -port 0 -use_tls \
		-tls_cert_file "$fixtures/server.pem" -tls_key_file "$fixtures/server.key"; then
		cases "$language client, TLS" $client "localhost:${address##*:}" "$fixtures/ca.pem"
		stop
	fi
	local ours=("$bin/client" -server_host 127.0.0.1 -test_case all -skip "$skip" -case_timeout 30s "$@")
	if start "$language-server" $server; then
		cases "$language server, cleartext" "${ours[@]}" -server_port "${address##*:}"
		stop
	fi
	if start "$language-server-tls" $server "$fixtures/server.pem" "$fixtures/server.key"; then
		cases "$language server, TLS" "${ours[@]}" -server_port "${address##*:}" -use_tls -ca_file "$fixtures/ca.pem"
		stop
	fi
}

suite_go() {
	local log=$logs/go.log
	go test -count=1 -timeout 5m -v $(go list ./... | grep -Ev "/(hostile|faults|soak)(/|$)") >"$log" 2>&1
	local code=$?
	# Of nested tests, each stands for itself; those above them only for the rest.
	passed=$(grep -Ec '^ *--- PASS: ' "$log")
	failed=$(grep -Ec '^ *--- FAIL: ' "$log")
	if [ "$code" -ne 0 ]; then
		if [ "$failed" -eq 0 ]; then
			failed=1
		fi
		grep -Ev '^ *(=== |--- PASS|ok |\?)|soak|^\[|^---*$' "$log"
	fi
}

# The Python stack is the one in C. Its servers are not told whether a request was
# compressed.
suite_python() {
	have python3 || return
	once python.txt python/requirements.txt install_python || return
	both python "$cache/python/bin/python python/client.py" "$cache/python/bin/python python/server.py" \
		client_compressed_unary,client_compressed_streaming
}

install_python() {
	rm -rf "$cache/python"
	python3 -m venv "$cache/python" && "$cache/python/bin/pip" install --disable-pip-version-check -r python/requirements.txt
}

# Node's servers do not compress either, and its HTTP/2 makes one value of repeated
# metadata.
suite_node() {
	have node npm || return
	if [ ! -d node/node_modules ]; then
		rm -f "$cache/node.json"
	fi
	once node.json node/package-lock.json install_node || return
	both node "node node/client.js" "node node/server.js" \
		client_compressed_unary,server_compressed_unary,client_compressed_streaming,server_compressed_streaming \
		-joins_metadata
}

install_node() {
	npm ci --prefix node --ignore-scripts --no-audit --no-fund
}

suite_tools() {
	echo 'grpcurl v1.9.4, grpc-health-probe v0.4.61' >"$cache/tools.want"
	once tools.txt "$cache/tools.want" install_tools || return
	if start tools-server "$bin/server" -port 0; then
		tools_of cleartext "$address" -plaintext
		http2_tools "$address"
		stop
	fi
	if start tools-server-tls "$bin/server" -port 0 -use_tls \
		-tls_cert_file "$fixtures/server.pem" -tls_key_file "$fixtures/server.key"; then
		tools_of tls "localhost:${address##*:}" -cacert "$fixtures/ca.pem"
		stop
	fi
}

install_tools() {
	# Outside of the workspace these are built as their own modules say.
	(cd "$cache" && export GOBIN=$bin GOWORK=off &&
		go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4 &&
		go install github.com/grpc-ecosystem/grpc-health-probe@v0.4.61)
}

tools_of() {
	local name=$1 address=$2
	shift 2
	local curl=("$bin/grpcurl" "$@" -max-time 20)
	check "grpcurl-list-$name" '^grpc\.testing\.TestService$' "${curl[@]}" "$address" list
	check "grpcurl-list-health-$name" '^grpc\.health\.v1\.Health$' "${curl[@]}" "$address" list
	check "grpcurl-list-methods-$name" '^curlew\.interop\.v1\.PeerService\.Bidi$' "${curl[@]}" "$address" list curlew.interop.v1.PeerService
	check "grpcurl-describe-service-$name" 'rpc ServerStream \( \.curlew\.interop\.v1\.Request \) returns \( stream ' "${curl[@]}" "$address" describe curlew.interop.v1.PeerService
	check "grpcurl-describe-message-$name" 'repeated \.google\.protobuf\.Any details = 3;' "${curl[@]}" "$address" describe curlew.interop.v1.Failure
	check "grpcurl-unary-$name" '"requestBytes": "3"' "${curl[@]}" -d '{"payload":"YWJj"}' "$address" curlew.interop.v1.PeerService/Unary
	check "grpcurl-server-stream-$name" '"payload": "AAECAw=="' "${curl[@]}" -d '{"response_size":4,"responses":3}' "$address" curlew.interop.v1.PeerService/ServerStream
	check "grpcurl-client-stream-$name" '"requests": 2' "${curl[@]}" -d '{"payload":"YWJj"}{"payload":"YWJj"}' "$address" curlew.interop.v1.PeerService/ClientStream
	check "grpcurl-bidi-$name" '"requests": 2' "${curl[@]}" -d '{"responses":1}{"responses":1}' "$address" curlew.interop.v1.PeerService/Bidi
	check "grpcurl-metadata-$name" '^tx-a: b$' "${curl[@]}" -v -H 'x-a: b' "$address" curlew.interop.v1.PeerService/Unary
	check "grpcurl-protoset-$name" '"requests": 1' "${curl[@]}" -use-reflection=false -protoset "$PROTOSET" "$address" curlew.interop.v1.PeerService/Unary
	check "grpcurl-error-$name" 'Code: NotFound' \
		sh -c '! "$@"' sh "${curl[@]}" -d '{"failure":{"code":5,"message":"none"}}' "$address" curlew.interop.v1.PeerService/Unary
	local probe=("$bin/grpc-health-probe" -addr "$address" -connect-timeout 10s -rpc-timeout 10s)
	if [ "$name" = tls ]; then
		probe+=(-tls -tls-ca-cert "$fixtures/ca.pem")
	fi
	check "health-probe-$name" 'status: SERVING' "${probe[@]}"
	check "health-probe-service-$name" 'status: SERVING' "${probe[@]}" -service grpc.testing.TestService
	check "health-probe-unknown-$name" 'unknown service' sh -c '! "$@"' sh "${probe[@]}" -service no.Such
}

# http2_tools has HTTP/2 clients that know nothing of gRPC call the server.
http2_tools() {
	local url=http://$1/grpc.testing.TestService/EmptyCall
	if ! command -v h2load nghttp >/dev/null; then
		echo "h2load and nghttp are not installed: left out"
		return
	fi
	printf '\0\0\0\0\0' >"$fixtures/empty.grpc"
	local header=(-H 'content-type: application/grpc' -H 'te: trailers')
	check h2load '^requests: 20000 total, 20000 started, 20000 done, 20000 succeeded, 0 failed' \
		h2load -n 20000 -c 10 -m 20 -d "$fixtures/empty.grpc" "${header[@]}" "$url"
	check nghttp 'grpc-status: 0' nghttp -v -d "$fixtures/empty.grpc" "${header[@]}" "$url"
	check nghttp-get ':status: 405' nghttp -v "${header[@]}" "$url"
	check nghttp-media-type ':status: 415' nghttp -v -d "$fixtures/empty.grpc" -H 'content-type: text/plain' "$url"
}

# suite_h2spec runs h2spec against our server and h2specd against our client, all
# their cases, those for what is only recommended too.
suite_h2spec() {
	if ! GOWORK=off go build -C suites -o "$bin/" github.com/summerwind/h2spec/cmd/h2spec github.com/summerwind/h2spec/cmd/h2specd ||
		! go build -o "$bin/h2spec-client" ./h2spec; then
		echo "FAIL building h2spec"
		failed=$((failed + 1))
		return
	fi
	local cert=(-c "$fixtures/server.pem" -k "$fixtures/server.key")
	if start h2spec-server "$bin/server" -port 0; then
		spec "h2spec, cleartext" "$bin/h2spec" -S -h 127.0.0.1 -p "${address##*:}"
		stop
	fi
	if start h2spec-server-tls "$bin/server" -port 0 -use_tls \
		-tls_cert_file "$fixtures/server.pem" -tls_key_file "$fixtures/server.key"; then
		spec "h2spec, TLS" "$bin/h2spec" -S -t -k -h 127.0.0.1 -p "${address##*:}"
		stop
	fi
	# It listens on a port for each case.
	local daemon=("$bin/h2specd" -S -h 127.0.0.1 -f 28500 -o 1 -e "$bin/h2spec-client")
	spec "h2specd, cleartext" "${daemon[@]}"
	spec "h2specd, TLS" "${daemon[@]}" -t "${cert[@]}"
}

# spec NAME COMMAND... runs one of them, and counts the cases by what it says at last.
spec() {
	local name=$1 log=$logs/${1//[ ,]/-}.log p total
	shift
	# The daemon says without end that it has closed its listeners.
	timeout -k 5 "$limit" "$@" 2>&1 | grep -av 'use of closed network connection' >"$log"
	read -r total p < <(sed -n 's/^\([0-9]*\) tests, \([0-9]*\) passed, .*/\1 \2/p' "$log")
	if [ -z "${total:-}" ]; then
		total=1 p=0 # it did not come to its end
	fi
	printf '%-44s %3d passed, %d failed\n' "$name" "$p" $((total - p))
	if [ "$p" -lt "$total" ]; then
		cat "$log"
	fi
	passed=$((passed + p))
	failed=$((failed + total - p))
}

suites=("$@")
if [ ${#suites[@]} -eq 0 ]; then
	suites=(go python node tools)
fi
mkdir -p "$bin" "$fixtures" "$logs"
go build -o "$bin/" ./cmd/... && "$bin/fixtures" "$fixtures" || exit 1
status=0 all_passed=0 all_failed=0
for suite in "${suites[@]}"; do
	case $suite in
	go | python | node | tools | h2spec) ;;
	*)
		echo "there is no suite $suite; there are go, python, node, tools and h2spec" >&2
		exit 2
		;;
	esac
	passed=0 failed=0
	"suite_$suite"
	echo "$suite: $passed passed, $failed failed"
	if [ "$failed" -gt 0 ] || [ "$passed" -eq 0 ]; then
		status=1
	fi
	all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed))
done
echo "$all_passed passed, $all_failed failed"
exit $status
