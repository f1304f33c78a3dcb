// Package arena puts a server into a process of its own, has honest clients call it,
// and measures from outside what an attack on it costs.
package arena

import (
	"bufio"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/testservice"
	"github.com/curlew-rpc/curlew/web"
)

// asServer is the first argument of the test binary when it is the server.
const asServer = "as-server"

// Stubborn is the name of a header field that has a call's handler stay until it is
// released, whatever becomes of its stream.
const Stubborn = "x-stubborn"

// Main is for TestMain: it is the server if the process is to be one, and runs the
// tests otherwise.
func Main(m *testing.M) int {
	if len(os.Args) < 2 || os.Args[1] != asServer {
		flag.Parse()
		// Servers are processes of their own, and most of the time is waiting.
		if err := flag.Set("test.parallel", "16"); err != nil {
			panic(err)
		}
		return m.Run()
	}
	if err := serve(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		return 1
	}
	return 0
}

// A handlers counts those that run, and holds the stubborn ones.
type handlers struct {
	begun   atomic.Int64
	running atomic.Int64
	free    chan struct{}
	release func()
}

func newHandlers() *handlers {
	h := &handlers{free: make(chan struct{})}
	h.release = sync.OnceFunc(func() { close(h.free) })
	return h
}

func (h *handlers) intercept(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	h.begun.Add(1)
	h.running.Add(1)
	defer h.running.Add(-1)
	if call.RequestHeader().Has(Stubborn) {
		<-h.free
	}
	return next(ctx, call)
}

// serve runs a server until the end of standard input, of which each line is a
// question: "state" for what the process holds after a collection, "release" for
// that and the end of stubborn handlers.
func serve(args []string) error {
	h := newHandlers()
	opts := []curlew.ServerOption{curlew.WithInterceptors(h.intercept)}
	for _, arg := range args {
		o, err := option(arg)
		if err != nil {
			return err
		}
		opts = append(opts, o)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := curlew.NewServer(opts...)
	testservice.Register(srv)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	fmt.Println(l.Addr())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if lines.Text() == "release" {
			h.release()
		}
		runtime.GC()
		debug.FreeOSMemory()
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		fmt.Println(runtime.NumGoroutine(), mem.HeapAlloc, h.running.Load(), h.begun.Load())
	}
	h.release()
	srv.Close()
	<-served
	return lines.Err()
}

// option returns what an argument NAME=VALUE stands for.
func option(arg string) (curlew.ServerOption, error) {
	name, value, _ := strings.Cut(arg, "=")
	if name == Web {
		return web.Enable(), nil
	}
	if name == "tls" {
		cert, err := tls.LoadX509KeyPair(filepath.Join(value, "server.pem"), filepath.Join(value, "server.key"))
		return curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}}), err
	}
	if name == "streams" {
		var n int
		_, err := fmt.Sscan(value, &n)
		return curlew.WithMaxStreams(n), err
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		return nil, err
	}
	switch name {
	case "handshake":
		return curlew.WithHandshakeTimeout(d), nil
	case "read":
		return curlew.WithReadTimeout(d), nil
	case "write":
		return curlew.WithWriteTimeout(d), nil
	}
	return nil, fmt.Errorf("there is no option %q", name)
}
