package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/load"
)

// unaryLoad is h2load against a server.
type unaryLoad struct {
	env            *Env
	server         *server
	request        load.Request
	empty          int64 // the length of answers that have no message
	conns, streams int
	core           int  // of h2load
	fixed          bool // at the fixed rate

	warmup time.Duration

	requests int   // of one window
	length   int64 // of an answer
}

// prefixLen is what gRPC puts before a message.
const prefixLen = 5

func (u *unaryLoad) h2load() load.H2load {
	return load.H2load{
		URL: u.server.url, Request: u.request, Conns: u.conns, Streams: u.streams, Core: u.core, Dir: u.env.Dir,
	}
}

// prepare learns how long the answers are, warms the server up, and finds how
// many requests fill a window.
func (u *unaryLoad) prepare(ctx context.Context) error {
	run := u.h2load()
	run.Requests = 10 * u.conns
	result, err := run.Run(ctx)
	if err != nil {
		return err
	}
	u.length = result.Data / result.Requests
	// A call that fails has no message, which h2load, knowing HTTP alone, takes
	// for a success.
	if u.length <= u.empty || u.length*result.Requests != result.Data {
		return fmt.Errorf("%d answers with %d bytes of messages: not all are users", result.Requests, result.Data)
	}
	// More and more requests, until they take as long as the warm-up.
	for result.Elapsed < u.warmup {
		factor := min(max(1.2*u.warmup.Seconds()/result.Elapsed.Seconds(), 2), 20)
		run.Requests = int(factor * float64(run.Requests))
		if result, err = run.Run(ctx); err != nil {
			return err
		}
	}
	u.requests = max(int(float64(result.Requests)*u.env.Window().Seconds()/result.Elapsed.Seconds()), 10*u.conns)
	return nil
}

func (u *unaryLoad) sample(ctx context.Context, _ int) (metrics, error) {
	run := u.h2load()
	run.Requests = u.requests
	if u.fixed {
		rate, err := u.env.fixedRate(ctx)
		if err != nil {
			return nil, err
		}
		run.Rate = rate
		run.Requests = int(rate * u.env.Window().Seconds())
	}
	begin, err := u.server.CPU()
	if err != nil {
		return nil, err
	}
	result, err := run.Run(ctx)
	if err != nil {
		return nil, err
	}
	end, err := u.server.CPU()
	if err != nil {
		return nil, err
	}
	if result.Data != u.length*result.Requests {
		return nil, fmt.Errorf("%d answers with %d bytes of messages, want %d each: calls failed", result.Requests, result.Data, u.length)
	}
	m := metrics{
		ServerCPU: microseconds(end.Since(begin)) / float64(result.Requests),
		PerSecond: float64(result.Requests) / result.Elapsed.Seconds(),
	}
	if u.fixed {
		m[P50], m[P99], m[P999] = result.Percentiles()
	}
	return m, nil
}

func (u *unaryLoad) close() { u.server.Stop() }

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// serverUnary is the scenario of a server called by h2load, or by the stack's own
// client where no other can call it.
func serverUnary(conns, streams int, how serving, fixed bool) func(context.Context, *Env, Subject) (sampler, error) {
	return func(ctx context.Context, e *Env, subject Subject) (sampler, error) {
		how := how
		how.args = append(how.args[:len(how.args):len(how.args)], subject.args...)
		core := coreOfLoad
		if how.core == anyCore {
			core = anyCore
		}
		if !subject.can(h2unary) {
			return newPair(e, subject, pairing{mode: "unary", conns: conns, inflight: conns * streams, serving: how, core: core, serverOnly: true})
		}
		s, err := e.serve(subject.Stack, how)
		if err != nil {
			return nil, err
		}
		u := &unaryLoad{
			env: e, server: s, request: load.GetUser, empty: prefixLen, warmup: e.warmup(subject.Stack),
			conns: conns, streams: streams, core: core, fixed: fixed,
		}
		if s.file {
			u.request = load.File
		}
		if err := u.prepare(ctx); err != nil {
			s.Stop()
			return nil, err
		}
		return u, nil
	}
}
