package curlewtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/resolve"
)

// A test of a service as its clients see it: no port, nothing to stop, and a handler
// that does not end fails the test.
func ExampleNewServer() {
	_ = func(t *testing.T) {
		s := curlewtest.NewServer(t, func(s *curlew.Server) {
			echov1.RegisterEchoService(s, echo{}) // the service under test
		})
		client := echov1.NewEchoServiceClient(s.Client)
		res, err := client.Unary(t.Context(), &echov1.EchoRequest{Text: "hello"})
		if err != nil || res.GetText() != "hello" {
			t.Errorf("Unary = %v, %v", res, err)
		}
	}
}

// In a bubble of testing/synctest an hour passes at once when all are waiting.
func ExampleNewServer_synctest() {
	_ = func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			slow := echo{unary: func(ctx context.Context, _ *echov1.EchoRequest) (*echov1.EchoResponse, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}}
			s := curlewtest.NewServer(t, slow.register)
			client := echov1.NewEchoServiceClient(s.Client).With(curlew.Timeout(time.Hour))
			if _, err := client.Unary(t.Context(), &echov1.EchoRequest{}); curlew.CodeOf(err) != curlew.DeadlineExceeded {
				t.Errorf("Unary fails with %v", err)
			}
		})
	}
}

func ExampleRecorder() {
	_ = func(t *testing.T) {
		var rec curlewtest.Recorder
		s := curlewtest.NewServer(t, echo{}.register, curlewtest.WithServer(curlew.WithInterceptors(rec.Intercept)))

		// What is under test would make the calls.
		echov1.NewEchoServiceClient(s.Client).Unary(t.Context(), &echov1.EchoRequest{Text: "hello"})

		calls := rec.Wait(t, 1)
		if got := calls[0].Received[0].(*echov1.EchoRequest); got.GetText() != "hello" {
			t.Errorf("the server received %v", got)
		}
	}
}

// A handler is a function; a stream that collects is enough to call it.
func ExampleSender() {
	_ = func(t *testing.T) {
		var out curlewtest.Sender[*echov1.EchoResponse]
		err := echo{}.ServerStream(t.Context(), &echov1.EchoRequest{Text: "hello", Repeat: 3}, &out)
		if err != nil || len(out.Messages) != 3 {
			t.Errorf("ServerStream sends %v, %v", out.Messages, err)
		}
	}
}

// What a client does as endpoints come and go, or as the registry fails, takes no registry.
func ExampleResolver() {
	_ = func(t *testing.T) {
		var names curlewtest.Resolver
		s := curlewtest.NewServer(t, echo{}.register)
		client := echov1.NewEchoServiceClient(s.NewClient(curlew.WithResolver(&names)))
		names.Set("users:1")
		names.Fail(errors.New("the registry is down"))
		if _, err := client.Unary(t.Context(), &echov1.EchoRequest{}); err != nil {
			t.Errorf("Unary fails with %v", err)
		}
	}
}

// TestResolver is for resolvers of one's own.
func ExampleTestResolver() {
	_ = func(t *testing.T) {
		curlewtest.TestResolver(t, curlewtest.ResolverTest{
			Resolver: resolve.DNS(resolve.DNSConfig{}), // the resolver under test
			Target:   "localhost:8080",
		})
	}
}
