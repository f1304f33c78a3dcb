package scenario

import (
	"context"
	"os"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/load"
)

func footprints() []Scenario {
	return []Scenario{
		{
			Name: Connections, Title: "Memory of a connection",
			How:   "1,000 bare connections (preface, SETTINGS, acknowledgement), then a call on each; growth of VmRSS",
			quick: true, rounds: 3, fits: servesH2, prepare: memoryOf(idleConnections),
		},
		{
			Name: Streams, Title: "Memory of an idle bidirectional stream",
			How:   "100 bare connections with 20 open Chat streams each; growth of VmRSS from connections to streams",
			quick: true, rounds: 3, fits: func(s Stack) bool { return servesH2(s) && s.can(chatIdle) },
			prepare: memoryOf(idleStreams),
		},
		{
			Name: ManyIdle, Title: "Memory of 10,000 idle connections, and of two idle bidirectional streams on each",
			How:    "10,000 bare connections, then two open Chat streams on each; growth of VmRSS, and of Slab in /proc/meminfo for what the kernel takes for each end",
			rounds: 1, only: []string{Curlew, GRPCGo}, fits: func(s Stack) bool { return servesH2(s) && s.can(chatIdle) },
			prepare: memoryOf(idleMany),
		},
		{
			Name: BinarySize, Title: "Size of the server's program",
			How:    "size of bin/STACK-server; Go programs are built with -trimpath -ldflags '-s -w', Rust ones by cargo build --release",
			rounds: 1, fits: func(s Stack) bool { return servesUnary(s) && s.can(oneFile) },
			prepare: func(_ context.Context, _ *Env, subject Subject) (sampler, error) { return size(subject.Server), nil },
		},
		{
			Name: Start, Title: "Start-up: from exec to the first call answered",
			How:  "bin/STACK-server is started, dialled every millisecond and called once",
			fits: func(s Stack) bool { return servesH2(s) && !s.can(static) },
			prepare: func(_ context.Context, e *Env, subject Subject) (sampler, error) {
				return &starting{env: e, subject: subject}, nil
			},
		},
	}
}

// size is the path of a program.
type size string

func (s size) sample(context.Context, int) (metrics, error) {
	info, err := os.Stat(string(s))
	if err != nil {
		return nil, err
	}
	return metrics{Size: float64(info.Size())}, nil
}

func (s size) close() {}

// starting starts a server for each sample.
type starting struct {
	env     *Env
	subject Subject
}

func (s *starting) sample(context.Context, int) (metrics, error) {
	begin := time.Now()
	server, err := s.env.serve(s.subject.Stack, alone)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	c, err := load.Dial(server.addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Call(); err != nil {
		return nil, err
	}
	return metrics{StartUp: microseconds(time.Since(begin))}, nil
}

func (s *starting) close() {}
