package main

import (
	"context"
	"sync/atomic"

	"github.com/curlew-rpc/curlew"
	storefrontv1 "github.com/curlew-rpc/curlew/examples/proto/storefront/v1"
)

// A mood is how a service behind is.
type mood int32

const (
	well mood = iota
	down
	hanging
)

// backends are the services behind the storefront. They speak gRPC only.
type backends struct {
	mood   atomic.Int32  // of the reviews
	gaveUp chan struct{} // gets one when the catalog has
}

func newBackends() *backends { return &backends{gaveUp: make(chan struct{}, 1)} }

func (b *backends) setReviews(m mood) { b.mood.Store(int32(m)) }

func (b *backends) catalogServer() *curlew.Server {
	srv := curlew.NewServer(curlew.WithInterceptors(signedIn))
	storefrontv1.RegisterCatalogService(srv, catalog{b})
	return srv
}

func (b *backends) reviewsServer() *curlew.Server {
	srv := curlew.NewServer(curlew.WithInterceptors(signedIn))
	storefrontv1.RegisterReviewService(srv, reviews{b})
	return srv
}

// signedIn lets calls pass that carry a token of somebody known. Each service checks it
// itself: none trusts another to have done so.
func signedIn(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	if token, ok := bearer(call); !ok || token != "ada" {
		return curlew.Errorf(curlew.Unauthenticated, "the token is not valid")
	}
	return next(ctx, call)
}

type catalog struct{ *backends }

func (c catalog) GetProduct(ctx context.Context, req *storefrontv1.GetProductRequest) (*storefrontv1.Product, error) {
	switch req.GetSku() {
	case "binoculars":
		return &storefrontv1.Product{Sku: "binoculars", Name: "Binoculars 8x42", PriceCents: 12900}, nil
	case "anvil":
		<-ctx.Done() // it is heavy
		c.gaveUp <- struct{}{}
		return nil, ctx.Err()
	}
	return nil, curlew.Errorf(curlew.NotFound, "there is no product %s", req.GetSku())
}

type reviews struct{ *backends }

func (r reviews) ListReviews(ctx context.Context, _ *storefrontv1.ListReviewsRequest) (*storefrontv1.ListReviewsResponse, error) {
	switch mood(r.mood.Load()) {
	case down:
		return nil, curlew.Errorf(curlew.Unavailable, "the database is gone")
	case hanging:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &storefrontv1.ListReviewsResponse{Reviews: []*storefrontv1.Review{{Stars: 5, Text: "I see birds."}}}, nil
}
