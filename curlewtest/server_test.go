package curlewtest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

func TestServer(t *testing.T) {
	for name, test := range map[string]func(*testing.T, func(*testing.T)){
		"outside": func(t *testing.T, f func(*testing.T)) { f(t) },
		"bubble":  synctest.Test,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, func(t *testing.T) {
				curlewtest.NoLeaks(t)
				s := curlewtest.NewServer(t, echo{}.register, curlewtest.WithPipeBytes(100))
				text := strings.Repeat("long ", 10_000)
				for _, c := range []*curlew.Client{s.Client, s.NewClient(), s.Client} {
					res, err := echov1.NewEchoServiceClient(c).Unary(t.Context(), &echov1.EchoRequest{Text: text})
					if err != nil || res.GetText() != text {
						t.Errorf("%d bytes of %d, %v", len(res.GetText()), len(text), err)
					}
				}
			})
		})
	}
}

func TestServerOptions(t *testing.T) {
	var calls []string
	note := func(name string) curlew.Option {
		return curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
			calls = append(calls, name)
			return next(ctx, call)
		})
	}
	s := curlewtest.NewServer(t, echo{}.register,
		curlewtest.WithClient(note("client 1")), curlewtest.WithServer(note("server 1"), note("server 2")), curlewtest.WithClient(note("client 2")))
	if _, err := echov1.NewEchoServiceClient(s.Client).Unary(t.Context(), new(echov1.EchoRequest)); err != nil {
		t.Error(err)
	}
	if got := strings.Join(calls, ", "); got != "client 1, client 2, server 1, server 2" {
		t.Errorf("calls %s", got)
	}
}

// Both sides' clocks are that of the bubble.
func TestServerWithDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := curlewtest.NewServer(t, echo{unary: func(ctx context.Context, _ *echov1.EchoRequest) (*echov1.EchoResponse, error) {
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) != time.Hour {
				t.Errorf("the handler has until %v, %v", deadline, ok)
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}}.register)
		client := echov1.NewEchoServiceClient(s.Client).With(curlew.Timeout(time.Hour))
		begin := time.Now()
		if _, err := client.Unary(t.Context(), new(echov1.EchoRequest)); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}

func TestServerThatCannotServe(t *testing.T) {
	failures := probed(t, func(t testing.TB) {
		curlewtest.NewServer(t, func(s *curlew.Server) {
			echo{}.register(s)
			echo{}.register(s)
		})
	})
	wantFailure(t, failures, "the server does not serve", "curlew.test.echo.v1.EchoService")
	wantFailure(t, probed(t, func(t testing.TB) {
		curlewtest.NewServer(t, echo{}.register, curlewtest.WithClient(curlew.WithIdleTimeout(0)))
		panic("not reached")
	}), "WithIdleTimeout(0)")
}

// A test may stop things itself.
func TestServerStoppedBefore(t *testing.T) {
	wantFailure(t, probed(t, func(t testing.TB) {
		curlewtest.NoLeaks(t)
		s := curlewtest.NewServer(t, echo{}.register)
		if _, err := echov1.NewEchoServiceClient(s.Client).Unary(t.Context(), new(echov1.EchoRequest)); err != nil {
			t.Errorf("%v", err)
		}
		s.Client.Close()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Errorf("%v", err)
		}
		s.Listener.Close()
	}))
}

func TestServerLeaks(t *testing.T) {
	for _, test := range []struct {
		name string
		run  func(t testing.TB, end chan struct{})
		want []string
	}{
		{"a handler that does not heed its context", func(t testing.TB, end chan struct{}) {
			begun := make(chan bool)
			s := curlewtest.NewServer(t, echo{unary: func(context.Context, *echov1.EchoRequest) (*echov1.EchoResponse, error) {
				close(begun)
				leaker(end)
				return nil, nil
			}}.register)
			ctx, cancel := context.WithCancel(t.Context())
			go echov1.NewEchoServiceClient(s.Client).Unary(ctx, new(echov1.EchoRequest))
			<-begun
			cancel()
		}, []string{"curlewtest_test.leaker"}},
		{"a goroutine that a handler leaves", func(t testing.TB, end chan struct{}) {
			s := curlewtest.NewServer(t, echo{unary: func(context.Context, *echov1.EchoRequest) (*echov1.EchoResponse, error) {
				go leaker(end)
				return new(echov1.EchoResponse), nil
			}}.register)
			if _, err := echov1.NewEchoServiceClient(s.Client).Unary(t.Context(), new(echov1.EchoRequest)); err != nil {
				t.Errorf("%v", err)
			}
		}, []string{"curlewtest_test.leaker"}},
		{"a connection", func(t testing.TB, _ chan struct{}) {
			s := curlewtest.NewServer(t, echo{}.register)
			if _, err := s.Listener.Dial(t.Context(), "tcp", ""); err != nil {
				t.Errorf("%v", err)
			}
		}, []string{"left open: pipe:1 to pipe:0"}},
		{"a handler that ends in time", func(t testing.TB, _ chan struct{}) {
			begun := make(chan bool)
			s := curlewtest.NewServer(t, echo{unary: func(ctx context.Context, _ *echov1.EchoRequest) (*echov1.EchoResponse, error) {
				close(begun)
				<-ctx.Done()
				time.Sleep(4 * time.Second)
				return nil, nil
			}}.register)
			go echov1.NewEchoServiceClient(s.Client).Unary(t.Context(), new(echov1.EchoRequest))
			<-begun
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := make(chan struct{})
				defer close(end)
				wantFailure(t, probed(t, func(t testing.TB) { test.run(t, end) }), test.want...)
			})
		})
	}
}
