// Deadlines shows a deadline that crosses two servers: a client calls a shop,
// the shop calls the stock, and the stock is slow. When the client's time is up,
// all three know.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/curlew-rpc/curlew"
	shopv1 "github.com/curlew-rpc/curlew/examples/proto/shop/v1"
)

// stock implements shopv1.StockService.
type stock struct {
	ended chan<- error // why it gave up
}

func (s stock) Reserve(ctx context.Context, req *shopv1.ReserveRequest) (*shopv1.ReserveResponse, error) {
	takes := time.Millisecond
	if req.GetArticle() == "anvil" {
		takes = time.Minute
	}
	select {
	case <-time.After(takes):
		return &shopv1.ReserveResponse{Shelf: "B7"}, nil
	case <-ctx.Done():
		// Nobody waits any more: do not go on working for them.
		s.ended <- ctx.Err()
		return nil, ctx.Err()
	}
}

// shop implements shopv1.ShopService.
type shop struct {
	stock shopv1.StockServiceClient
}

func (s shop) Order(ctx context.Context, req *shopv1.OrderRequest) (*shopv1.OrderResponse, error) {
	// The call inherits the deadline with the context, less the time that has
	// passed, and is cancelled with it.
	res, err := s.stock.Reserve(ctx, &shopv1.ReserveRequest{Article: req.GetArticle()})
	if err != nil {
		return nil, err
	}
	return &shopv1.OrderResponse{Shelf: res.GetShelf()}, nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	ended := make(chan error, 1)
	stockClient, stop, err := serve(func(srv *curlew.Server) {
		shopv1.RegisterStockService(srv, stock{ended})
	})
	if err != nil {
		return err
	}
	defer stop()
	shopClient, stop, err := serve(func(srv *curlew.Server) {
		shopv1.RegisterShopService(srv, shop{shopv1.NewStockServiceClient(stockClient)})
	})
	if err != nil {
		return err
	}
	defer stop()

	// A call without a deadline may take for ever: give every call one.
	orders := shopv1.NewShopServiceClient(shopClient).With(curlew.Timeout(5 * time.Second))
	res, err := orders.Order(context.Background(), &shopv1.OrderRequest{Article: "kettle"})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "the kettle is on shelf", res.GetShelf())

	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err = orders.Order(ctx, &shopv1.OrderRequest{Article: "anvil"})
	fmt.Fprintln(out, "the anvil:", curlew.CodeOf(err), errors.Is(err, context.DeadlineExceeded))
	select {
	case <-ended:
		fmt.Fprintln(out, "the stock has given up, too")
	case <-time.After(5 * time.Second):
		return errors.New("the stock goes on looking for the anvil")
	}
	return nil
}

// serve starts a server and returns a client of it.
func serve(register func(*curlew.Server)) (*curlew.Client, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	srv := curlew.NewServer()
	register(srv)
	go srv.Serve(l)
	client, err := curlew.NewClient(l.Addr().String())
	if err != nil {
		srv.Close()
		return nil, nil, err
	}
	return client, func() {
		client.Close()
		srv.Close()
	}, nil
}
