package demo

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
)

var update = flag.Bool("update", false, "write the golden files")

// masks hide what differs from run to run.
var masks = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDR"},
	{regexp.MustCompile(` *\d+\.\d\d ms`), "  N ms"},
	{regexp.MustCompile(` +\d+ B `), " N B "},
	{regexp.MustCompile(`grpc-timeout: \d+\w`), "grpc-timeout: N"},
	{regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*Z"`), `"TIME"`},
	{regexp.MustCompile(`(: )\S*orders\.db`), "${1}FILE"},
	// How far an order is when it is asked for.
	{regexp.MustCompile(`("speed":"SPEED_[A-Z]*","state":)"STATE_[A-Z]*"`), "$1 STATE"},
	{regexp.MustCompile(`(× rain cape\) is )[a-z ]*\.`), "$1 STATE."},
	{regexp.MustCompile(`grpc-go-curlew/[^ ]+`), "grpc-go-curlew/VERSION"},
}

// masked returns a transcript without the scene of the deadline, whose lines come in
// more than one order; TestDeadline is about it.
func masked(out string) string {
	begin := strings.Index(out, "AwaitDelivery  150 ms")
	end := strings.Index(out, "Everything went")
	if begin > 0 && end > begin {
		out = out[:begin] + "AwaitDelivery ...\n\n" + out[end:]
	}
	for _, m := range masks {
		out = m.what.ReplaceAllString(out, m.by)
	}
	// Neither side waits for the other's settings.
	if before, rest, found := strings.Cut(out, "their settings\n"); found {
		frames, after, _ := strings.Cut(rest, "   ✓ connected")
		lines := strings.SplitAfter(frames, "\n")
		slices.Sort(lines)
		out = before + "their settings\n" + strings.Join(lines, "") + "   ✓ connected" + after
	}
	return out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		g, w := "(the end)", "(the end)"
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if g != w {
			t.Fatalf("%s:%d:\n got %s\nwant %s\nin\n%s", name, i+1, g, w, got)
		}
	}
}

// The demonstration goes well, and the second time finds what the first has left.
func TestTwice(t *testing.T) {
	curlewtest.NoLeaks(t)
	dir := t.TempDir()
	for _, name := range []string{"first.txt", "second.txt"} {
		var out bytes.Buffer
		cmd := New()
		cmd.SetArgs([]string{"--exit", "--data", dir})
		cmd.SetOut(&out)
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		golden(t, name, masked(out.String()))
	}
}

// A tail is a writer whose text can be awaited.
type tail struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func newTail() *tail { return &tail{more: make(chan struct{}, 1)} }

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
	return w.text.Write(p)
}

// await returns the submatches of the first match.
func (w *tail) await(t *testing.T, pattern string) []string {
	t.Helper()
	r, limit := regexp.MustCompile(pattern), time.After(30*time.Second)
	for {
		w.mu.Lock()
		text := w.text.String()
		w.mu.Unlock()
		if m := r.FindStringSubmatch(text); m != nil {
			return m
		}
		select {
		case <-w.more:
		case <-limit:
			t.Fatalf("%q did not come in\n%s", pattern, text)
		}
	}
}

// After the scenes it serves, shows calls, and stops when it is told to.
func TestServes(t *testing.T) {
	curlewtest.NoLeaks(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, done := newTail(), make(chan error, 1)
	go func() { done <- Run(ctx, Options{Addr: "127.0.0.1:0", Dir: t.TempDir()}, out) }()
	addr := out.await(t, `Serving the orders on (\S+),`)[1]
	out.await(t, "Ctrl-C stops")

	client, err := curlew.NewClient(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if status, err := health.NewClient(client).Check(ctx, ordersv1.OrdersName); err != nil || status != health.Serving {
		t.Errorf("health: %v, %v", status, err)
	}
	orders := ordersv1.NewOrdersClient(client)
	if _, err := orders.GetOrder(ctx, &ordersv1.GetOrderRequest{Id: 1}); err != nil {
		t.Error(err)
	}
	if _, err := orders.GetOrder(ctx, &ordersv1.GetOrderRequest{Id: 77}); !errors.Is(err, curlew.NotFound) {
		t.Error(err)
	}
	out.await(t, `\d\d:\d\d:\d\d\.\d{3}  orders  GetOrder OK after \S+ ms, from 127`)
	out.await(t, `GetOrder NOT_FOUND after`)

	// Somebody who watches an order is cut off in the end.
	watched := make(chan error, 1)
	o, err := orders.CreateOrder(ctx, &ordersv1.CreateOrderRequest{Item: "x", Quantity: 1})
	if err != nil {
		t.Fatal(err)
	}
	begun := make(chan struct{}, 8)
	go func() {
		for _, err := range orders.WatchOrder(context.WithoutCancel(ctx), &ordersv1.WatchOrderRequest{Id: o.GetId()}) {
			begun <- struct{}{}
			if err != nil {
				watched <- err
			}
		}
	}()
	<-begun
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := <-watched; !errors.Is(err, curlew.Unavailable) {
		t.Errorf("the watcher was told %v", err)
	}
	out.await(t, "Stopping")
}

func TestCannotStart(t *testing.T) {
	curlewtest.NoLeaks(t)
	dir := t.TempDir()
	h, err := open(t.Context(), "127.0.0.1:0", dir, newWitness())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close(t.Context())
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"the store is in use", Options{Addr: "127.0.0.1:0", Dir: dir}, "orders.db is in use by another process; if another demo is running, give"},
		{"the address is in use", Options{Addr: h.ordersHost.addr, Dir: t.TempDir()}, "choose another address by --addr"},
		{"no address", Options{Addr: "nonsense", Dir: t.TempDir()}, "nonsense"},
		{"no directory", Options{Addr: "127.0.0.1:0", Dir: file}, "file"},
	}
	for _, test := range tests {
		if err := Run(t.Context(), test.o, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// What goes wrong is said, and is the process's status.
func TestFails(t *testing.T) {
	curlewtest.NoLeaks(t)
	saw := newWitness()
	h, err := open(t.Context(), "127.0.0.1:0", t.TempDir(), saw)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close(t.Context())
	h.shopHost.server.Close()
	<-h.shopHost.done
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	s, err := newStage(&printer{w: &out}, h, saw)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.play(ctx)
	if s.summary() || !strings.Contains(out.String(), "✗") {
		t.Errorf("it went well:\n%s", out.String())
	}
	out.Reset()
	s.failures = 0
	s.perform(t.Context(), scene{title: "A scene", call: func(context.Context) (string, error) { return "", errors.New("it broke") }})
	if s.summary() || !strings.Contains(out.String(), "✗ it broke") || !strings.Contains(out.String(), "Not everything went as it should.") {
		t.Errorf("it went well:\n%s", out.String())
	}
}

// A trap is a writer that does something when a word is written.
type trap struct {
	strings.Builder
	word   string
	spring func()
}

func (w *trap) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.word)) {
		w.spring()
	}
	return w.Builder.Write(p)
}

// With --exit the status tells how it went.
func TestExitStatus(t *testing.T) {
	curlewtest.NoLeaks(t)
	saw := newWitness()
	h, err := open(t.Context(), "127.0.0.1:0", t.TempDir(), saw)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close(t.Context())
	out := &trap{word: "1. Connect", spring: func() { h.store.Close() }}
	err = present(t.Context(), Options{Exit: true}, &printer{w: out}, h, saw)
	if exit.Status(err) != exit.Failure || !exit.IsSilent(err) {
		t.Errorf("got %v\n%s", err, out.String())
	}
}

// A server that stops by itself ends the demonstration.
func TestServerFails(t *testing.T) {
	curlewtest.NoLeaks(t)
	saw := newWitness()
	h, err := open(t.Context(), "127.0.0.1:0", t.TempDir(), saw)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close(t.Context())
	broken := errors.New("broken")
	h.failed <- broken
	if err := present(t.Context(), Options{}, &printer{w: io.Discard}, h, saw); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestDataDir(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	if got, err := dataDir(""); err != nil || got != filepath.Join(dir, "curlew", "demo") {
		t.Errorf("in the cache: %q, %v", got, err)
	}
	if got, err := dataDir("x"); err != nil || !filepath.IsAbs(got) || filepath.Base(got) != "x" {
		t.Errorf("given: %q, %v", got, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", file)
	t.Setenv("TMPDIR", dir)
	if got, err := dataDir(""); err != nil || got != filepath.Join(dir, "curlew-demo") {
		t.Errorf("without a cache: %q, %v", got, err)
	}
	t.Setenv("TMPDIR", file)
	if _, err := dataDir(""); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("nowhere: %v", err)
	}
}
