// Bff shows a backend for a frontend: a server that pages in browsers call by REST and
// Connect, and that asks two services behind it by gRPC. The caller's token and what is
// left of its time go with those calls; when the part of a page that it can do without
// does not come, the page comes without it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
	storefrontv1 "github.com/curlew-rpc/curlew/examples/proto/storefront/v1"
	"github.com/curlew-rpc/curlew/web"
)

// reviewsPatience is how long a page waits for its reviews.
const reviewsPatience = time.Second

// A storefront implements storefrontv1.StorefrontService.
type storefront struct {
	catalog storefrontv1.CatalogServiceClient
	reviews storefrontv1.ReviewServiceClient
}

func (s storefront) GetProductPage(ctx context.Context, req *storefrontv1.GetProductPageRequest) (*storefrontv1.ProductPage, error) {
	// Both calls have the deadline of the browser's call, for they have its context, and
	// are cancelled with it. The reviews have less.
	aside, cancel := context.WithTimeout(ctx, reviewsPatience)
	defer cancel()
	reviews := curlew.Go(aside, s.reviews.ListReviews, &storefrontv1.ListReviewsRequest{Sku: req.GetSku()})

	product, err := s.catalog.GetProduct(ctx, &storefrontv1.GetProductRequest{Sku: req.GetSku()})
	if err != nil {
		return nil, forBrowser(ctx, err, "the catalog")
	}
	page := &storefrontv1.ProductPage{Product: product}
	res, err := reviews.Wait(aside)
	if err != nil {
		page.Missing = append(page.Missing, "reviews")
	}
	page.Reviews = res.GetReviews()
	return page, nil
}

// forBrowser says what of an error of a service behind is for the browser to know. What
// is not goes to the server's own log and interceptors only.
func forBrowser(ctx context.Context, err error, service string) error {
	var e *curlew.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // nobody waits any more
	case errors.As(err, &e) && e.Remote() && (e.Code() == curlew.NotFound || e.Code() == curlew.Unauthenticated):
		return curlew.Errorf(e.Code(), "%s", e.Message())
	}
	return curlew.Errorf(curlew.Unavailable, "%s does not answer", service).Because(err)
}

// signIn refuses calls without a token. Whether one is valid the services behind say.
func signIn(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	if _, ok := bearer(call); !ok {
		return curlew.Errorf(curlew.Unauthenticated, "sign in first")
	}
	return next(ctx, call)
}

// passOn is the source of the tokens for the calls behind: that of the call in front.
func passOn(ctx context.Context) (string, error) {
	if call := curlew.CallFrom(ctx); call != nil {
		if token, ok := bearer(call); ok {
			return token, nil
		}
	}
	return "", errors.New("there is no call to take a token from")
}

func bearer(call *curlew.Call) (token string, ok bool) {
	return strings.CutPrefix(call.RequestHeader().Get("authorization"), "Bearer ")
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	behind := newBackends()
	catalogAddress, stop, err := serve(behind.catalogServer())
	if err != nil {
		return err
	}
	defer stop()
	reviewsAddress, stop, err := serve(behind.reviewsServer())
	if err != nil {
		return err
	}
	defer stop()

	// These are on this machine. Between machines there is TLS, and then no need to allow
	// tokens without it.
	settings := []curlew.ClientOption{
		curlew.WithCallOptions(curlew.Token(curlew.TokenFunc(passOn)), curlew.Timeout(5*time.Second)),
		curlew.AllowTokenOverCleartext(),
	}
	catalog, err := curlew.NewClient(catalogAddress, settings...)
	if err != nil {
		return err
	}
	defer catalog.Close()
	reviews, err := curlew.NewClient(reviewsAddress, settings...)
	if err != nil {
		return err
	}
	defer reviews.Close()

	srv := curlew.NewServer(
		web.Enable(web.WithCORS(web.CORS{Origins: []string{"https://shop.example"}})),
		curlew.WithInterceptors(signIn),
		// Browsers seldom say how long they wait.
		curlew.WithDefaultTimeout(10*time.Second),
	)
	storefrontv1.RegisterStorefrontService(srv, storefront{
		storefrontv1.NewCatalogServiceClient(catalog), storefrontv1.NewReviewServiceClient(reviews),
	})
	front, stop, err := serve(srv)
	if err != nil {
		return err
	}
	defer stop()
	return visit(out, "http://"+front, behind)
}

// serve starts a server at a port of its own.
func serve(srv *curlew.Server) (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go srv.Serve(l)
	return l.Addr().String(), func() { srv.Close() }, nil
}

// visit does what pages do.
func visit(out io.Writer, base string, behind *backends) error {
	const page = "/v1/products/"
	const connect = "/storefront.v1.StorefrontService/GetProductPage"
	for _, r := range []struct {
		what, path, body, token, timeout string
		reviews                          mood
	}{
		{"a page", page + "binoculars", "", "ada", "", well},
		{"the same by Connect", connect, `{"sku": "binoculars"}`, "ada", "", well},
		{"the reviews are down", page + "binoculars", "", "ada", "", down},
		{"the reviews hang", page + "binoculars", "", "ada", "", hanging},
		{"no such product", page + "unicorn", "", "ada", "", well},
		{"nobody's token", page + "binoculars", "", "mallory", "", well},
		{"no token", page + "binoculars", "", "", "", well},
		{"the catalog hangs", page + "anvil", "", "ada", "200", well},
	} {
		behind.setReviews(r.reviews)
		if err := call(out, r.what, base+r.path, r.body, r.token, r.timeout); err != nil {
			return err
		}
	}
	select {
	case <-behind.gaveUp:
		fmt.Fprintln(out, "the catalog has given up, too")
	case <-time.After(5 * time.Second):
		return errors.New("the catalog goes on looking for the anvil")
	}
	return nil
}

// call makes a request and prints the response.
func call(out io.Writer, what, url, body, token, timeout string) error {
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if timeout != "" {
		req.Header.Set("Connect-Timeout-Ms", timeout)
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
	fmt.Fprintf(out, "%s: %d\n  %s\n", what, res.StatusCode, text)
	return nil
}
