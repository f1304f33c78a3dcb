package faults

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// What the test binary is when its first argument is one of these.
const (
	asServer = "as-server" // ADDRESS|inherit LEDGER [keepalive] [tls=DIRECTORY]
	asClient = "as-client" // ADDRESS CALLS
)

func TestMain(m *testing.M) {
	flag.Parse()
	run := map[string]func(args []string) error{asServer: serverProcess, asClient: clientProcess}[flag.Arg(0)]
	if run == nil {
		// Most tests wait for times to pass.
		if err := flag.Set("test.parallel", "16"); err != nil {
			panic(err)
		}
		os.Exit(m.Run())
	}
	if err := run(flag.Args()[1:]); err != nil {
		fmt.Fprintln(os.Stderr, flag.Arg(0)+":", err)
		os.Exit(1)
	}
}

// A file is a ledger that outlives its process, whatever becomes of it.
type file struct{ f *os.File }

func openFile(name string) (file, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return file{f}, err
}

func (l file) note(id string) {
	if _, err := l.f.WriteString(id + "\n"); err != nil {
		panic(err) // the test would draw wrong conclusions
	}
}

// readLedger returns what processes have noted.
func readLedger(t *testing.T, name string) *memory {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m := new(memory)
	for line := range strings.Lines(string(b)) {
		m.note(strings.TrimSuffix(line, "\n"))
	}
	return m
}

// serverProcess serves until SIGTERM, then shuts down, and fails if goroutines
// are left that were not there before.
func serverProcess(args []string) error {
	before := runtime.NumGoroutine()
	l, err := processListener(args[0])
	if err != nil {
		return err
	}
	notes, err := openFile(args[1])
	if err != nil {
		return err
	}
	opts, err := serverOptions(args[2:])
	if err != nil {
		return err
	}
	srv := curlew.NewServer(opts...)
	echov1.RegisterEchoService(srv, newService(notes))
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	fmt.Println("listening on", l.Addr())
	select {
	case err := <-served:
		return err
	case <-stop:
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return fmt.Errorf("shutting down: %w", err)
	}
	if err := <-served; !errors.Is(err, curlew.ErrServerClosed) {
		return err
	}
	return noneLeft(before + 1) // that of os/signal
}

func serverOptions(args []string) (opts []curlew.ServerOption, err error) {
	for _, a := range args {
		dir, secure := strings.CutPrefix(a, "tls=")
		switch {
		case a == "keepalive":
			opts = append(opts, curlew.WithKeepalive(time.Second, time.Second))
		case secure:
			cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"))
			if err != nil {
				return nil, err
			}
			opts = append(opts, curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
		default:
			return nil, fmt.Errorf("there is no option %q", a)
		}
	}
	return opts, nil
}

func processListener(addr string) (net.Listener, error) {
	if addr != "inherit" {
		return net.Listen("tcp", addr)
	}
	f := os.NewFile(3, "listener") // the first of exec.Cmd.ExtraFiles
	defer f.Close()
	return net.FileListener(f)
}

func noneLeft(want int) error {
	for end := time.Now().Add(patience); runtime.NumGoroutine() > want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			return fmt.Errorf("%d goroutines are left, want %d:\n%s", runtime.NumGoroutine(), want, stacks[:runtime.Stack(stacks, true)])
		}
	}
	return nil
}

// clientProcess has calls of each kind under way, all in the middle of their
// streams, and says so. Then it waits to be killed.
func clientProcess(args []string) error {
	conn, err := curlew.NewClient(args[0])
	if err != nil {
		return err
	}
	var calls int
	if _, err := fmt.Sscan(args[1], &calls); err != nil {
		return err
	}
	failed := make(chan error, 1)
	midway(context.Background(), echov1.NewEchoServiceClient(conn), calls, func(err error) {
		select {
		case failed <- err:
		default:
		}
	}).Wait()
	fmt.Println("midway")
	return <-failed
}

// midway begins calls of each kind that never end by themselves, and calls ended
// with the error of each that does. The group is done when those that can tell are
// in the middle of their streams.
func midway(ctx context.Context, c echov1.EchoServiceClient, calls int, ended func(error)) *sync.WaitGroup {
	var there sync.WaitGroup
	for i := range calls {
		id := fmt.Sprint(i)
		go func() {
			_, err := c.Unary(ctx, forEver("unary "+id))
			ended(err)
		}()
		go func() {
			_, err := c.With(curlew.SetHeader(idHeader, "client stream "+id)).ClientStream(ctx, func(yield func(*echov1.EchoRequest, error) bool) {
				if yield(&echov1.EchoRequest{}, nil) {
					yield(forEver(""), nil)
				}
			})
			ended(err)
		}()
		there.Add(2)
		go func() {
			req := forEver("server stream " + id)
			req.Repeat = 2
			for res, err := range c.ServerStream(ctx, req) {
				if err != nil {
					ended(err)
				} else if res.GetCount() == 2 {
					there.Done()
				}
			}
		}()
		go func() {
			b, err := c.With(curlew.SetHeader(idHeader, "bidi "+id)).Bidi(ctx)
			if err == nil {
				if err = b.Send(&echov1.EchoRequest{Repeat: 1}); err == nil || err == io.EOF {
					if _, err = b.Recv(); err == nil {
						there.Done()
						_, err = b.Recv()
					}
				}
				b.Close()
			}
			ended(err)
		}()
	}
	return &there
}

// A process is the test binary in another role.
type process struct {
	*exec.Cmd
	out  *bufio.Reader
	errs strings.Builder
	wait func() error
}

// start runs one by a command, usually none but the binary itself, and kills it at
// the end of the test if it is there still.
func start(t *testing.T, files []*os.File, command ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(command[0], command[1:]...)}
	p.ExtraFiles = files
	p.Stderr = &p.errs
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.wait = sync.OnceValue(p.Wait)
	t.Cleanup(func() {
		p.Process.Kill()
		p.wait()
	})
	return p
}

// says waits for a line with a prefix and returns the rest of it.
func (p *process) says(t *testing.T, prefix string) string {
	t.Helper()
	for {
		line, err := p.out.ReadString('\n')
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), prefix); ok {
			return rest
		}
		if err != nil {
			p.wait()
			t.Fatalf("the process ends without saying %q: %s", prefix, p.errs.String())
		}
	}
}

// stop ends a server gracefully and fails the test unless it goes well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.Process.Signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Errorf("a server process ends with %v: %s", err, p.errs.String())
	}
}

// kill is kill -9.
func (p *process) kill(*testing.T) {
	p.Process.Kill()
	p.wait()
}

func self(t *testing.T) string {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return name
}
