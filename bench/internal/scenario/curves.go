package scenario

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Names of the scenarios in which work grows.
const (
	CurveStreams = "curve-streams"
	CurveConns   = "curve-connections"
	CurveSizes   = "curve-sizes"
	CurveMethods = "curve-methods"
)

// largest is nearly 64 MiB, which is what programs take, with the field's tag.
const largest = 64<<20 - 16

// growth is a scenario measured at several amounts of work.
type growth struct {
	name, title, how string
	only             []string
	at               []int
	fits             func(Stack) bool
	args             func(at int) []string // further ones of the server
	prepare          func(ctx context.Context, e *Env, subject Subject) (sampler, error)
}

func curves() []Scenario {
	tens := []int{1, 10, 100, 1000, 10000}
	grown := []growth{
		{
			name: CurveStreams, title: "Server, unary: more calls in flight on one connection",
			how:  fmt.Sprintf(h2loadCommand, 1, 0) + "; -m is the number after @; in flight is what the server allows of it",
			only: []string{Curlew, GRPCGo, Floor}, at: tens, fits: servesH2,
			prepare: func(ctx context.Context, e *Env, subject Subject) (sampler, error) {
				return serverUnary(1, subject.at, alone, false)(ctx, e, subject)
			},
		},
		{
			name: CurveConns, title: "Server, unary: more connections, one call in flight on each",
			how:  fmt.Sprintf(h2loadCommand, 0, 1) + "; -c is the number after @; the difference of a long and a short run, so that connecting does not count",
			only: []string{Curlew, GRPCGo, Floor}, at: tens, fits: servesH2,
			prepare: manyConnections,
		},
		{
			name: CurveSizes, title: "Unary echo: longer messages, one call in flight",
			how:  fmt.Sprintf(pairCommand, "echo", 1, 1, 0) + "; -size is the number after @",
			only: []string{Curlew, GRPCGo, Cpp}, at: []int{16, 256, 4 << 10, 64 << 10, 1 << 20, 16 << 20, largest}, fits: hasStreams,
			prepare: func(ctx context.Context, e *Env, subject Subject) (sampler, error) {
				return ownPair("echo", 1, 1, subject.at)(ctx, e, subject)
			},
		},
		{
			name: CurveMethods, title: "Server, unary, 50 x 20: more methods registered",
			how:  "bin/curlew-server -addr ADDR -methods N; h2load -c 50 -m 20 -n N ...; pinned as above",
			only: []string{Curlew}, at: tens, fits: servesH2,
			args:    func(at int) []string { return []string{"-methods", strconv.Itoa(at)} },
			prepare: serverUnary(50, 20, alone, false),
		},
	}
	scenarios := make([]Scenario, len(grown))
	for i, g := range grown {
		scenarios[i] = Scenario{
			Name: g.name, Title: g.title, How: g.how, only: g.only, rounds: 3, fits: g.fits, vary: g.subjects, prepare: g.prepare,
		}
	}
	return scenarios
}

// subjects returns a stack at each amount of work.
func (g growth) subjects(s Stack) []Subject {
	subjects := make([]Subject, len(g.at))
	for i, at := range g.at {
		subjects[i] = Subject{Stack: s, Name: fmt.Sprintf("%s @%d", s.Name, at), at: at}
		if g.args != nil {
			subjects[i].args = g.args(at)
		}
	}
	return subjects
}

// At returns the stack of a subject and its amount of work, if it has one.
func At(subject string) (stack string, at int, ok bool) {
	stack, amount, _ := strings.Cut(subject, " @")
	at, err := strconv.Atoi(amount)
	return stack, at, err == nil
}

// connections is a server under a load of so many connections that to open them
// costs as much as the calls.
type connections struct {
	*unaryLoad
}

func manyConnections(ctx context.Context, e *Env, subject Subject) (sampler, error) {
	s, err := serverUnary(subject.at, 1, alone, false)(ctx, e, subject)
	if err != nil {
		return nil, err
	}
	return connections{s.(*unaryLoad)}, nil
}

// sample takes what a long run costs beyond a short one.
func (c connections) sample(ctx context.Context, round int) (metrics, error) {
	long, short := *c.unaryLoad, *c.unaryLoad
	short.requests = 2 * c.conns
	long.requests += short.requests
	more, err := long.sample(ctx, round)
	if err != nil {
		return nil, err
	}
	less, err := short.sample(ctx, round)
	if err != nil {
		return nil, err
	}
	cost := more[ServerCPU]*float64(long.requests) - less[ServerCPU]*float64(short.requests)
	return metrics{ServerCPU: cost / float64(long.requests-short.requests)}, nil
}
