package scenario

import (
	"context"
	"fmt"

	"github.com/curlew-rpc/curlew/bench/internal/load"
)

// pairing is how a client program calls a server program.
type pairing struct {
	mode            string
	conns, inflight int
	size            int
	deadline        bool
	serving         serving
	core            int  // of the client
	serverOnly      bool // the client is no more than the load
}

// pair is a client program against a server program, both of one stack or the
// server that of the floor.
type pair struct {
	env    *Env
	server *server
	client load.Client

	serverOnly bool
}

// newPair pairs a stack's client with its own server.
func newPair(e *Env, subject Subject, how pairing) (sampler, error) {
	return pairWith(e, subject.Stack, subject, how)
}

// pairWith pairs the client of a subject with the server of a stack.
func pairWith(e *Env, stack Stack, subject Subject, how pairing) (sampler, error) {
	if subject.Client == "" || stack.Server == "" {
		return nil, fmt.Errorf("the client of %s or the server of %s is not built", subject.Name, stack.Name)
	}
	s, err := e.serve(stack, how.serving)
	if err != nil {
		return nil, err
	}
	client := load.Client{
		Path: subject.Client, Addr: s.addr, Mode: how.mode, Conns: how.conns, Inflight: how.inflight, Size: how.size,
		Warmup: e.warmup(subject.Stack), Window: e.Window(), Core: how.core,
	}
	if subject.can(goTime) {
		client.Threads = max(how.serving.threads, 1)
	}
	if how.serving.tls {
		client.CA = e.cert
	}
	if how.deadline {
		client.Deadline = callDeadline
	}
	return &pair{env: e, server: s, client: client, serverOnly: how.serverOnly}, nil
}

func (p *pair) sample(ctx context.Context, _ int) (metrics, error) {
	report, cpu, err := p.client.Run(ctx, p.server.Process)
	if err != nil {
		return nil, err
	}
	n := float64(report.Messages)
	m := metrics{
		ServerCPU: microseconds(cpu) / n,
		PerSecond: n / report.Seconds,
	}
	if p.serverOnly {
		return m, nil
	}
	m[ClientCPU] = report.CPU / n
	if p.client.Size >= large {
		size := float64(p.client.Size)
		m[ServerBytes] = size * n / cpu.Seconds()
		m[ClientBytes] = size * n / (report.CPU / 1e6)
		m[BytesPerSecond] = size * n / report.Seconds
	}
	if report.P50 > 0 {
		m[P50], m[P99], m[P999] = report.P50, report.P99, report.P999
	}
	return m, nil
}

func (p *pair) close() { p.server.Stop() }

// ownPair is the scenario of a stack's client that calls its own server, each on
// its core.
func ownPair(mode string, conns, inflight, size int) func(context.Context, *Env, Subject) (sampler, error) {
	return func(_ context.Context, e *Env, subject Subject) (sampler, error) {
		return newPair(e, subject, pairing{
			mode: mode, conns: conns, inflight: inflight, size: size, serving: alone, core: coreOfLoad,
		})
	}
}

// clientUnary is the scenario of a client that calls the floor's server.
func clientUnary(inflight int, deadline bool) func(context.Context, *Env, Subject) (sampler, error) {
	return func(_ context.Context, e *Env, subject Subject) (sampler, error) {
		floor, ok := e.stack(Floor)
		if !ok {
			return nil, fmt.Errorf("the floor is not there, whose server all clients call")
		}
		return pairWith(e, floor, subject, pairing{
			mode: "unary", conns: 1, inflight: inflight, deadline: deadline,
			serving: serving{core: coreOfLoad, threads: 1}, core: coreUnderTest,
		})
	}
}
