package web_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

// Clients of HTTP/1.1 that make one request after another over the same connection lose
// none while the server shuts down: the last response tells them that it is.
func TestDrainHTTP1(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, []web.Option{web.WithHandler("/page", text("page"))})
	requests := []string{
		post(library+"Echo", jsonType, `{"text":"a"}`),
		post(library+"Discuss", "application/connect+json", framed(0, []byte(`{"title":"a"}`))),
		post("/v1/echo", jsonType, `{}`), post("/page", jsonType, `{}`), post("/v1/import", jsonType, `{}{}`),
	}
	var wg sync.WaitGroup
	var answered, lost atomic.Int64
	warm := make(chan struct{}, 100)
	for i := range 20 {
		w := h.wire()
		wg.Go(func() {
			for n := 0; ; n++ {
				if _, err := io.WriteString(w.nc, requests[(i+n)%len(requests)]); err != nil {
					lost.Add(1)
					return
				}
				w.nc.SetReadDeadline(time.Now().Add(20 * time.Second))
				res, err := http.ReadResponse(w.r, &http.Request{Method: "POST"})
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
				}
				if err != nil || res.StatusCode != 200 {
					lost.Add(1)
					return
				}
				if answered.Add(1); n == 5 {
					warm <- struct{}{}
				}
				if res.Close {
					w.nc.Close()
					return
				}
			}
		})
	}
	for range 20 {
		<-warm
	}
	if err := h.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if lost.Load() > 0 {
		t.Errorf("%d requests were lost, %d answered", lost.Load(), answered.Load())
	}
}

// A client of HTTP/2 is told in time that it has to go elsewhere: what it has sent before
// is answered.
func TestDrainHTTP2(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	elsewhere := errors.New("to be made elsewhere")
	var dialed atomic.Bool
	c := clientOf(t, 2, func(ctx context.Context, network, address string) (net.Conn, error) {
		if dialed.Swap(true) {
			return nil, elsewhere
		}
		return h.Listener.Dial(ctx, network, address)
	})
	res, err := c.Get("http://in-process/") // and then all go over that connection
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	var wg sync.WaitGroup
	warm := make(chan struct{}, 100)
	for i := range 20 {
		wg.Go(func() {
			for n := 0; ; n++ {
				p := protocols[(i+n)%len(protocols)]
				req, err := http.NewRequestWithContext(t.Context(), p.method, "http://in-process"+p.path, strings.NewReader(p.body))
				if err != nil {
					t.Error(err)
					return
				}
				for i := 0; i < len(p.header); i += 2 {
					req.Header.Set(p.header[i], p.header[i+1])
				}
				res, err := c.Do(req)
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
				switch {
				case errors.Is(err, elsewhere):
					return
				case err != nil || res.StatusCode != 200:
					t.Errorf("a request was lost: %v", err)
					return
				case n == 5:
					warm <- struct{}{}
				}
			}
		})
	}
	for range 20 {
		<-warm
	}
	if err := h.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// A shutdown waits for a request of HTTP/1.1 that is being answered, and not for
// connections without one.
func TestDrainBusyHTTP1(t *testing.T) {
	curlewtest.NoLeaks(t)
	began, finish := make(chan struct{}), make(chan struct{})
	h := newHost(t, []web.Option{web.WithHandler("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first ")
		w.(http.Flusher).Flush()
		close(began)
		<-finish
		io.WriteString(w, "last")
	}))})
	idle := h.wire()
	idle.write(post("/v1/echo", jsonType, `{}`))
	if r := idle.next("POST"); r == nil || r.StatusCode != 200 {
		t.Fatalf("%+v", r)
	}
	busy := h.wire()
	busy.write("GET / HTTP/1.1\r\nHost: in-process\r\n\r\n")
	<-began
	down := make(chan error)
	go func() { down <- h.Shutdown(t.Context()) }()
	idle.ended("without a request")
	close(finish)
	if r := busy.next("GET"); r == nil || r.body != "first last" || r.err != nil {
		t.Errorf("%+v", r)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

// What takes longer than the shutdown may is cut.
func TestCutHTTP1(t *testing.T) {
	curlewtest.NoLeaks(t)
	over(t, func(t *testing.T, version int) {
		began := make(chan struct{})
		h := newHost(t, []web.Option{web.WithHandler("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(began)
			<-r.Context().Done()
		}))})
		cut := make(chan error, 2)
		go func() {
			for _, path := range []string{"/", "/v1/fail?message=wait"} {
				go func() {
					res, err := h.clients[version].Do(newRequest(t, "GET", path, nil))
					if err == nil {
						res.Body.Close()
						if res.StatusCode >= 499 {
							err = errors.New(res.Status)
						}
					}
					cut <- err
				}()
			}
		}()
		<-began
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := h.Shutdown(ctx); err == nil {
			t.Error("the shutdown had nothing to wait for")
		}
		for range 2 {
			if err := <-cut; err == nil {
				t.Error("a request was answered")
			}
		}
	})
}

// A stream that is cut does not look like one that has ended.
func TestCutStreams(t *testing.T) {
	curlewtest.NoLeaks(t)
	over(t, func(t *testing.T, version int) {
		h := newHost(t, []web.Option{web.WithHandler("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}))})
		wait := "\x12\x06header"
		var all []*http.Response
		for _, req := range []*http.Request{
			newRequest(t, "GET", "/v1/watch?message=header", nil),
			newRequest(t, "GET", "/v1/watch?message=header", nil, "accept", "text/event-stream"),
			newRequest(t, "POST", library+"Watch", strings.NewReader(framed(0, []byte(wait))), "content-type", "application/connect+proto"),
			newRequest(t, "POST", library+"Watch", strings.NewReader(framed(0, []byte(wait))), "content-type", "application/grpc-web"),
			newRequest(t, "GET", "/", nil),
		} {
			res, err := h.clients[version].Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			all = append(all, res)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		h.Shutdown(ctx)
		for i, res := range all {
			// A handler that was fast enough to see its context end has said so.
			if b, err := io.ReadAll(res.Body); err == nil && !strings.Contains(string(b), "cancel") {
				t.Errorf("stream %d ended well, with %q", i, b)
			}
		}
	})
}

// Connections are opened and closed while the server is.
func TestCloseHTTP1(t *testing.T) {
	curlewtest.NoLeaks(t)
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		srv := curlew.NewServer(web.Enable(web.WithHandler("/", text("x"))))
		served := make(chan error)
		go func() { served <- srv.Serve(l) }()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				nc, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					return
				}
				defer nc.Close()
				io.WriteString(nc, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				io.Copy(io.Discard, nc) // until the server hangs up
			})
		}
		srv.Close()
		if err := <-served; err != curlew.ErrServerClosed {
			t.Error(err)
		}
		wg.Wait()
	}
}

// ALPN decides, and handlers and calls see who the client is over either protocol.
func TestServeTLS(t *testing.T) {
	curlewtest.NoLeaks(t)
	server, client := certificates(t)
	seen := make(chan *tls.ConnectionState, 1)
	note := func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		seen <- call.Peer().TLS
		return next(ctx, call)
	}
	h := newHost(t, []web.Option{web.WithHandler("/page", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.TLS
	}))}, curlew.WithTLS(server), curlew.WithInterceptors(note))
	for _, protocol := range []string{"http/1.1", "h2", ""} {
		rt := &http.Transport{DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := h.Listener.Dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			cfg := client.Clone()
			cfg.NextProtos = nil
			if protocol != "" {
				cfg.NextProtos = []string{protocol}
			}
			c := tls.Client(nc, cfg)
			return c, c.HandshakeContext(ctx)
		}, Protocols: new(http.Protocols)}
		rt.Protocols.SetHTTP1(protocol != "h2")
		rt.Protocols.SetHTTP2(protocol == "h2")
		c := &http.Client{Transport: rt}
		for _, path := range []string{"/page", "/v1/echo", library + "GetBook?encoding=json&message={}"} {
			res, err := c.Get("https://in-process" + path)
			if err != nil {
				t.Fatalf("%s over %q: %v", path, protocol, err)
			}
			res.Body.Close()
			state := <-seen
			if res.StatusCode != 200 || state == nil || len(state.PeerCertificates) != 1 || state.NegotiatedProtocol != protocol {
				t.Errorf("%s over %q: status %d, TLS %+v", path, protocol, res.StatusCode, state)
			}
			if want := map[bool]int{true: 2, false: 1}[protocol == "h2"]; res.ProtoMajor != want {
				t.Errorf("%s over %q: HTTP/%d", path, protocol, res.ProtoMajor)
			}
		}
		rt.CloseIdleConnections()
	}
}
