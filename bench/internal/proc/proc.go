// Package proc runs the programs under test: pinned to cores, with their CPU
// time and memory read from the kernel, and never left behind.
package proc

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options are what a program is started with.
type Options struct {
	Path string
	Args []string
	// Core is the core that the program is pinned to; negative, it may run on all.
	Core int
	// Threads is GOMAXPROCS of a program in Go; 0 leaves it alone.
	Threads int
	// Stdout takes what the program prints; nil drops it.
	Stdout *os.File
}

// Command returns how a shell would be told to start such a program.
func (o Options) Command() []string {
	command := append([]string{o.Path}, o.Args...)
	if o.Core >= 0 {
		command = append([]string{"taskset", "-c", strconv.Itoa(o.Core)}, command...)
	}
	return command
}

// Process is a running program.
type Process struct {
	name   string
	cmd    *exec.Cmd
	stderr excerpt
	done   chan struct{}
	err    error // of Wait; to be read after done
}

// Start starts a program. It dies with this process whatever way that ends.
func Start(options Options) (*Process, error) {
	command := options.Command()
	p := &Process{name: filepath.Base(options.Path), done: make(chan struct{})}
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.Env = os.Environ()
	if options.Threads > 0 {
		p.cmd.Env = append(p.cmd.Env, "GOMAXPROCS="+strconv.Itoa(options.Threads))
	}
	if options.Stdout != nil {
		p.cmd.Stdout = options.Stdout
	}
	p.cmd.Stderr = &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}

	started := make(chan error)
	go func() {
		// The kernel sends the signal when the thread ends that started the
		// child, so that thread is kept for the life of the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", options.Path, err)
	}
	return p, nil
}

// PID is the id of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop kills the program and all it started, and waits for its end.
func (p *Process) Stop() {
	select {
	case <-p.done: // its id may be another's by now
	default:
		// It may end by itself in between; there is then nothing to kill.
		_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
		<-p.done
	}
}

// Wait waits until the program has ended by itself, and kills it when ctx ends.
// Its error has what the program wrote to stderr.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.done:
	case <-ctx.Done():
		p.Stop()
		return fmt.Errorf("%s: %w; stderr: %s", p.name, context.Cause(ctx), p.Stderr())
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w; stderr: %s", p.name, p.err, p.Stderr())
	}
	return nil
}

// ended says why the program has ended by itself, or else returns err.
func (p *Process) ended(err error) error {
	select {
	case <-p.done:
		return fmt.Errorf("%s has ended: %w; stderr: %s", p.name, cmp.Or(p.err, errors.New("exit status 0")), p.Stderr())
	default:
		return err
	}
}

// Stderr is the beginning and the end of what the program wrote to stderr.
func (p *Process) Stderr() string { return strings.TrimSpace(p.stderr.String()) }

// Listening waits until the program accepts connections at addr.
func (p *Process) Listening(addr string, limit time.Duration) error {
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before it listened: %v; stderr: %s", p.name, p.err, p.Stderr())
		default:
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s does not listen at %s: %w; stderr: %s", p.name, addr, err, p.Stderr())
		}
	}
}

// FreeAddr returns an address of this machine where nothing listens.
func FreeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// Run runs a program to its end and returns what it printed.
func Run(ctx context.Context, options Options) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	options.Stdout = w
	p, err := Start(options)
	if closed := w.Close(); err == nil && closed != nil {
		p.Stop()
		err = closed
	}
	if err != nil {
		return "", errors.Join(err, r.Close())
	}
	defer p.Stop()
	stop := context.AfterFunc(ctx, p.Stop)
	defer stop()
	var out bytes.Buffer
	_, err = out.ReadFrom(r)
	return out.String(), errors.Join(err, p.Wait(ctx), r.Close())
}

// excerpt keeps the beginning, where a panic says what it is, and the end of what
// is written to it.
type excerpt struct {
	mu         sync.Mutex
	head, tail []byte
}

const excerptSize = 4096 // of either part

func (e *excerpt) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(excerptSize-len(e.head), len(b))
	e.head = append(e.head, b[:n]...)
	e.tail = append(e.tail, b[n:]...)
	if len(e.tail) > excerptSize {
		e.tail = append([]byte(nil), e.tail[len(e.tail)-excerptSize:]...)
	}
	return len(b), nil
}

func (e *excerpt) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return string(e.head) + string(e.tail)
}
