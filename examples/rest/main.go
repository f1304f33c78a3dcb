// Rest shows one service that programs, browsers and shells call alike: its methods
// have paths of REST beside those of gRPC, gRPC-Web and Connect, all on one port. A client
// that is nothing but net/http calls them.
//
// With -serve localhost:8080 it serves until it is interrupted, for curl to call.
package main

import (
	"context"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/curlew-rpc/curlew"
	bookshelfv1 "github.com/curlew-rpc/curlew/examples/proto/bookshelf/v1"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/reflection"
	"github.com/curlew-rpc/curlew/web"
)

func main() {
	address := flag.String("serve", "", "serve at this address until interrupted")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *address != "" {
		err = newServer().ListenAndServe(ctx, *address)
	} else {
		err = run(ctx, os.Stdout)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// newServer returns the server of a shelf, for all the web.
func newServer() *curlew.Server {
	healthy := health.New()
	srv := curlew.NewServer(web.Enable(
		// Pages of this site may call, too.
		web.WithCORS(web.CORS{Origins: []string{"https://shop.example"}}),
		web.WithHealth(healthy),
		// A description of the API, and a page to browse it.
		web.WithOpenAPI(web.OpenAPI{Title: "Bookshelf", Page: "/docs/"}),
		web.WithHandler("GET /{$}", http.HandlerFunc(front)),
	))
	bookshelfv1.RegisterBookshelfService(srv, newShelf())
	healthy.Register(srv)
	reflection.Register(srv)
	return srv
}

// front is a page beside the service.
func front(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, "<!doctype html><title>Bookshelf</title><p>See <a href=/v1/books>the books</a> and <a href=/docs/>what you can do with them</a>.\n")
}

func run(ctx context.Context, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := newServer()
	go srv.Serve(l)
	defer srv.Close()

	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c := &client{base: "http://" + l.Addr().String(), http: &http.Client{}, out: out}
	defer c.http.CloseIdleConnections()
	return c.visit(ctx)
}
