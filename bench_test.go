//go:build unix

package curlew_test

import (
	"context"
	"crypto/tls"
	"iter"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
)

// Whole calls, client and server in one process over a loopback socket. What one
// side alone costs, and what others cost, is measured by the programs in bench/.
// On a machine that does other things too, cpu-ns/op says more than ns/op.

// measure counts the allocations and the CPU time of the process while run runs.
func measure(b *testing.B, run func()) {
	b.ReportAllocs()
	before := cpuTime(b)
	b.ResetTimer()
	run()
	b.StopTimer()
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func cpuTime(b *testing.B) int64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return r.Utime.Nano() + r.Stime.Nano()
}

type blob = wrapperspb.BytesValue

func newBlob() *blob { return new(blob) }

var (
	echoBlob   = &curlew.MethodOf[*blob, *blob]{Method: curlew.Method{Path: "/t.B/Echo"}, NewRequest: newBlob, NewResponse: newBlob}
	listBlobs  = &curlew.MethodOf[*blob, *blob]{Method: curlew.Method{Path: "/t.B/List", Kind: curlew.KindServerStream}, NewRequest: newBlob, NewResponse: newBlob}
	takeBlobs  = &curlew.MethodOf[*blob, *blob]{Method: curlew.Method{Path: "/t.B/Take", Kind: curlew.KindClientStream}, NewRequest: newBlob, NewResponse: newBlob}
	tradeBlobs = &curlew.MethodOf[*blob, *blob]{Method: curlew.Method{Path: "/t.B/Trade", Kind: curlew.KindBidi}, NewRequest: newBlob, NewResponse: newBlob}
)

func blobService() curlew.Service {
	return curlew.Service{Name: "t.B", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(echoBlob, func(_ context.Context, in *blob) (*blob, error) { return in, nil }),
		curlew.HandleServerStream(listBlobs, func(ctx context.Context, in *blob, out curlew.Sender[*blob]) error {
			for {
				if err := out.Send(in); err != nil {
					return err
				}
			}
		}),
		curlew.HandleClientStream(takeBlobs, func(_ context.Context, in iter.Seq2[*blob, error]) (*blob, error) {
			for _, err := range in {
				if err != nil {
					return nil, err
				}
			}
			return new(blob), nil
		}),
		curlew.HandleBidi(tradeBlobs, func(_ context.Context, d *curlew.Duplex[*blob, *blob]) error {
			for m, err := range d.All() {
				if err != nil {
					return err
				}
				if err := d.Send(m); err != nil {
					return err
				}
			}
			return nil
		}),
	}}
}

// benchCaller returns a caller of the service of blobs.
func benchCaller(b *testing.B, serverOpts []curlew.ServerOption, opts ...curlew.ClientOption) curlew.Caller {
	serverOpts = append(serverOpts, curlew.WithMaxReceiveBytes(64<<20), curlew.WithMaxSendBytes(64<<20))
	opts = append(opts, curlew.WithMaxReceiveBytes(64<<20), curlew.WithMaxSendBytes(64<<20))
	return dialTest(b, serveServices(b, serverOpts, blobService()), opts...).Caller()
}

// inFlight makes b.N calls, n at a time.
func inFlight(b *testing.B, n int, call func() error) {
	measure(b, func() {
		var left atomic.Int64
		left.Store(int64(b.N))
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					if err := call(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

func nothing(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	return next(ctx, call)
}

func BenchmarkUnary(b *testing.B) {
	small := &blob{Value: make([]byte, 100)}
	for _, c := range []struct {
		name         string
		inFlight     int
		deadline     bool
		interceptors int
		tls          bool
	}{
		{name: "1", inFlight: 1},
		{name: "64", inFlight: 64},
		{name: "64/deadline", inFlight: 64, deadline: true},
		{name: "64/4 interceptors", inFlight: 64, interceptors: 4},
		{name: "64/TLS", inFlight: 64, tls: true},
	} {
		b.Run(c.name, func(b *testing.B) {
			var so []curlew.ServerOption
			var co []curlew.ClientOption
			for range c.interceptors {
				so = append(so, curlew.WithInterceptors(nothing))
				co = append(co, curlew.WithInterceptors(nothing))
			}
			if c.tls {
				ca := newAuthority(b)
				so = append(so, curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{ca.pair(b, "server")}}))
				co = append(co, curlew.WithTLS(&tls.Config{RootCAs: ca.pool}))
			}
			caller := benchCaller(b, so, co...)
			inFlight(b, c.inFlight, func() error {
				ctx := context.Background()
				if c.deadline {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Minute)
					defer cancel()
				}
				_, err := curlew.CallUnary(ctx, caller, echoBlob, small)
				return err
			})
		})
	}
}

// Echo is the unary call by the size of its message.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{0, 1 << 10, 16 << 10, 64 << 10, 1 << 20, 16 << 20} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			caller := benchCaller(b, nil)
			msg := &blob{Value: make([]byte, size)}
			b.SetBytes(2 * int64(size))
			inFlight(b, 4, func() error {
				_, err := curlew.CallUnary(context.Background(), caller, echoBlob, msg)
				return err
			})
		})
	}
}

// An operation of the streaming benchmarks is a message.
func BenchmarkServerStream(b *testing.B) {
	for _, size := range []int{100, 1 << 20} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			caller := benchCaller(b, nil)
			b.SetBytes(int64(size))
			measure(b, func() {
				n := 0
				for _, err := range curlew.CallServerStream(context.Background(), caller, listBlobs, &blob{Value: make([]byte, size)}) {
					if err != nil {
						b.Fatal(err)
					}
					if n++; n >= b.N {
						break
					}
				}
			})
		})
	}
}

func BenchmarkClientStream(b *testing.B) {
	for _, size := range []int{100, 1 << 20} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			caller := benchCaller(b, nil)
			msg := &blob{Value: make([]byte, size)}
			b.SetBytes(int64(size))
			measure(b, func() {
				_, err := curlew.CallClientStream(context.Background(), caller, takeBlobs, func(yield func(*blob, error) bool) {
					for i := 0; i < b.N && yield(msg, nil); i++ {
					}
				})
				if err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// An operation is a round trip on one of 32 streams.
func BenchmarkPingPong(b *testing.B) {
	caller := benchCaller(b, nil)
	msg := &blob{Value: make([]byte, 100)}
	calls := make(chan *curlew.BidiCall[*blob, *blob], 32)
	for range cap(calls) {
		call, err := curlew.CallBidi(context.Background(), caller, tradeBlobs)
		if err != nil {
			b.Fatal(err)
		}
		defer call.Close()
		calls <- call
	}
	inFlight(b, cap(calls), func() error {
		call := <-calls
		defer func() { calls <- call }()
		if err := call.Send(msg); err != nil {
			return err
		}
		_, err := call.Recv()
		return err
	})
}
