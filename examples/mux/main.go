// Mux shows a server's services inside an HTTP server that is there already, behind a
// router and its middleware, with files and a page of metrics beside them. gRPC clients
// call them there, too.
package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/curlew-rpc/curlew"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
	weatherv1 "github.com/curlew-rpc/curlew/examples/proto/weather/v1"
	"github.com/curlew-rpc/curlew/web"
)

//go:embed static
var static embed.FS

type greeter struct{}

func (greeter) Greet(_ context.Context, req *greetv1.GreetRequest) (*greetv1.GreetResponse, error) {
	if req.GetName() == "" {
		return nil, curlew.Errorf(curlew.InvalidArgument, "whom shall I greet?")
	}
	return &greetv1.GreetResponse{Greeting: "Hello, " + req.GetName() + "!"}, nil
}

// A station implements one method of weatherv1.WeatherService, a stream.
type station struct{ weatherv1.WeatherService }

func (station) Watch(_ context.Context, req *weatherv1.WatchRequest, out curlew.Sender[*weatherv1.WatchResponse]) error {
	for i := range 3 {
		reading := &weatherv1.Reading{Station: req.GetStation(), Celsius: 7 + float64(i)}
		if err := out.Send(&weatherv1.WatchResponse{Reading: reading}); err != nil {
			return err
		}
	}
	return nil
}

// metrics count calls by method and code. They are an interceptor, which sees the code
// of every call in every protocol; middleware of HTTP sees only statuses.
type metrics struct {
	mu    sync.Mutex
	calls map[string]int
}

func (m *metrics) count(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	err := next(ctx, call)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[fmt.Sprintf("calls_total{method=%q,code=%q}", call.Method().Path, curlew.CodeOf(err))]++
	return err
}

// ServeHTTP writes the metrics as Prometheus reads them.
func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for _, series := range slices.Sorted(maps.Keys(m.calls)) {
		fmt.Fprintln(w, series, m.calls[series])
	}
}

// newHandler returns the whole site.
func newHandler(seen func(*http.Request)) (http.Handler, error) {
	m := &metrics{calls: map[string]int{}}
	srv := curlew.NewServer(curlew.WithInterceptors(m.count))
	greetv1.RegisterGreetService(srv, greeter{})
	weatherv1.RegisterWeatherService(srv, station{})
	services := web.Handler(srv)

	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(middleware.RequestID, watch(seen), middleware.Recoverer)
	r.Method("GET", "/metrics", m)
	r.Method("GET", "/*", http.FileServerFS(files))
	// A path for each service, for gRPC, gRPC-Web and Connect. A service with paths of
	// REST would have those besides: r.Handle("/v1/*", services).
	for svc := range srv.Services() {
		r.Handle("/"+svc.Name+"/*", services)
	}
	return r, nil
}

// watch is middleware of one's own.
func watch(seen func(*http.Request)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen(r)
			// What stands around the ResponseWriter must let streams through: this has
			// Flush and Unwrap.
			next.ServeHTTP(middleware.NewWrapResponseWriter(w, r.ProtoMajor), r)
		})
	}
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var lines sync.Mutex
	handler, err := newHandler(func(r *http.Request) {
		lines.Lock()
		defer lines.Unlock()
		fmt.Fprintf(out, "%s %s %s\n", r.Proto, r.Method, r.URL.Path)
	})
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	// For gRPC without TLS; with TLS, net/http speaks HTTP/2 by itself.
	srv.Protocols.SetUnencryptedHTTP2(true)
	go srv.Serve(l)
	defer srv.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	base := "http://" + l.Addr().String()
	for _, f := range []func() error{
		func() error { return get(ctx, out, base+"/") },
		func() error { return connect(ctx, out, base) },
		func() error { return grpc(ctx, out, l.Addr().String()) },
		func() error { return get(ctx, out, base+"/metrics") },
	} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// get prints the beginning of a page.
func get(ctx context.Context, out io.Writer, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	lines := strings.SplitAfterN(string(text), "\n", 6)
	fmt.Fprintf(out, "  %d %s\n  %s", res.StatusCode, res.Header.Get("Content-Type"), strings.Join(lines[:min(len(lines)-1, 5)], "  "))
	return nil
}

// connect calls over HTTP/1.1, by a client that goes through net/http as well.
func connect(ctx context.Context, out io.Writer, base string) error {
	client, err := curlew.NewClient(base, web.WithRoundTripper(http.DefaultTransport))
	if err != nil {
		return err
	}
	defer client.Close()
	return greetAll(ctx, out, client, "Ada", "")
}

// grpc calls over HTTP/2.
func grpc(ctx context.Context, out io.Writer, address string) error {
	client, err := curlew.NewClient(address)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := greetAll(ctx, out, client, "Grace"); err != nil {
		return err
	}
	for res, err := range weatherv1.NewWeatherServiceClient(client).Watch(ctx, &weatherv1.WatchRequest{Station: "Skellig"}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  Skellig: %.1f °C\n", res.GetReading().GetCelsius())
	}
	return nil
}

func greetAll(ctx context.Context, out io.Writer, client *curlew.Client, names ...string) error {
	greet := greetv1.NewGreetServiceClient(client)
	for _, name := range names {
		res, err := greet.Greet(ctx, &greetv1.GreetRequest{Name: name})
		if err != nil {
			fmt.Fprintln(out, " ", err)
			continue
		}
		fmt.Fprintln(out, " ", res.GetGreeting())
	}
	return nil
}
