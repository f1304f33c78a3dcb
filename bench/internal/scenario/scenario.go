// Package scenario has what is measured: who is started, how it is loaded, and
// what is read.
package scenario

import (
	"context"
	"fmt"
	"time"
)

// Metrics of samples. A ratio of CPU times is a ratio of costs; less is better of
// all but what is a second or a CPU second.
const (
	ServerCPU      = "server CPU" // microseconds a call or message
	ClientCPU      = "client CPU" // microseconds a call or message
	PerSecond      = "a second"   // calls or messages
	P50            = "p50"        // microseconds
	P99            = "p99"        // microseconds
	P999           = "p99.9"      // microseconds
	ServerBytes    = "server bytes"
	ClientBytes    = "client bytes" // bytes a second of CPU time
	BytesPerSecond = "bytes a second"
	IdleConn       = "idle connection" // bytes
	CalledConn     = "after a call"    // bytes
	IdleStream     = "idle stream"     // bytes
	KernelConn     = "kernel"          // bytes for each end of an idle connection
	Size           = "size"            // bytes
	StartUp        = "start-up"        // microseconds
)

// Metrics returns all metrics in the order of the reports.
func Metrics() []string {
	return []string{
		ServerCPU, ClientCPU, ServerBytes, ClientBytes, BytesPerSecond, PerSecond, P50, P99, P999,
		IdleConn, CalledConn, IdleStream, KernelConn, Size, StartUp,
	}
}

// metrics are the values of one sample by their names.
type metrics map[string]float64

// Subject is a stack, or a variation of one.
type Subject struct {
	Stack
	Name string
	args []string // further arguments of the server
	at   int      // the amount of work, of a curve
}

// can tells whether a stack can be measured at all of that.
func (s Stack) can(f feature) bool { return s.has&f == f }

// sampler takes samples of one subject.
type sampler interface {
	sample(ctx context.Context, round int) (metrics, error)
	close()
}

// Scenario is one way to load all stacks.
type Scenario struct {
	Name  string
	Title string
	How   string // the commands, for readers
	quick bool   // a bar needs it
	// only names the stacks; without it all are meant.
	only []string
	// fits tells whether it can be asked of a stack.
	fits func(Stack) bool
	// vary makes variations of a stack.
	vary func(Stack) []Subject
	// rounds is how many rounds suffice, and in a quick run two; 0 is as many as
	// the run has.
	rounds int
	// atLeast is how many rounds it takes to tell what it is to tell, however few
	// the run has; 0 is as many as the run has.
	atLeast int
	prepare func(ctx context.Context, e *Env, subject Subject) (sampler, error)
}

const (
	large        = 1 << 20
	small        = 112
	callDeadline = time.Second
	chatStreams  = 32
)

const (
	h2loadCommand = "taskset -c 1 env GOMAXPROCS=1 bin/STACK-server -addr ADDR; taskset -c 0 h2load -c %d -m %d -n N -H 'content-type: application/grpc' -H 'te: trailers' -d REQUEST http://ADDR/curlew.bench.v1.Bench/GetUser"
	pairCommand   = "taskset -c 1 env GOMAXPROCS=1 bin/STACK-server -addr ADDR; taskset -c 0 env GOMAXPROCS=1 bin/STACK-client -addr ADDR -mode %s -conns %d -inflight %d -size %d -warmup W -time T"
	clientCommand = "taskset -c 0 env GOMAXPROCS=1 bin/floor-server -addr ADDR; taskset -c 1 env GOMAXPROCS=1 bin/STACK-client -addr ADDR -mode unary -conns 1 -inflight %d -warmup W -time T"
)

// All returns all scenarios in the order in which they are run.
func All() []Scenario {
	var all []Scenario
	all = append(all, servers()...)
	all = append(all, web()...)
	all = append(all, clients()...)
	all = append(all, pairs()...)
	all = append(all, footprints()...)
	all = append(all, curves()...)
	return all
}

func servesUnary(s Stack) bool { return s.Server != "" && (s.can(h2unary) || s.can(ownClient)) }

func servesH2(s Stack) bool { return s.Server != "" && s.can(h2unary) }

func callsAny(s Stack) bool { return s.Client != "" && s.can(anyServer) }

func callsOwn(s Stack) bool { return s.Server != "" && s.Client != "" && s.can(ownClient) }

func hasStreams(s Stack) bool { return callsOwn(s) && s.can(streams) }

func servers() []Scenario {
	unary := func(conns, streams int, quick bool) Scenario {
		return Scenario{
			Name:  fmt.Sprintf("server-unary-%dx%d", conns, streams),
			Title: fmt.Sprintf("Server, unary, %d connections x %d calls in flight", conns, streams),
			How:   fmt.Sprintf(h2loadCommand, conns, streams),
			quick: quick, fits: servesUnary,
			prepare: serverUnary(conns, streams, alone, false),
		}
	}
	return []Scenario{
		unary(50, 20, true),
		unary(1, 100, true),
		unary(1, 32, false),
		unary(1, 1, true),
		{
			Name: Both, Title: "Server, unary, 50 x 20, both cores free",
			How:   "env GOMAXPROCS=2 bin/STACK-server -addr ADDR; h2load -c 50 -m 20 -n N ... (nothing pinned)",
			quick: true, fits: servesUnary, only: nil,
			prepare: serverUnary(50, 20, serving{core: anyCore, threads: 2}, false),
		},
		{
			Name: TLS, Title: "Server, unary, 50 x 20, TLS 1.3 with ECDSA P-256",
			How:   "bin/STACK-server -addr ADDR -cert CERT -key KEY; h2load -c 50 -m 20 -n N ... https://ADDR/...; pinned as above",
			quick: true, fits: func(s Stack) bool { return servesH2(s) && s.can(secure) },
			prepare: serverUnary(50, 20, serving{core: coreUnderTest, threads: 1, tls: true}, false),
		},
		{
			Name: Latency, Title: "Latency at half of grpc-go's capacity",
			How:   "taskset -c 0 h2load -c 50 -m 20 --rps RATE/50 --log-file LOG ...; the percentiles are those of the log. h2load sends what is due every 10 ms, so a call waits for those before it",
			quick: true, fits: servesH2,
			prepare: serverUnary(50, 20, alone, true),
		},
		{
			Name: Interceptors, Title: "Interceptors that do nothing",
			How:   "bin/curlew-server -addr ADDR -interceptors N; h2load -c 50 -m 20 -n N ...; pinned as above",
			quick: true, only: []string{Curlew}, fits: servesH2,
			vary: func(s Stack) []Subject {
				subjects := []Subject{{Stack: s, Name: Curlew}}
				for _, n := range []string{"1", "2", "4", "8"} {
					subjects = append(subjects, Subject{Stack: s, Name: Curlew + " +" + n, args: []string{"-interceptors", n}})
				}
				return subjects
			},
			prepare: serverUnary(50, 20, alone, false),
		},
	}
}

func clients() []Scenario {
	return []Scenario{
		{
			Name: Client64, Title: "Client, unary, 64 calls in flight, against the floor's server",
			How:   fmt.Sprintf(clientCommand, 64),
			quick: true, fits: callsAny, prepare: clientUnary(64, false),
		},
		{
			Name: ClientLimit, Title: "Client, unary, 64 calls in flight, each with a deadline",
			How:  fmt.Sprintf(clientCommand, 64) + " -deadline 1s",
			fits: callsAny, prepare: clientUnary(64, true),
		},
		{
			Name: Client1, Title: "Client, unary, one call in flight, against the floor's server",
			How:  fmt.Sprintf(clientCommand, 1),
			fits: callsAny, prepare: clientUnary(1, false),
		},
	}
}

func pairs() []Scenario {
	pair := func(name, title, mode string, inflight, size int, fits func(Stack) bool) Scenario {
		return Scenario{
			Name: name, Title: title, How: fmt.Sprintf(pairCommand, mode, 1, inflight, size),
			quick: true, fits: fits, prepare: ownPair(mode, 1, inflight, size),
		}
	}
	return []Scenario{
		pair(RoundTrip, "One call in flight, both sides of one stack", "unary", 1, small, callsOwn),
		pair(List, "Server streaming, messages of 112 bytes", "list", 1, small, hasStreams),
		pair(Import, "Client streaming, messages of 112 bytes", "import", 1, small, hasStreams),
		pair(Chat, "Ping-pong on 32 bidirectional streams", "chat", chatStreams, small, hasStreams),
		pair(Echo, "Unary echo of 1 MiB", "echo", 4, large, hasStreams),
		pair(Download, "Server streaming, messages of 1 MiB", "download", 1, large, hasStreams),
		pair(Upload, "Client streaming, messages of 1 MiB", "upload", 1, large, hasStreams),
	}
}
