package curlew_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
)

type str = wrapperspb.StringValue

func newStr() *str { return new(str) }

var (
	unary  = &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: "/t.S/Unary"}, NewRequest: newStr, NewResponse: newStr}
	list   = &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: "/t.S/List", Kind: curlew.KindServerStream}, NewRequest: newStr, NewResponse: newStr}
	gather = &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: "/t.S/Gather", Kind: curlew.KindClientStream}, NewRequest: newStr, NewResponse: newStr}
	chat   = &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: "/t.S/Chat", Kind: curlew.KindBidi}, NewRequest: newStr, NewResponse: newStr}
)

func testService() curlew.Service {
	return curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
		curlew.HandleUnary(unary, func(ctx context.Context, in *str) (*str, error) {
			if in.Value == "fail" {
				return nil, curlew.Errorf(curlew.NotFound, "no such thing: %s", in.Value)
			}
			return wrapperspb.String("echo " + in.Value), nil
		}),
		curlew.HandleServerStream(list, func(ctx context.Context, in *str, out curlew.Sender[*str]) error {
			for i := range 1000 {
				if err := out.Send(wrapperspb.String(fmt.Sprint(in.Value, i))); err != nil {
					return err
				}
			}
			return nil
		}),
		curlew.HandleClientStream(gather, func(ctx context.Context, in iter.Seq2[*str, error]) (*str, error) {
			var all []string
			for m, err := range in {
				if err != nil {
					return nil, err
				}
				all = append(all, m.Value)
			}
			return wrapperspb.String(strings.Join(all, ",")), nil
		}),
		curlew.HandleBidi(chat, func(ctx context.Context, d *curlew.Duplex[*str, *str]) error {
			for m, err := range d.All() {
				if err != nil {
					return err
				}
				if err := d.Send(wrapperspb.String("re: " + m.Value)); err != nil {
					return err
				}
			}
			return nil
		}),
	}}
}

// serve serves the test service and returns its address.
func serve(t testing.TB, opts ...curlew.ServerOption) string {
	t.Helper()
	return serveServices(t, opts, testService())
}

func serveServices(t testing.TB, opts []curlew.ServerOption, services ...curlew.Service) string {
	t.Helper()
	_, addr := serveAnew(t, opts, services...)
	return addr
}

func serveAnew(t testing.TB, opts []curlew.ServerOption, services ...curlew.Service) (*curlew.Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := curlew.NewServer(opts...)
	for _, svc := range services {
		srv.Register(svc)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-done; !errors.Is(err, curlew.ErrServerClosed) {
			t.Error(err)
		}
	})
	return srv, l.Addr().String()
}

func TestFourKinds(t *testing.T) {
	addr := serve(t)
	client, err := curlew.NewClient("passthrough:///" + addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	c := client.Caller()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()

	res, err := curlew.CallUnary(ctx, c, unary, wrapperspb.String("x"))
	if err != nil || res.Value != "echo x" {
		t.Fatal(res, err)
	}
	if _, err = curlew.CallUnary(ctx, c, unary, wrapperspb.String("fail")); !errors.Is(err, curlew.NotFound) {
		t.Fatal(err)
	}
	n := 0
	for m, err := range curlew.CallServerStream(ctx, c, list, wrapperspb.String("m")) {
		if err != nil || m.Value != fmt.Sprint("m", n) {
			t.Fatal(m, err)
		}
		n++
	}
	if n != 1000 {
		t.Fatal(n)
	}
	sum, err := curlew.CallClientStream(ctx, c, gather, curlew.Values(wrapperspb.String("a"), wrapperspb.String("b")))
	if err != nil || sum.Value != "a,b" {
		t.Fatal(sum, err)
	}
	b, err := curlew.CallBidi(ctx, c, chat)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if err := b.Send(wrapperspb.String(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		if m, err := b.Recv(); err != nil || m.Value != fmt.Sprint("re: ", i) {
			t.Fatal(m, err)
		}
	}
	b.CloseSend()
	if _, err := b.Recv(); err != io.EOF {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

// A client that leaves is nothing to warn of, whatever its handlers were doing.
func TestCancellationIsNotLogged(t *testing.T) {
	var logged atomic.Int64
	warnings := slog.New(slog.NewTextHandler(writerFunc(func(line []byte) (int, error) {
		logged.Add(1)
		return os.Stderr.Write(line)
	}), &slog.HandlerOptions{Level: slog.LevelWarn}))
	c := dialTest(t, serve(t, curlew.WithLogger(warnings)))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				call, err := curlew.CallBidi(t.Context(), c.Caller(), chat)
				if err != nil {
					t.Error(err)
					return
				}
				if err := call.Send(wrapperspb.String("x")); err != nil {
					t.Error(err)
				}
				if _, err := call.Recv(); err != nil {
					t.Error(err)
				}
				call.Close() // the handler receives
				// A client that does nothing but leave is another matter.
				for range 3 {
					if _, err := callUnary(t, c, "x"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := logged.Load(); n > 0 {
		t.Errorf("%d warnings of 1600 calls that were left", n)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
