package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

// echo answers each message of a stream of Connect at once, as far as HTTP lets it.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("content-type", "application/connect+proto")
	http.NewResponseController(w).Flush()
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Body.Read(buf)
		if _, werr := w.Write(buf[:n]); werr != nil {
			return
		}
		http.NewResponseController(w).Flush()
		if err != nil {
			break
		}
	}
	io.WriteString(w, framed(2, []byte("{}")))
}

// Over HTTP/2 a call's two directions are independent.
func TestFullDuplex(t *testing.T) {
	for _, way := range []string{own, borrowed2} {
		t.Run(way, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			c := clientBy(t, way, serveHTTP(t, echo), web.WithProtocol(web.Connect))
			call, err := curlew.CallBidi(t.Context(), c.Caller(), chat)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{"a", "b", strings.Repeat("c", 100_000), ""} {
				if err := call.Send(wrapperspb.String(s)); err != nil {
					t.Fatal(err)
				}
				if m, err := call.Recv(); err != nil || m.Value != s {
					t.Fatal(m, err)
				}
			}
			if err := call.CloseSend(); err != nil {
				t.Fatal(err)
			}
			if _, err := call.Recv(); err != io.EOF {
				t.Fatal(err)
			}
			if err := call.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Over HTTP/1.1 the request comes before the response, and who wants it otherwise is
// told so instead of waiting for ever.
func TestHalfDuplex(t *testing.T) {
	curlewtest.NoLeaks(t)
	addr := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		all, _ := io.ReadAll(r.Body)
		w.Header().Set("content-type", "application/connect+proto")
		io.WriteString(w, string(all)+framed(2, []byte("{}")))
	})
	c := clientBy(t, borrowed1, addr, web.WithProtocol(web.Connect))
	call, err := curlew.CallBidi(t.Context(), c.Caller(), chat)
	if err != nil {
		t.Fatal(err)
	}
	if err := call.Send(wrapperspb.String("a")); err != nil {
		t.Fatal(err)
	}
	_, err = call.Recv()
	if curlew.CodeOf(err) != curlew.Unimplemented || !strings.Contains(err.Error(), "CloseSend") {
		t.Error(err)
	}
	call.Close()

	if call, err = curlew.CallBidi(t.Context(), c.Caller(), chat); err != nil {
		t.Fatal(err)
	}
	if err := call.Send(wrapperspb.String("a")); err != nil {
		t.Fatal(err)
	}
	if err := call.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if m, err := call.Recv(); err != nil || m.Value != "a" {
		t.Fatal(m, err)
	}
	if _, err := call.Recv(); err != io.EOF {
		t.Fatal(err)
	}
	call.Close()
}

// A call that is cancelled, or has had its time, ends the request.
func TestCancelled(t *testing.T) {
	for _, m := range []*curlew.MethodOf[*str, *str]{unary, list} {
		ended := make(chan struct{}, 10)
		begun := make(chan struct{}, 10)
		waits := func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			if m == list {
				w.Header().Set("content-type", "application/connect+proto")
				io.WriteString(w, message("a"))
				http.NewResponseController(w).Flush()
			}
			begun <- struct{}{}
			<-r.Context().Done()
			ended <- struct{}{}
		}
		call := func(ctx context.Context, c *curlew.Client) error {
			if m == unary {
				_, err := curlew.CallUnary(ctx, c.Caller(), unary, wrapperspb.String("in"))
				return err
			}
			for _, err := range curlew.CallServerStream(ctx, c.Caller(), list, wrapperspb.String("in")) {
				if err != nil {
					return err
				}
			}
			return nil
		}
		everyWay(t, waits, func(t *testing.T, c *curlew.Client) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-begun
				cancel()
			}()
			checkError(t, call(ctx, c), curlew.Canceled, "*", false)
			<-ended
			ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			checkError(t, call(ctx, c), curlew.DeadlineExceeded, "*", false)
			<-ended
			<-begun
			go func() {
				<-begun
				c.Close()
			}()
			checkError(t, call(t.Context(), c), curlew.Unavailable, "*", false)
			<-ended
		}, web.WithProtocol(web.Connect))
	}
}

// Calls are tried again in every protocol, and as the server says.
func TestRetried(t *testing.T) {
	unavailable := map[web.Protocol]answer{
		web.Connect: {503, map[string]string{"content-type": "application/json", "trailer-grpc-retry-pushback-ms": "1"}, `{"code":"unavailable"}`},
		web.GRPCWeb: {0, map[string]string{"content-type": "application/grpc-web+proto"}, framed(0x80, []byte("grpc-status: 14\r\ngrpc-retry-pushback-ms: 1\r\n"))},
	}
	well := map[web.Protocol]answer{
		web.Connect: {0, map[string]string{"content-type": "application/proto"}, string(encode("ok"))},
		web.GRPCWeb: {0, map[string]string{"content-type": "application/grpc-web+proto"}, message("ok") + webOK.body},
	}
	for p, refusal := range unavailable {
		var n atomic.Int32
		everyWay(t, func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) == 1 {
				scripted(refusal)(w, r)
				return
			}
			scripted(well[p])(w, r)
		}, func(t *testing.T, c *curlew.Client) {
			n.Store(0)
			res, err := curlew.CallUnary(t.Context(), c.Caller(), read, wrapperspb.String("in"))
			if err != nil || res.Value != "ok" || n.Load() != 2 {
				t.Errorf("%v, %v, %d attempts", res, err, n.Load())
			}
			n.Store(0)
			_, err = curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in"))
			checkError(t, err, curlew.Unavailable, "", true)
		}, web.WithProtocol(p))
	}
}

// A policy's attempts may overlap.
func TestHedged(t *testing.T) {
	var n atomic.Int32
	everyWay(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 1 {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		scripted(answer{0, map[string]string{"content-type": "application/proto"}, string(encode("ok"))})(w, r)
	}, func(t *testing.T, c *curlew.Client) {
		res, err := curlew.CallUnary(t.Context(), c.Caller(), read, wrapperspb.String("in"))
		if err != nil || res.Value != "ok" {
			t.Error(res, err)
		}
	}, web.WithProtocol(web.Connect), curlew.WithServiceConfig(curlew.ServiceConfig{Methods: []curlew.MethodConfig{{
		Names:   []curlew.MethodName{{Service: "t.S"}},
		Hedging: &curlew.HedgingPolicy{MaxAttempts: 2, Delay: time.Millisecond},
	}}}))
}

// What cannot be connected to is Unavailable, and the error says why.
func TestNobodyThere(t *testing.T) {
	curlewtest.NoLeaks(t)
	c := newClient(t, "http://127.0.0.1:1", web.WithRoundTripper(transportOf(t, 1)))
	_, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in"))
	checkError(t, err, curlew.Unavailable, "*", false)
	if !strings.Contains(err.Error(), "connection refused") || curlew.Explain(err) == nil {
		t.Error(err)
	}
}

// A broken response is not taken for a whole one.
func TestBrokenOff(t *testing.T) {
	for kind, body := range map[string]string{"application/connect+proto": message("a"), "application/grpc-web+proto": message("a")} {
		p := web.Connect
		if strings.HasPrefix(kind, "application/grpc") {
			p = web.GRPCWeb
		}
		everyWay(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("content-type", kind)
			io.WriteString(w, body)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, func(t *testing.T, c *curlew.Client) {
			got, err := listAll(t, c.Caller())
			if code := curlew.CodeOf(err); len(got) != 1 || code != curlew.Unavailable && code != curlew.Internal {
				t.Error(got, err)
			}
		}, web.WithProtocol(p))
	}
}

// A response is not read faster than it is taken, nor is what is sent kept without end.
func TestLongStreams(t *testing.T) {
	const n = 300
	long := strings.Repeat("x", 50_000)
	everyWay(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("content-type", "application/connect+proto")
		got, _ := io.Copy(io.Discard, r.Body)
		if strings.HasSuffix(r.URL.Path, "Gather") {
			if got != n*int64(len(message(long))) {
				t.Errorf("%d bytes", got)
			}
			io.WriteString(w, message("ok")+streamOK.body)
			return
		}
		for range n {
			io.WriteString(w, message(long))
		}
		io.WriteString(w, streamOK.body)
	}, func(t *testing.T, c *curlew.Client) {
		got, err := listAll(t, c.Caller())
		if err != nil || len(got) != n || got[n-1] != long {
			t.Error(len(got), err)
		}
		_, err = curlew.CallClientStream(t.Context(), c.Caller(), gather, func(yield func(*str, error) bool) {
			for range n {
				if !yield(wrapperspb.String(long), nil) {
					return
				}
			}
		})
		if err != nil {
			t.Error(err)
		}
	}, web.WithProtocol(web.Connect))
}

// The other end of a call is known, whoever has connected to it.
func TestPeer(t *testing.T) {
	everyWay(t, scripted(unaryOK), func(t *testing.T, c *curlew.Client) {
		var p curlew.Peer
		if _, err := curlew.CallUnary(t.Context(), c.Caller().With(curlew.CapturePeer(&p)), unary, wrapperspb.String("in")); err != nil {
			t.Fatal(err)
		}
		if p.Addr == nil || !strings.HasPrefix(p.Addr.String(), "127.0.0.1:") || p.LocalAddr == nil {
			t.Errorf("%+v", p)
		}
	}, web.WithProtocol(web.Connect))
}

// A one-way call does not wait, and what it leaves behind ends.
func TestOneWay(t *testing.T) {
	came := make(chan struct{}, 3)
	everyWay(t, func(w http.ResponseWriter, r *http.Request) {
		scripted(unaryOK)(w, r)
		came <- struct{}{}
	}, func(t *testing.T, c *curlew.Client) {
		if _, err := curlew.CallUnary(t.Context(), c.Caller().With(curlew.OneWay()), unary, wrapperspb.String("in")); err != nil {
			t.Fatal(err)
		}
		<-came
	}, web.WithProtocol(web.Connect))
}

// Interceptors may use a unary method's stream as they like: receive first, which opens
// the call before there is a message.
func TestUnaryOpenedEarly(t *testing.T) {
	var got sent
	begun := make(chan struct{}, 1)
	everyWay(t, func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		recorded(&got, unaryOK)(w, r)
	}, func(t *testing.T, c *curlew.Client) {
		err := c.Caller().With(curlew.Compression("gzip")).Stream(t.Context(), &unary.Method, func(ctx context.Context, s curlew.Stream) error {
			received := make(chan error, 1)
			go func() { received <- s.Recv(newStr()) }()
			<-begun
			if err := s.Send(wrapperspb.String(strings.Repeat("a", 1000))); err != nil {
				return err
			}
			return errors.Join(s.CloseSend(), <-received)
		})
		if err != nil || got.header.Get("content-encoding") != "gzip" {
			t.Error(err, got.header)
		}
	}, web.WithProtocol(web.Connect))
}

// A again is a RoundTripper that finds its first connection broken when it has sent some
// of the request, as net/http does where a server has closed an idle one.
type again struct{ http.RoundTripper }

func (a again) RoundTrip(req *http.Request) (*http.Response, error) {
	io.ReadFull(req.Body, make([]byte, 3))
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	req.Body.Close()
	req = req.Clone(req.Context())
	req.Body = body
	return a.RoundTripper.RoundTrip(req)
}

// A request that is sent piece by piece can be begun again, as long as it is short.
func TestBegunAgain(t *testing.T) {
	curlewtest.NoLeaks(t)
	addr := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		all, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("content-type", "application/connect+proto")
		io.WriteString(w, message(fmt.Sprint(len(all)))+streamOK.body)
	})
	c := newClient(t, "http://"+addr, web.WithRoundTripper(again{transportOf(t, 1)}))
	for _, all := range [][]string{{"one message"}, {}, {"a", strings.Repeat("b", 200_000), "c"}} {
		size := 0
		res, err := curlew.CallClientStream(t.Context(), c.Caller(), gather, func(yield func(*str, error) bool) {
			for _, s := range all {
				size += len(message(s))
				if !yield(wrapperspb.String(s), nil) {
					return
				}
			}
		})
		if err != nil || res.Value != fmt.Sprint(size) {
			t.Errorf("%v, %v, want %d bytes", res, err, size)
		}
	}
}

// A client can be closed while a call has more to receive than anybody takes.
func TestClosedWhileNobodyReceives(t *testing.T) {
	everyWay(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("content-type", "application/connect+proto")
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, message(strings.Repeat("x", 10_000))); err != nil {
				return
			}
		}
	}, func(t *testing.T, c *curlew.Client) {
		err := c.Caller().Stream(t.Context(), &list.Method, func(ctx context.Context, s curlew.Stream) error {
			if err := errors.Join(s.Send(wrapperspb.String("in")), s.CloseSend(), s.Recv(newStr())); err != nil {
				return err
			}
			c.Close()
			for {
				if err := s.Recv(newStr()); err != nil {
					return err
				}
			}
		})
		checkError(t, err, curlew.Unavailable, "*", false)
	}, web.WithProtocol(web.Connect))
}

// A client without calls goes to rest, and wakes up again.
func TestIdle(t *testing.T) {
	everyWay(t, scripted(unaryOK), func(t *testing.T, c *curlew.Client) {
		for range 2 {
			if _, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in")); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for s := c.State(); s != balance.Idle; s = c.State() {
				if err := c.WaitState(ctx, s); err != nil {
					t.Fatal(err)
				}
			}
		}
	}, web.WithProtocol(web.Connect), curlew.WithIdleTimeout(time.Millisecond))
}
