package backend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/ledger"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// Serve is a server process; config is a Config in JSON. It says "ready" when it
// listens, and ends gracefully on SIGTERM, at once when its standard input ends: so
// no server outlives who started it.
func Serve(config string) error {
	var c Config
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return err
	}
	s, err := stack.ByName(c.Stack)
	if err != nil {
		return err
	}
	notes, err := ledger.Create(c.Ledger, c.Server, c.Life)
	if err != nil {
		return err
	}
	w := &worker{server: uint32(c.Server), notes: notes}
	w.behave(&c.Behaviour)
	srv, err := s.NewServer(w, c.Options)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Address)
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	w.listening = time.Now()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(&countingListener{Listener: l, w: w}) }()
	fmt.Printf("%q\n", "ready")
	orphaned := make(chan error, 1)
	go func() { orphaned <- w.obey(os.Stdin) }()
	select {
	case err := <-served:
		return err
	case err := <-orphaned:
		return err
	case <-stop:
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.Grace)
	defer cancel()
	srv.Shutdown(ctx)
	return nil
}

// A worker does the work of a server.
type worker struct {
	server  uint32
	notes   *ledger.Writer
	now     atomic.Pointer[behaving]
	running atomic.Int64

	listening time.Time

	mu       sync.Mutex
	accepted []time.Time
}

// behaving is a behaviour with what it needs.
type behaving struct {
	Behaviour
	places chan struct{}
}

func (w *worker) behave(b *Behaviour) {
	now := &behaving{Behaviour: *b}
	if b.Capacity > 0 {
		now.places = make(chan struct{}, b.Capacity)
	}
	w.now.Store(now)
}

// Handle implements stack.Handler.
func (w *worker) Handle(ctx context.Context, id uint64) (uint32, curlew.Code) {
	w.running.Add(1)
	defer w.running.Add(-1)
	b := w.now.Load()
	if b.places != nil {
		select {
		case b.places <- struct{}{}:
			defer func() { <-b.places }()
		case <-ctx.Done():
			return 0, curlew.CodeOf(ctx.Err())
		}
	}
	w.notes.Note(id)
	delay := b.Delay
	if b.Slow > 0 && rand.Float64() < b.Slow {
		delay = b.SlowTime
	}
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return 0, curlew.CodeOf(ctx.Err())
		}
	}
	return w.server, b.Fail
}

// obey does what commands say until there are no more.
func (w *worker) obey(from io.Reader) error {
	commands, answers := json.NewDecoder(from), json.NewEncoder(os.Stdout)
	for {
		var c command
		if err := commands.Decode(&c); errors.Is(err, io.EOF) {
			return errors.New("nobody is there any more")
		} else if err != nil {
			return err
		}
		if c.Behave != nil {
			w.behave(c.Behave)
		}
		if err := answers.Encode(w.report()); err != nil {
			return err
		}
	}
}

func (w *worker) report() Report {
	w.mu.Lock()
	defer w.mu.Unlock()
	return Report{Listening: w.listening, Accepted: w.accepted, Running: w.running.Load()}
}

// A countingListener notes when connections come.
type countingListener struct {
	net.Listener
	w *worker
}

func (l *countingListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err == nil {
		l.w.mu.Lock()
		l.w.accepted = append(l.w.accepted, time.Now())
		l.w.mu.Unlock()
	}
	return nc, err
}
