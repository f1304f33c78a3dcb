package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

const method = "/grpc.testing.TestService/UnaryCall"

// post is a request of HTTP/1.1 up to its content, of which it announces n bytes.
func post(n int, more ...string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n", method, n, strings.Join(more, ""))
}

// answer reads a response and returns its status; 0 if there is none.
func answer(nc net.Conn) int {
	nc.SetReadDeadline(time.Now().Add(3 * rawpeer.Patience))
	res, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		return 0
	}
	io.Copy(io.Discard, res.Body) // it may break off
	return res.StatusCode
}

// ended waits until the server hangs up.
func ended(nc net.Conn) bool {
	nc.SetReadDeadline(time.Now().Add(3 * rawpeer.Patience))
	_, err := io.Copy(io.Discard, nc)
	ne, ok := err.(net.Error)
	return !ok || !ne.Timeout()
}

// crowd runs attack over n connections at once, and returns what hangs up.
func crowd(t *testing.T, a *arena.Arena, n int, attack func(nc net.Conn)) (hangUp func()) {
	t.Helper()
	conns := make([]net.Conn, n)
	var wg sync.WaitGroup
	for i := range conns {
		conns[i] = a.Dial()
		wg.Go(func() { attack(conns[i]) })
	}
	wg.Wait()
	return func() {
		for _, nc := range conns {
			nc.Close()
		}
	}
}

// Connections that have made a request and are idle since cost memory, and not much.
func TestIdleConnections(t *testing.T) {
	const n = 10000
	a := arena.New(t, arena.Web)
	bounds := arena.Bounds{Peak: n * 32 << 10, Cause: "a goroutine and two buffers of net/http's for each connection"}
	a.Endure(bounds, func() func() {
		var answered atomic.Int64
		hangUp := crowd(t, a, n, func(nc net.Conn) {
			io.WriteString(nc, post(2)+"{}")
			if answer(nc) == http.StatusOK {
				answered.Add(1)
			}
		})
		if answered.Load() != n {
			t.Errorf("%d of %d requests were answered", answered.Load(), n)
		}
		return hangUp
	})
}

// Slowloris: neither a header nor a content that comes octet by octet keeps its
// connection.
func TestDribbledRequests(t *testing.T) {
	t.Parallel()
	head := post(100000)
	for name, prefix := range map[string]string{"header": head[:len(head)-2] + "X: ", "content": head + "{"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := arena.New(t, arena.Web, "handshake=1s", "read=1s")
			bounds := arena.Bounds{Peak: 48 << 20, Cause: "500 connections with little in their buffers"}
			a.Endure(bounds, func() func() {
				var kept atomic.Int64
				hangUp := crowd(t, a, 500, func(nc net.Conn) {
					go func() {
						for _, err := io.WriteString(nc, prefix); err == nil; _, err = io.WriteString(nc, "x") {
							time.Sleep(100 * time.Millisecond)
						}
					}()
					if !ended(nc) {
						kept.Add(1)
					}
				})
				if kept.Load() > 0 {
					t.Errorf("%d connections were kept", kept.Load())
				}
				return hangUp
			})
		})
	}
}

// What is small on the wire and large in memory is refused before it is large.
func TestBombs(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	for range 64 {
		w.Write(bytes.Repeat([]byte(" "), 1<<20))
	}
	w.Close()
	deep := strings.Repeat(`{"payload":`, 300000)
	for _, tt := range []struct {
		name, content string
		more          []string
		status        int
		peak          int64
		cause         string
	}{
		{"gzip", bomb.String(), []string{"Content-Encoding: gzip\r\n"}, http.StatusTooManyRequests, 160 << 20, "4 MiB of 16 at once, as they grow"},
		{"deep JSON", deep, nil, http.StatusBadRequest, 224 << 20, "16 requests of 3 MiB, in buffers that grow"},
		{"more than the limit", strings.Repeat(" ", 5<<20), nil, http.StatusTooManyRequests, 256 << 20, "16 requests up to 4 MiB, in buffers that grow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := arena.New(t, arena.Web)
			a.Endure(arena.Bounds{Peak: tt.peak, Cause: tt.cause}, func() func() {
				return crowd(t, a, 16, func(nc net.Conn) {
					go io.WriteString(nc, post(len(tt.content), tt.more...)+tt.content)
					if status := answer(nc); status != tt.status && status != 0 { // a reset can overtake the answer
						t.Errorf("status %d, want %d", status, tt.status)
					}
				})
			})
		})
	}
}

// Who pipelines requests and takes no answer has few of them answered.
func TestDeafPipelining(t *testing.T) {
	t.Parallel()
	a := arena.New(t, arena.Web, "write=1s")
	bounds := arena.Bounds{Peak: 64 << 20, Cause: "one answer at a time for each of 20 connections"}
	a.Endure(bounds, func() func() {
		content := `{"responseSize":100000}`
		hangUp := crowd(t, a, 20, func(nc net.Conn) {
			nc.SetWriteDeadline(time.Now().Add(3 * rawpeer.Patience))
			for {
				if _, err := io.WriteString(nc, post(len(content))+content); err != nil {
					return // the server has hung up, or takes nothing
				}
			}
		})
		return hangUp
	})
}
