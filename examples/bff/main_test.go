package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	storefrontv1 "github.com/curlew-rpc/curlew/examples/proto/storefront/v1"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	const want = `a page: 200
  {"product":{"sku":"binoculars","name":"Binoculars 8x42","priceCents":"12900"},"reviews":[{"stars":5,"text":"I see birds."}]}
the same by Connect: 200
  {"product":{"sku":"binoculars","name":"Binoculars 8x42","priceCents":"12900"},"reviews":[{"stars":5,"text":"I see birds."}]}
the reviews are down: 200
  {"product":{"sku":"binoculars","name":"Binoculars 8x42","priceCents":"12900"},"missing":["reviews"]}
the reviews hang: 200
  {"product":{"sku":"binoculars","name":"Binoculars 8x42","priceCents":"12900"},"missing":["reviews"]}
no such product: 404
  {"code":5,"message":"there is no product unicorn"}
nobody's token: 401
  {"code":16,"message":"the token is not valid"}
no token: 401
  {"code":16,"message":"sign in first"}
the catalog hangs: 504
  {"code":4,"message":"the deadline has passed"}
the catalog has given up, too
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}

// late is a catalog that says how long it is given.
type late struct{ left chan<- time.Duration }

func (l late) GetProduct(ctx context.Context, _ *storefrontv1.GetProductRequest) (*storefrontv1.Product, error) {
	deadline, _ := ctx.Deadline()
	l.left <- time.Until(deadline)
	return nil, curlew.Errorf(curlew.Internal, "db-7: password hunter2 refused")
}

// The catalog has the browser's deadline, and what it says of its failure stays inside.
func TestWhatIsPassedOn(t *testing.T) {
	left := make(chan time.Duration, 10) // the call may be repeated
	front := &storefront{}
	s := curlewtest.NewServer(t, func(s *curlew.Server) {
		storefrontv1.RegisterCatalogService(s, late{left})
		storefrontv1.RegisterReviewService(s, reviews{newBackends()})
		storefrontv1.RegisterStorefrontService(s, front)
	})
	front.catalog, front.reviews = storefrontv1.NewCatalogServiceClient(s.Client), storefrontv1.NewReviewServiceClient(s.Client)
	c := storefrontv1.NewStorefrontServiceClient(s.Client).With(curlew.Timeout(time.Minute))
	_, err := c.GetProductPage(t.Context(), &storefrontv1.GetProductPageRequest{Sku: "binoculars"})
	if !errors.Is(err, curlew.Unavailable) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the browser is told %v", err)
	}
	if d := <-left; d <= 0 || d > time.Minute {
		t.Errorf("the catalog has %v", d)
	}
}
