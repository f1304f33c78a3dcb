package faults

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
)

// How the server is replaced under load.
const (
	restarts    = 5
	clients     = 8
	callersEach = 4
	// underWay is how many calls may be lost to kills, with a margin of two.
	underWay = 2 * restarts * clients * callersEach
)

// A server process that is replaced by another one, which gets the listening
// socket, while clients call as fast as they can: no call fails when it leaves in
// peace. When it is killed, no more fail than may have been under way. None is
// executed twice. It has the machine for itself, as far as the other tests go.
func TestReplacedUnderLoad(t *testing.T) {
	for _, test := range []struct {
		name    string
		slow    bool // through a relay that takes its time
		secure  bool // by TLS
		between int  // calls from one replacement to the next
		leave   func(*process, *testing.T)
		failed  int // calls that may fail
	}{
		{"gracefully", false, false, 4000, (*process).stop, 0},
		{"gracefully, through a slow relay", true, false, 1000, (*process).stop, 0},
		{"gracefully, TLS", false, true, 4000, (*process).stop, 0},
		{"by kill -9", false, false, 4000, (*process).kill, underWay},
		{"by kill -9, through a slow relay", true, false, 1000, (*process).kill, underWay},
	} {
		t.Run(test.name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			listener, err := l.(*net.TCPListener).File()
			l.Close() // the copy keeps it open
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			addr := l.Addr().String()
			if test.slow {
				addr = slowly(t, addr)
			}
			r := replacement{listener: listener, addr: addr, between: test.between, leave: test.leave}
			if test.secure {
				r.secure(t)
			}
			calls := r.run(t)
			failed := calls.failures(t, curlew.Unavailable)
			t.Logf("%d of %d calls failed", failed, calls.len())
			if failed > test.failed {
				t.Errorf("%d of %d calls failed, no more than %d may", failed, calls.len(), test.failed)
			}
		})
	}
}

// A replacement is how a server is replaced again and again.
type replacement struct {
	listener *os.File
	addr     string
	between  int
	leave    func(*process, *testing.T)
	server   []string // arguments
	client   []curlew.ClientOption
}

// secure has it happen over TLS.
func (r *replacement) secure(t *testing.T) {
	pair := testcert.For(t)
	dir := pair.Dir(t)
	r.server = append(r.server, "tls="+dir)
	r.client = append(r.client, curlew.WithTLS(pair.ClientConfig()))
}

// run has clients call meanwhile, and returns what became of the calls.
func (r *replacement) run(t *testing.T) *tally {
	notes := filepath.Join(t.TempDir(), "ledger")
	next := func() *process {
		p := start(t, []*os.File{r.listener}, append([]string{self(t), asServer, "inherit", notes}, r.server...)...)
		p.says(t, "listening on ")
		return p
	}
	server := next()
	calls := new(tally)
	stop, wait := load(t, r.addr, calls, r.client...)
	for range restarts {
		n := calls.len()
		await(t, "calls go on", func() bool { return calls.len() > n+r.between })
		successor := next()
		r.leave(server, t)
		server = successor
	}
	n := calls.len()
	await(t, "calls go on", func() bool { return calls.len() > n+r.between })
	close(stop)
	wait()
	server.stop(t)
	if err := readLedger(t, notes).check(calls.outcomes); err != nil {
		t.Error(err)
	}
	return calls
}

// load calls a server from many clients until stop is closed; wait returns when
// all has ended.
func load(t *testing.T, addr string, calls *tally, opts ...curlew.ClientOption) (stop chan struct{}, wait func()) {
	stop = make(chan struct{})
	ctx := bounded(t)
	var wg sync.WaitGroup
	for i := range clients {
		conn := newClient(t, addr, opts...)
		client := echov1.NewEchoServiceClient(conn)
		var callers sync.WaitGroup
		for caller := range callersEach {
			callers.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					k := kinds[n%len(kinds)]
					id := fmt.Sprintf("%d-%d-%d", i, caller, n)
					calls.add(id, k.call(ctx, client, id, n%7*300))
				}
			})
		}
		wg.Go(func() {
			callers.Wait()
			conn.Close()
		})
	}
	return stop, wg.Wait
}
