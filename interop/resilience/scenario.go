package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/ledger"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/load"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// A scenario is one test.
type scenario struct {
	name  string
	title string
	bar   string // what Curlew is held to, in words
	ours  bool   // it is for Curlew alone
	run   func(*run) error
}

var scenarios = []scenario{
	{"T1", "rolling SIGTERM of 3 servers", "0 lost", false, rollingStop},
	{"T2", "the same with 1000 long streams", "0 messages lost, every stream ends in time", false, rollingStreams},
	{"T3", "connections end after 1 s", "0 lost", false, maxAge},
	{"T4", "rolling kill -9, no retries", "lost is only what was in flight at a kill, 0 duplicated", false, rollingKill},
	{"T5", "rolling kill -9, idempotent calls", "0 lost", false, rollingKillIdempotent},
	{"T6", "partition of 1 of 2 servers, defaults, deadlines of 1 s", "at most 1.5 s of its share lost", false, partitionDefaults},
	{"T7", "the same with keepalive 10s/2s", "at most 1.5 s of its share lost", false, partitionKeepalive},
	{"T8", "the same, healed after 5 s", "at most 1.5 s of its share lost, back within 2 s", false, partitionHeals},
	{"T9", "1 of 3 servers 100 times slower", "it gets at most 0.5 % of the calls", false, slowServer},
	{"T10", "1 of 3 servers fails at once", "it gets at most 5 % of the calls", false, failingServer},
	{"T11", "500 clients, server down for 5 s", "at most 40 connects in 100 ms, p99 within 5 s", false, downLong},
	{"T12", "500 clients, server down for 0.5 s", "at most 100 connects in 100 ms", false, downShort},
	{"T13", "DNS adds a server, removes one; TTL 5 s", "used within TTL + 1 s, 0 lost", false, namesChange},
	{"T14", "500 calls of 100 ms at once, 100 streams a connection", "p50 at most 130 ms", false, manyStreams},
	{"T15", "all servers fail, 1000 calls/s, retries", "at most 10 % more load after 1 s", false, retryStorm},
	{"T16", "hedging, 1 % of replies 500 ms, else 5 ms", "p99.9 at most 30 ms, at most 2 % more load", false, hedging},
	{"T17", "DNS outage while servers are replaced", "0 lost, nothing left", false, namesOutage},
	{"T18", "picks, and 10,000 endpoints", "50 ns round robin, 150 ns two choices, 0 allocations, update in 50 ms", true, picks},
	{"T19", "three times the load a server can bear", "goodput 90 % of the peak, admitted p99 at most doubled", false, overload},
	{"T20", "schedules of faults, by seeds", "every rule holds for every seed", true, schedules},
}

// A run is a scenario as it goes for one stack.
type run struct {
	stack   stack.Stack
	dir     string // of the ledger
	servers []*backend.Backend
	clients []stack.Client
	ends    []func() // what else is to be undone
	port    int
	grace   time.Duration // for calls under way when a server ends
	nextID  atomic.Uint64

	figure string   // what was measured, in words
	notes  []string // what helps to understand it
	broken []string // bars that were not met
}

// runs counts runs: each has ports of its own.
var runs atomic.Int32

// A verdict is how a run ended.
type verdict struct {
	figure  string
	notes   []string
	broken  []string
	missing bool  // the stack cannot do it
	err     error // the run did not come to its end
}

// measure runs the scenario for a stack.
func (s *scenario) measure(st stack.Stack) (v verdict) {
	dir, err := os.MkdirTemp("", "curlew-resilience-")
	if err != nil {
		return verdict{err: err}
	}
	defer os.RemoveAll(dir)
	// Below the ports that systems give out by themselves, from 32768 on.
	r := &run{stack: st, dir: dir, port: 20000 + int(runs.Add(1)), grace: 5 * time.Second}
	r.nextID.Store(1)
	defer r.end()
	if err := s.run(r); err != nil {
		return verdict{err: err, missing: stack.IsMissing(err), notes: r.notes}
	}
	return verdict{figure: r.figure, notes: r.notes, broken: r.broken}
}

// end ends all that the run has begun.
func (r *run) end() {
	for _, c := range r.clients {
		c.Close()
	}
	for _, b := range r.servers {
		if b.Running() {
			b.Kill()
		}
	}
	for _, end := range r.ends {
		end()
	}
}

// time returns how long to do something, by whether all is to be shorter.
func (r *run) time(long, brief time.Duration) time.Duration {
	if *short {
		return brief
	}
	return long
}

// rate is the like for calls a second.
func (r *run) rate(long, brief float64) float64 {
	if *short {
		return brief
	}
	return long
}

// address returns that of a server of this run: loopback has many, and nobody else
// has these.
func (r *run) address(server int) string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d:%d", 64+pid>>8%64, pid%256, server+1, r.port)
}

// start starts servers that behave alike, and returns their addresses.
func (r *run) start(n int, o stack.ServerOptions, how backend.Behaviour) (addrs []string, err error) {
	for range n {
		addr := r.address(len(r.servers))
		if err := r.startAt(addr, nil, o, how); err != nil {
			return nil, err
		}
		addrs = append(addrs, addr)
	}
	return addrs, nil
}

// startAt starts a server at an address, by a command if prefix has words.
func (r *run) startAt(addr string, prefix []string, o stack.ServerOptions, how backend.Behaviour) error {
	b := &backend.Backend{Prefix: prefix, Config: backend.Config{
		Stack: r.stack.Name(), Address: addr, Ledger: r.dir, Server: len(r.servers),
		Grace: r.grace, Options: o, Behaviour: how,
	}}
	// Whether the stack can is said here rather than by a process that does not start.
	if _, err := r.stack.NewServer(nil, o); err != nil {
		return err
	}
	if err := b.Start(); err != nil {
		return err
	}
	r.servers = append(r.servers, b)
	return nil
}

// client returns a client, whose connections are there: it has called the servers.
func (r *run) client(t stack.Target, o stack.ClientOptions) (stack.Client, error) {
	c, err := r.stack.NewClient(t, o)
	if err != nil {
		return nil, err
	}
	r.clients = append(r.clients, c)
	for range 4 * max(len(t.Addrs), 2) {
		if err := r.once(c); err != nil {
			return nil, fmt.Errorf("before the test begins: %w", err)
		}
	}
	return c, nil
}

// once makes one call, and waits until it succeeds.
func (r *run) once(c stack.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		_, code, err := c.Call(ctx, r.nextID.Add(1), true)
		if code == curlew.OK || ctx.Err() != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// load begins calls of a client's in the open loop.
func (r *run) load(c stack.Client, p load.Plan, idempotent bool) *load.Load {
	first := r.nextID.Add(1)
	r.nextID.Add(uint64(p.Rate*p.Duration.Seconds()) + 1)
	return load.Start(p, first, caller(c, idempotent))
}

func caller(c stack.Client, idempotent bool) load.Caller {
	return func(ctx context.Context, id uint64) (uint32, curlew.Code, error) {
		return c.Call(ctx, id, idempotent)
	}
}

// book returns what the servers have noted.
func (r *run) book() (ledger.Book, error) { return ledger.Read(r.dir) }

// measured says what was measured.
func (r *run) measured(format string, args ...any) { r.figure = fmt.Sprintf(format, args...) }

// note says something that helps to understand a figure.
func (r *run) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// want says that a bar was not met unless ok.
func (r *run) want(ok bool, format string, args ...any) {
	if !ok {
		r.broken = append(r.broken, fmt.Sprintf(format, args...))
	}
}

// wantOnQuiet is want for a bar that a machine busy with other things breaks, whatever
// it runs: with -untimed it is noted.
func (r *run) wantOnQuiet(ok bool, format string, args ...any) {
	if !ok && *untimed {
		r.note("not judged: "+format, args...)
		return
	}
	r.want(ok, format, args...)
}

// noteLost says how calls were lost, if any were.
func (r *run) noteLost(res *load.Result) {
	if res.Lost() == 0 {
		return
	}
	r.note("%s", res.Codes())
	for _, kind := range res.Kinds(3) {
		r.note("%s", kind)
	}
}
