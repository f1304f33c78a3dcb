#!/bin/bash
# Runs every built client against every built server for a moment in every mode, in the clear and over TLS, and
# checks that all servers answer GetUser with the same bytes, and over the web's protocols with the same JSON.
# One line a pair, and one a server for the web: ok, or FAIL and why.
#
#   bench/peers/smoke.sh [stack...]     only these stacks, of those built into bench/bin
set -u
cd "$(dirname "$0")/../bin" || exit 1
modes="unary list import chat echo download upload"
work=$(mktemp -d)
server=
failures=0

stop() {
	[ -z "$server" ] && return
	kill "$server" 2>/dev/null
	wait "$server" 2>/dev/null
	server=
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAIL $*"
	failures=$((failures + 1))
}

# answers ADDR: something listens there.
answers() {
	(exec 3<>"/dev/tcp/${1%:*}/${1#*:}") 2>/dev/null
}

# start STACK [FLAG...]: starts a server on a port that was free, in $server and $addr.
start() {
	local stack=$1
	shift
	start_program "$stack-server" "$@"
}

# start_program PROGRAM [FLAG...]: starts a program likewise.
start_program() {
	local program=$1 tries
	shift
	addr=127.0.0.1:$((20000 + RANDOM % 10000))
	while answers "$addr"; do addr=127.0.0.1:$((20000 + RANDOM % 10000)); done
	"./$program" -addr "$addr" "$@" 2>"$work/server.err" &
	server=$!
	for ((tries = 0; tries < 200; tries++)); do
		answers "$addr" && return
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	fail "$program $*: does not listen: $(tail -1 "$work/server.err")"
	stop
	return 1
}

# measure CLIENT MODE TIME FLAG...: runs a client, whose lines go to $work/out.
measure() {
	local client=$1 mode=$2 time=$3 size=112 conns=2 inflight=8
	shift 3
	case $mode in
	echo | download | upload) size=1048576 conns=1 inflight=2 ;;
	esac
	timeout 30 "./$client-client" -addr "$addr" -mode "$mode" -conns $conns -inflight $inflight -size $size \
		-warmup 100ms -time "$time" "$@" >"$work/out" 2>"$work/err"
}

# problem CLIENT MODE FLAG...: runs a client and says what is wrong with what it did, or nothing.
problem() {
	local client=$1 mode=$2 time code
	shift 2
	# A virtual machine that has just started may not get to its first message in the first window.
	for time in 200ms 3s; do
		measure "$client" "$mode" $time "$@"
		code=$?
		grep -q '"messages":0,' "$work/out" || break
	done
	if [ $code != 0 ]; then
		echo "exit code $code: $(tail -1 "$work/err")"
		return
	fi
	case $(tr '\n' ' ' <"$work/out") in
	'{"event":"begin"} {"event":"end"'*'"messages":0,'*) echo "no messages" ;;
	'{"event":"begin"} {"event":"end"'*'"errors":0,'*) ;;
	*) echo "printed: $(<"$work/out")" ;;
	esac
	case $mode in
	unary | echo | chat) grep -qE '"p50_us":0(\.0*)?,' "$work/out" && echo "no round trips measured" ;;
	esac
}

# check CLIENT SERVER NAME FLAG...: all modes that the two have in common, one line.
check() {
	local client=$1 stack=$2 name=$3 mode bad
	shift 3
	for mode in $modes; do
		speaks "$client" "$stack" "$mode" || continue
		bad=$(problem "$client" "$mode" "$@")
		[ -n "$bad" ] && fail "$client-client to $stack-server, $name, $mode: $bad" && return
	done
	echo "ok   $client-client to $stack-server, $name"
}

# speaks CLIENT SERVER MODE: drpc has a wire of its own; the floor and net/http answer nothing but canned users; tonic's
# h2 gives up a connection when small DATA frames come faster than it reads them, and some send each message in one.
speaks() {
	case $1-$2-$3 in
	grpcgo-tonic-import | connectgo-tonic-import | kitex-tonic-import) return 1 ;;
	tonic-grpcgo-list | tonic-connectgo-list | tonic-kitex-list) return 1 ;;
	esac
	case $1-$2 in
	drpc-drpc) return 0 ;;
	drpc-* | *-drpc) return 1 ;;
	esac
	case $1-$2 in
	floor-* | nethttp-* | *-floor | *-nethttp) [ "$3" = unary ] ;;
	esac
}

# same_user SERVER: its answer to GetUser(1) is the one that the first server gave.
same_user() {
	printf '\0\0\0\0\2\10\1' | curl -s -m 10 --http2-prior-knowledge -H 'content-type: application/grpc' \
		-H 'te: trailers' --data-binary @- -o "$work/$1.user" "http://$addr/curlew.bench.v1.Bench/GetUser"
	[ -s "$work/$1.user" ] || fail "$1-server: no answer to GetUser"
	[ -e "$work/user" ] || cp "$work/$1.user" "$work/user"
	cmp -s "$work/user" "$work/$1.user" || fail "$1-server: another user than the first server's"
}

# same_json PROGRAM WHAT PATH [BODY]: its JSON is the one that the first program gave, but for spaces.
same_json() {
	local program=$1 what=$2 path=$3 body=()
	[ $# -gt 3 ] && body=(-H 'content-type: application/json' --data-binary "$4")
	curl -s -f -m 10 --http2-prior-knowledge "${body[@]}" "http://$addr$path" | tr -d ' ' >"$work/$program.json"
	[ -s "$work/$program.json" ] || { fail "$program: no answer to $what" && return 1; }
	[ -e "$work/$what.json" ] || cp "$work/$program.json" "$work/$what.json"
	cmp -s "$work/$what.json" "$work/$program.json" || { fail "$program: another answer to $what than the first program's" && return 1; }
}

# check_web PROGRAM PROTOCOL...: it answers over these.
check_web() {
	local program=$1 good=yes
	shift
	[ -x "./$program" ] || return
	start_program "$program" || return
	case $* in
	*connect*) same_json "$program" Connect /curlew.bench.v1.Bench/GetUser '{"id":"7"}' || good= ;;
	esac
	case $* in
	*rest*)
		same_json "$program" GET '/v1/users/7?locale=en-GB&with_tags=true' || good=
		same_json "$program" POST /v1/users '{"id":"7","name":"Ada","email":"a@example.com","bio":"-","tags":["math"]}' || good=
		;;
	esac
	[ -n "$good" ] && echo "ok   $program: $*"
	stop
}

stacks=$*
if [ -z "$stacks" ]; then
	for program in *-server; do stacks="$stacks ${program%-server}"; done
fi
tls=
if command -v openssl >/dev/null; then
	tls=yes
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
else
	echo "skip TLS: openssl is missing"
fi

for stack in $stacks; do
	case $stack in
	curlew) check_web curlew-web connect rest ;;
	connectgo) check_web connectgo-server connect ;;
	vanguard | grpcgateway)
		check_web "$stack-server" rest
		continue # which is all that it serves
		;;
	esac
	if start "$stack"; then
		[ "$stack" != drpc ] && command -v curl >/dev/null && same_user "$stack"
		for client in $stacks; do
			[ -x "./$client-client" ] && check "$client" "$stack" cleartext
		done
		stop
	fi
	# kitex serves in the clear only.
	if [ -n "$tls" ] && [ "$stack" != kitex ] && start "$stack" -cert "$work/cert.pem" -key "$work/key.pem"; then
		for client in $stacks; do
			[ -x "./$client-client" ] && check "$client" "$stack" TLS -ca "$work/cert.pem"
		done
		stop
	fi
done
[ $failures = 0 ]
