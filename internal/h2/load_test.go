package h2

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// exchanges has n goroutines exchange data at once.
func (d *duo) exchanges(n int, data []byte) {
	d.t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			back, err := d.exchange("/", data)
			if err != nil || !bytes.Equal(back, data) {
				d.t.Errorf("%d of %d bytes came back, or other ones: %v", len(back), len(data), err)
			}
		})
	}
	wg.Wait()
}

// Two ends that both have full buffers must not wait for each other.
func TestManyExchangesAtOnce(t *testing.T) {
	data := randomBytes(64 << 10)
	for name, pair := range map[string]func(t *testing.T) (net.Conn, net.Conn){
		"unix":   func(t *testing.T) (net.Conn, net.Conn) { return socketPair(t, "unix") },
		"memory": func(*testing.T) (net.Conn, net.Conn) { a, b := newPipe(4096); return a, b },
		"blocking": func(*testing.T) (net.Conn, net.Conn) {
			a, b := newPipe(4096)
			return wayOnly{a}, wayOnly{b}
		},
	} {
		for _, procs := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, %d processors", name, runtime.GOMAXPROCS(0)*(1-procs)+procs), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				dc := newDuoConfig(echo)
				dc.pair = func() (net.Conn, net.Conn) { return pair(t) }
				d := dc.tie(t)
				n := 512
				if name != "unix" {
					n = 128
				}
				d.exchanges(n, data)
				if got := d.client.Active(); got != 0 {
					t.Errorf("%d streams are left", got)
				}
			})
		}
	}
}

// The same for requests that are awaited whole and answered whole, as unary
// calls are.
func TestManyWholeExchangesAtOnce(t *testing.T) {
	data := randomBytes(64 << 10)
	dc := newDuoConfig(func(h *handler) {
		p, _ := h.Peek(1<<30, nil)
		h.Send(Outgoing{Header: okHeader, Data: p, Trailer: okTrailer}, nil)
	})
	dc.start = Start{Whole: true, Limit: 1 << 20}
	dc.server.StreamWindow, dc.client.StreamWindow = 16<<10, 16<<10
	dc.server.ConnBuffer, dc.client.ConnBuffer = 256<<10, 256<<10
	dc.pair = func() (net.Conn, net.Conn) { return socketPair(t, "unix") }
	d := dc.tie(t)
	var wg sync.WaitGroup
	for range 512 {
		wg.Go(func() {
			c, err := d.open("/", data, true)
			if err == nil {
				err = c.Await(1<<20, nil)
			}
			if err != nil {
				t.Error(err)
				return
			}
			if p, err := c.Peek(len(data), nil); err != nil || !bytes.Equal(p, data) {
				t.Errorf("%d bytes came back, or other ones: %v", len(p), err)
			}
			c.Free()
		})
	}
	wg.Wait()
}

func TestSmallWindows(t *testing.T) {
	for _, window := range []int32{1, 2, 100, 4097} {
		t.Run(fmt.Sprint(window), func(t *testing.T) {
			dc := newDuoConfig(echo)
			for _, cfg := range []*Config{&dc.client, &dc.server} {
				cfg.StreamWindow, cfg.MaxWindow = window, window
				cfg.SendBuffer = 3000
				cfg.MaxGlitches = 1 << 30 // a peer with such windows is none of the honest
			}
			d := dc.tie(t)
			d.exchanges(16, randomBytes(min(64<<10, 300*int(window))))
		})
	}
}

// A stream that nobody reads keeps its window, and nothing else.
func TestSlowReaderStarvesNobody(t *testing.T) {
	big := make([]byte, 1<<20)
	release := make(chan struct{})
	dc := newDuoConfig(func(h *handler) {
		switch h.request.Path {
		case "/flood":
			h.Send(Outgoing{Header: okHeader, Data: big, Trailer: okTrailer}, nil)
		case "/ignore":
			<-release
		default:
			echo(h)
		}
	})
	for _, cfg := range []*Config{&dc.client, &dc.server} {
		cfg.ConnBuffer = 128 << 10
	}
	d := dc.tie(t)
	var floods []*call
	for range 8 { // of which each wants more than the connection should hold
		c, err := d.open("/flood", nil, true)
		if err != nil {
			t.Fatal(err)
		}
		floods = append(floods, c)
	}
	var ignored sync.WaitGroup
	for range 8 { // and the other way
		c, err := d.open("/ignore", nil, false)
		if err != nil {
			t.Fatal(err)
		}
		ignored.Go(func() { c.Send(Outgoing{Data: big, End: true}, nil) })
	}
	d.exchanges(8, big)
	// Whoever is slow gets everything in the end.
	for _, c := range floods {
		if got, err := readAll(&c.Stream); err != nil || len(got) != len(big) {
			t.Errorf("%d bytes arrived: %v", len(got), err)
		}
	}
	close(release)
	ignored.Wait()
}

// Streams whose caller has left end by themselves, and leave nothing behind.
func TestAbandonedStreams(t *testing.T) {
	dc := newDuoConfig(func(h *handler) {
		h.Send(Outgoing{Header: okHeader, Data: make([]byte, sized(h)), Trailer: okTrailer}, nil)
	})
	d := dc.tie(t)
	for i := range 100 {
		c, err := d.open(fmt.Sprintf("/%d", i*10_000), nil, true)
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			if _, err := c.Peek(1, nil); err != nil && i > 0 {
				t.Error(err)
			}
		}
		c.Abandon(patience)
	}
	eventually(t, func() bool { return d.client.Active() == 0 }, func() string { return "abandoned streams to end" })
	d.client.mu.Lock()
	defer d.client.mu.Unlock()
	if d.client.buffered != 0 {
		t.Errorf("%d bytes are held for nobody", d.client.buffered)
	}
}

// What a stream holds that has ended can be dropped although its receiver still waits.
func TestDrop(t *testing.T) {
	sent := make(chan struct{})
	d := newDuoConfig(func(h *handler) {
		h.Send(Outgoing{Header: okHeader, Data: make([]byte, 1000)}, nil)
		close(sent)
		<-h.aborted
	}).tie(t)
	c, err := d.open("/", nil, true)
	if err != nil {
		t.Fatal(err)
	}
	received := make(chan error, 1)
	go func() { received <- c.Await(10_000, nil) }()
	<-sent
	held := func() bool {
		d.client.mu.Lock()
		defer d.client.mu.Unlock()
		return d.client.buffered > 0
	}
	eventually(t, held, func() string { return "the content" })
	c.Reset(frame.CodeCancel)
	c.Drop()
	if err := <-received; err == nil || held() {
		t.Errorf("%v; something is held: %v", err, held())
	}
}

// However a stream ends, what it held is given back.
func TestNothingIsHeldAfterwards(t *testing.T) {
	dc := newDuoConfig(func(h *handler) {
		switch h.request.Path {
		case "/leave":
		case "/peek":
			h.Peek(100, nil)
		case "/wait":
			h.Peek(1<<30, nil)
		case "/reset":
			h.Peek(1, nil)
			h.Reset(frame.CodeCancel)
		}
	})
	d := dc.tie(t)
	data := make([]byte, 100_000)
	var wg sync.WaitGroup
	for _, path := range []string{"/leave", "/peek", "/wait", "/reset"} {
		for i := range 20 {
			wg.Go(func() {
				c, err := d.open(path, data, i%2 == 0)
				if err == nil && i%3 == 0 {
					c.Reset(frame.CodeCancel)
				}
				if path != "/wait" {
					c.Header(nil)
				}
				c.Reset(frame.CodeCancel)
				c.Free()
			})
		}
	}
	wg.Wait()
	for _, c := range []*Conn{d.client, d.server} {
		eventually(t, func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.streams) == 0 && c.running == 0 && c.buffered == 0 && len(c.sendQueue) == 0 && c.favoured == nil
		}, func() string {
			c.mu.Lock()
			defer c.mu.Unlock()
			return fmt.Sprintf("%d streams, %d handlers, %d bytes, %d senders to go", len(c.streams), c.running, c.buffered, len(c.sendQueue))
		})
	}
}

// A drain under load loses no exchange: each is complete, or was certainly not
// begun.
func TestDrainUnderLoad(t *testing.T) {
	for _, who := range []string{"server", "client", "both", "server over TLS"} {
		t.Run(who, func(t *testing.T) {
			dc := newDuoConfig(echo)
			dc.pair = func() (net.Conn, net.Conn) {
				a, b := socketPair(t, "tcp")
				if strings.HasSuffix(who, "TLS") {
					return shieldPair(t, a, b, tls.VersionTLS13)
				}
				return a, b
			}
			d := dc.tie(t)
			data := randomBytes(20_000)
			var wg sync.WaitGroup
			var complete, refused atomic.Int32
			begun := make(chan struct{}, 1000)
			for range 32 {
				wg.Go(func() {
					for range 1000 {
						back, err := d.exchange("/", data)
						var se *StreamError
						switch {
						case err == nil && bytes.Equal(back, data):
							complete.Add(1)
						case errors.As(err, &se) && se.Unprocessed:
							refused.Add(1)
							return
						default:
							t.Errorf("lost: %d bytes, %v", len(back), err)
							return
						}
						select {
						case begun <- struct{}{}:
						default:
						}
					}
				})
			}
			for range 100 {
				<-begun
			}
			if who != "client" {
				d.server.Drain()
			}
			if !strings.HasPrefix(who, "server") {
				d.client.Drain()
			}
			wg.Wait()
			<-d.client.Done()
			<-d.server.Done()
			if refused.Load() != 32 {
				t.Errorf("%d exchanges were complete, %d of 32 goroutines refused", complete.Load(), refused.Load())
			}
		})
	}
}
