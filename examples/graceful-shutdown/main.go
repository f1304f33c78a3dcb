// Graceful-shutdown shows a server that leaves while its clients go on calling, another
// one that takes its port over, and that no call is lost on the way; and what becomes of
// a call that does not end in time. It needs Linux, where two processes may listen on a
// port, which here are two servers of one process.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew"
	shopv1 "github.com/curlew-rpc/curlew/examples/proto/shop/v1"
	"github.com/curlew-rpc/curlew/health"
)

// A shop implements shopv1.ShopService. Most orders are quick; that of an anvil ends
// when somebody delivers it, or the server gives up.
type shop struct {
	orders   atomic.Int32
	ordered  chan struct{} // an anvil
	delivery chan struct{}
}

func (s *shop) Order(ctx context.Context, req *shopv1.OrderRequest) (*shopv1.OrderResponse, error) {
	s.orders.Add(1)
	if req.GetArticle() == "anvil" {
		s.ordered <- struct{}{}
		select {
		case <-s.delivery:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return &shopv1.OrderResponse{Shelf: "B7"}, nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	old, oldShop, address, err := serve(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer old.Close()
	client, err := curlew.NewClient("passthrough:///" + address)
	if err != nil {
		return err
	}
	defer client.Close()
	orders := shopv1.NewShopServiceClient(client)
	load := begin(ctx, orders)

	// A call that is under way when the server is told to leave, and after that.
	anvil := curlew.Go(ctx, orders.Order, &shopv1.OrderRequest{Article: "anvil"})
	<-oldShop.ordered

	// The next version of the program starts, and gets all new connections.
	next, nextShop, _, err := serve(ctx, address)
	if err != nil {
		return err
	}
	defer next.Close()

	// The old one takes itself off the lists by which clients find it, and goes on
	// for a while: not everybody has seen that at once.
	old.OnShutdown(func() { fmt.Fprintln(out, "the old server is to leave") })
	old.OnDeregister(func(context.Context) error {
		fmt.Fprintln(out, "it is taken off the lists")
		time.AfterFunc(200*time.Millisecond, func() { close(oldShop.delivery) })
		return nil
	})
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	report, err := old.Drain(limited)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "it had a client: %t; calls were open and have finished: %t; calls were canceled: %d\n",
		report.Connections > 0, report.Finished > 0, report.Canceled)
	if _, err := anvil.Wait(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "the anvil is delivered")

	for nextShop.orders.Load() < 100 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	lost := load.end()
	fmt.Fprintf(out, "both servers had orders: %t; orders that were lost: %d\n", oldShop.orders.Load() > 0, lost)
	return impatient(ctx, out, next, nextShop, orders)
}

// impatient shuts a server down that has a call which does not end.
func impatient(ctx context.Context, out io.Writer, srv *curlew.Server, s *shop, orders shopv1.ShopServiceClient) error {
	anvil := curlew.Go(ctx, orders.Order, &shopv1.OrderRequest{Article: "anvil"})
	<-s.ordered
	limited, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	report, err := srv.Drain(limited)
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the shutdown ended too soon: %w", err)
	}
	fmt.Fprintln(out, "time is up; calls that were canceled:", report.Canceled)
	_, err = anvil.Wait(ctx)
	fmt.Fprintln(out, "the anvil:", err)
	return nil
}

// A load is orders without a pause. An order may not be repeated, so only what no server
// has seen is sent again.
type load struct {
	stop atomic.Bool
	lost atomic.Int32
	wg   sync.WaitGroup
}

// begin begins to order, eight at a time.
func begin(ctx context.Context, orders shopv1.ShopServiceClient) *load {
	l := new(load)
	for range 8 {
		l.wg.Go(func() {
			for !l.stop.Load() && ctx.Err() == nil {
				if _, err := orders.Order(ctx, &shopv1.OrderRequest{Article: "kettle"}); err != nil {
					l.lost.Add(1)
				}
			}
		})
	}
	return l
}

// end ends the load and returns how many orders have failed.
func (l *load) end() int32 {
	l.stop.Store(true)
	l.wg.Wait()
	return l.lost.Load()
}

// serve starts a server that can take a port over, and hand it over.
func serve(ctx context.Context, address string) (*curlew.Server, *shop, string, error) {
	l, err := curlew.Listen(ctx, address, curlew.HandOver())
	if err != nil {
		return nil, nil, "", err
	}
	s := &shop{ordered: make(chan struct{}), delivery: make(chan struct{})}
	srv := curlew.NewServer(curlew.WithLameDuck(50 * time.Millisecond)) // in a cluster, seconds
	shopv1.RegisterShopService(srv, s)
	health.New().Register(srv) // says NOT_SERVING as soon as the server is to leave
	go srv.Serve(l)
	return srv, s, l.Addr().String(), nil
}
