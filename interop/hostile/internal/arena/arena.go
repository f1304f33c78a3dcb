package arena

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
)

// An Arena is a server under attack. The goroutine of its test may use it.
type Arena struct {
	// Addr is where the server listens.
	Addr string

	t      testing.TB
	pid    int
	tell   func(question string) State
	honest *honest
	level  State // before the attack
}

// A State is what the server's process holds after a collection.
type State struct {
	Goroutines int
	Heap       int64 // bytes
	Running    int   // handlers
	Begun      int   // handlers, ever
	RSS        int64 // bytes
	CPU        time.Duration
}

// Bounds are what an attack may cost. Besides, no honest client may lose a call, and
// everything must be given back afterwards.
type Bounds struct {
	Peak  int64         // bytes beyond the level, at any time
	CPU   time.Duration // of the server, what the honest clients cost included; 0: not judged
	Cause string        // why these
}

// TLS is the option of a server with TLS, Web that of one which answers all that web does.
const (
	TLS = "tls"
	Web = "web"
)

// New starts a server with the defaults but for options: handshake, read and write,
// each with =DURATION, streams=NUMBER, TLS, and Web.
func New(t testing.TB, options ...string) *Arena {
	t.Helper()
	args := []string{asServer}
	var secure *tls.Config
	for _, o := range options {
		if o == TLS {
			pair := testcert.For(t)
			dir := pair.Dir(t)
			secure = pair.ClientConfig()
			o = TLS + "=" + dir
		}
		args = append(args, o)
	}
	a := start(t, args)
	a.honest = newHonest(t, a.Addr, secure)
	a.honest.awaitCalls(t, 100) // all that they need is there
	if a.level = a.State(); a.level.RSS == 0 {
		t.Fatal("there is nothing to be read of the server's memory")
	}
	return a
}

func start(t testing.TB, args []string) *Arena {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	lines.Scan()
	a := &Arena{t: t, Addr: lines.Text(), pid: cmd.Process.Pid}
	a.tell = func(question string) (s State) {
		fmt.Fprintln(in, question)
		lines.Scan()
		if _, err := fmt.Sscan(lines.Text(), &s.Goroutines, &s.Heap, &s.Running, &s.Begun); err != nil {
			t.Fatalf("the server says %q: %v", lines.Text(), err)
		}
		s.RSS, s.CPU = a.rss(), a.cpu()
		return s
	}
	return a
}

// State asks the server what it holds.
func (a *Arena) State() State { return a.tell("state") }

// Release ends the stubborn handlers.
func (a *Arena) Release() { a.tell("release") }

// Await waits until the server's state is as wanted.
func (a *Arena) Await(what string, ok func(State) bool) {
	a.t.Helper()
	deadline := time.Now().Add(3 * rawpeer.Patience)
	s := a.State()
	for ; !ok(s); s = a.State() {
		if time.Now().After(deadline) {
			a.t.Errorf("waited in vain for: %s; the server is at %+v, before the attack at %+v", what, s, a.level)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Endure runs an attack and holds the server to its bounds. The attack returns what
// ends it, after honest clients have made calls during it.
func (a *Arena) Endure(b Bounds, attack func() (end func())) {
	a.t.Helper()
	before := a.State().CPU
	peak := a.watch()
	end := attack()
	a.honest.awaitCalls(a.t, 100)
	most, spent := peak(), a.cpu()-before
	a.t.Logf("peak %+d KiB, CPU %v, worst honest call %v", most>>10, spent, time.Duration(a.honest.worst.Load()))
	if raceDetector {
		b.Peak *= 10
	}
	if most > b.Peak {
		a.t.Errorf("the server held %d KiB more, want %d at most: %s", most>>10, b.Peak>>10, b.Cause)
	}
	if b.CPU > 0 && spent > b.CPU {
		a.t.Errorf("the server spent %v, want %v at most: %s", spent, b.CPU, b.Cause)
	}
	end()
	a.honest.check(a.t)
	// Goroutines of handlers are kept for some seconds; Go's runtime keeps spans.
	const margin, few = 24 << 20, 8
	a.Await("the level", func(s State) bool {
		resident := raceDetector || s.RSS <= a.level.RSS+margin
		return resident && s.Goroutines <= a.level.Goroutines+few && s.Heap <= a.level.Heap+margin/2 && s.Running == 0
	})
}

// watch returns a function that ends the watching, and returns the most memory that
// the server had meanwhile beyond its level.
func (a *Arena) watch() (peak func() int64) {
	var most atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	end := sync.OnceFunc(func() { close(stop); <-done })
	a.t.Cleanup(end)
	go func() {
		defer close(done)
		for {
			most.Store(max(most.Load(), a.rss()))
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		end()
		return most.Load() - a.level.RSS
	}
}

// rss returns how much memory the process has; 0 if it is gone.
func (a *Arena) rss() int64 {
	fields := a.proc("statm")
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64) // 0 will be noticed
	return pages * int64(os.Getpagesize())
}

// cpu returns the time that the process has spent: the fields utime and stime of
// proc_pid_stat(5), of which Linux makes hundredths of a second.
func (a *Arena) cpu() (d time.Duration) {
	fields := a.proc("stat")
	if len(fields) < 15 {
		return 0
	}
	for _, f := range fields[13:15] {
		ticks, _ := strconv.ParseInt(f, 10, 64)
		d += time.Duration(ticks) * 10 * time.Millisecond
	}
	return d
}

func (a *Arena) proc(name string) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", a.pid, name))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b))
}
