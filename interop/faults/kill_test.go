package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/interop/internal/relay"
)

const ofEachKind = 50

// A server that dies takes its calls with it, which end at once, as Unavailable.
// None is executed again by the one that takes its place.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	notes := filepath.Join(t.TempDir(), "ledger")
	server := start(t, nil, self(t), asServer, "127.0.0.1:0", notes)
	addr := server.says(t, "listening on ")
	conn := newClient(t, addr)
	client := echov1.NewEchoServiceClient(conn)
	ended := standing(bounded(t), client)
	await(t, "all handlers run", func() bool { return len(readLedger(t, notes).times) == 4*ofEachKind })
	if len(ended) > 0 {
		t.Fatalf("a call has ended already: %v", <-ended)
	}
	server.Process.Kill()
	server.wait()
	expectAll(t, ended, 4*ofEachKind, curlew.Unavailable)
	next := start(t, nil, self(t), asServer, addr, notes)
	next.says(t, "listening on ")
	works(t, client)
	for id, n := range readLedger(t, notes).times {
		if n > 1 && id != "again" {
			t.Errorf("call %s was executed %d times", id, n)
		}
	}
	conn.Close()
	next.stop(t)
}

// A client that dies: all its handlers hear of it, and nothing of it is left.
func TestClientKilled(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	svc := newService(new(memory))
	_, addr := serve(t, svc)
	other := echov1.NewEchoServiceClient(newClient(t, addr))
	client := start(t, nil, self(t), asClient, addr, "50")
	client.says(t, "midway")
	await(t, "all handlers run", func() bool { return svc.running.Load() == 4*ofEachKind })
	client.Process.Kill()
	client.wait()
	await(t, "all handlers have returned", func() bool { return svc.running.Load() == 0 })
	if n := svc.cut.Load(); n != 4*ofEachKind {
		t.Errorf("%d handlers have heard of it, want %d", n, 4*ofEachKind)
	}
	works(t, other)
}

// A server that is frozen says nothing: calls end at their deadlines, and go on
// when it does.
func TestServerFrozen(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	server := start(t, nil, self(t), asServer, "127.0.0.1:0", filepath.Join(t.TempDir(), "ledger"))
	conn := newClient(t, server.says(t, "listening on "))
	client := echov1.NewEchoServiceClient(conn)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	ended := standing(ctx, client)
	server.Process.Signal(syscall.SIGSTOP)
	await(t, "the server stands still", func() bool { return frozen(server.Process.Pid) })
	defer server.Process.Signal(syscall.SIGCONT)
	expectTimeouts(t, client)
	expectAll(t, ended, 4*ofEachKind, curlew.DeadlineExceeded)
	server.Process.Signal(syscall.SIGCONT)
	works(t, client)
	conn.Close()
	server.stop(t)
}

// Writes into the socket of a client that does not read end, with the client.
func TestClientKilledWhileServerWrites(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.ready(t)
	l.Down.Set(relay.Conditions{Stall: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ended atomic.Int64
	for range 20 {
		go func() {
			for _, err := range r.client.ServerStream(ctx, &echov1.EchoRequest{Text: "much", Repeat: 1000, Payload: pattern(32 << 10)}) {
				if err != nil {
					ended.Add(1)
				}
			}
		}()
	}
	await(t, "all handlers run", func() bool { return r.svc.running.Load() == 20 })
	l.Reset()
	r.idle(t)
	await(t, "all calls have ended", func() bool { return ended.Load() == 20 })
}

// frozen reports whether a process has been stopped, which takes its time where it
// runs on another processor. The state is behind the name in proc_pid_stat(5).
func frozen(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), ") T ")
}
