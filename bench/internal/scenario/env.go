package scenario

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/load"
	"github.com/curlew-rpc/curlew/bench/internal/proc"
)

// The process under test has one core for itself, what loads it the other.
const (
	coreUnderTest = 1
	coreOfLoad    = 0
	anyCore       = -1
)

// Env is what all scenarios of a run share.
type Env struct {
	Results *Results
	Dir     string // for files of this run
	Warmup  time.Duration
	// Settle is how long a server may take to give back memory before it is read.
	Settle time.Duration
	Log    io.Writer

	cert, key string
	capacity  float64
}

// Window is how long one sample is measured.
func (e *Env) Window() time.Duration { return e.Results.Window }

// warmup is how long a stack is called before it is measured.
func (e *Env) warmup(stack Stack) time.Duration {
	if stack.can(warmsUp) {
		return 5 * e.Warmup
	}
	return e.Warmup
}

// stack returns the stack of that name, if it is part of this run.
func (e *Env) stack(name string) (Stack, bool) {
	for _, s := range e.Results.Stacks {
		if s.Name == name {
			return s, true
		}
	}
	return Stack{}, false
}

// server is a running server program.
type server struct {
	*proc.Process
	addr string
	url  string // without a path
	file bool   // it serves a file
}

// serving is how a server is started.
type serving struct {
	core    int
	threads int
	tls     bool
	args    []string
}

// alone is a server in the clear with a core for itself.
var alone = serving{core: coreUnderTest, threads: 1}

// startLimit is how long a server may take to listen. A virtual machine on a
// loaded core takes seconds.
const startLimit = time.Minute

// serve starts a server and waits until it listens.
func (e *Env) serve(stack Stack, how serving) (*server, error) {
	s, err := e.start(stack, how)
	if err != nil {
		return nil, err
	}
	if err := s.Listening(s.addr, startLimit); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// start starts a server.
func (e *Env) start(stack Stack, how serving) (*server, error) {
	addr, err := proc.FreeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{addr: addr, url: "http://" + addr, file: stack.can(static)}
	args := append([]string{"-addr", addr}, how.args...)
	if how.tls {
		if err := e.certificate(); err != nil {
			return nil, err
		}
		args = append(args, "-cert", e.cert, "-key", e.key)
		s.url = "https://" + addr
	}
	if s.file {
		if args, err = e.nghttpd(addr, how); err != nil {
			return nil, err
		}
	}
	if !stack.can(goTime) {
		how.threads = 0
	}
	s.Process, err = proc.Start(proc.Options{Path: stack.Server, Args: args, Core: how.core, Threads: how.threads})
	return s, err
}

// nghttpd returns the arguments by which nghttpd serves a file at the path of the
// unary method, as long as the message that the others answer with.
func (e *Env) nghttpd(addr string, how serving) ([]string, error) {
	root := filepath.Join(e.Dir, "root")
	file := filepath.Join(root, load.Method)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, make([]byte, fileSize), 0o666); err != nil {
		return nil, err
	}
	port := addr[len("127.0.0.1:"):]
	args := []string{"-a", "127.0.0.1", "-d", root}
	if how.core == anyCore {
		args = append(args, "-n", strconv.Itoa(how.threads))
	}
	if !how.tls {
		return append(args, "--no-tls", port), nil
	}
	return append(args, port, e.key, e.cert), nil
}

// fileSize is the length of a User with the prefix of its message.
const fileSize = 117

func (e *Env) certificate() error {
	if e.cert != "" {
		return nil
	}
	cert, key := filepath.Join(e.Dir, "cert.pem"), filepath.Join(e.Dir, "key.pem")
	if err := writeCertificate(cert, key); err != nil {
		return err
	}
	e.cert, e.key = cert, key
	return nil
}

// fixedRate is half of what grpc-go serves on its core: the calls a second at
// which latencies are compared.
func (e *Env) fixedRate(ctx context.Context) (float64, error) {
	if e.capacity > 0 {
		return e.capacity / 2, nil
	}
	stack, ok := e.stack(GRPCGo)
	if !ok {
		return 0, fmt.Errorf("%s is not there, whose capacity sets the rate", GRPCGo)
	}
	s, err := e.serve(stack, alone)
	if err != nil {
		return 0, err
	}
	defer s.Stop()
	u := &unaryLoad{
		env: e, server: s, request: load.GetUser, empty: prefixLen, warmup: e.warmup(stack),
		conns: 50, streams: 20, core: coreOfLoad,
	}
	if err := u.prepare(ctx); err != nil {
		return 0, err
	}
	// The best of three: what others do on the machine can only lower it.
	for range 3 {
		metrics, err := u.sample(ctx, 0)
		if err != nil {
			return 0, err
		}
		e.capacity = max(e.capacity, metrics[PerSecond])
	}
	fmt.Fprintf(e.Log, "     grpc-go serves %.0f calls/s on its core; latencies are measured at half of that\n", e.capacity)
	return e.capacity / 2, nil
}
