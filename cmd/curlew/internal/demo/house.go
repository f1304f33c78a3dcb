package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders"
	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/page"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/shop"
	shopv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/shop/v1"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/wiretap"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/reflection"
)

// A house is the two services, each with a server and a socket of its own.
type house struct {
	store  *orders.Store
	orders *orders.Service
	// between is the client of the shop's service, and tap what passes through it.
	between *curlew.Client
	tap     *wiretap.Tap

	ordersHost, shopHost *host
	failed               chan error // a server has stopped by itself
}

// A host is a server and where it listens.
type host struct {
	name   string
	addr   string
	server *curlew.Server
	health *health.Checker
	done   chan struct{}
}

// open starts the services.
func open(ctx context.Context, addr, dir string, saw *witness) (*house, error) {
	h := &house{tap: wiretap.New(messageOf), failed: make(chan error, 2)}
	if err := h.start(ctx, addr, dir, saw); err != nil {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		return nil, errors.Join(err, h.close(ended))
	}
	return h, nil
}

func (h *house) start(ctx context.Context, addr, dir string, saw *witness) (err error) {
	if h.store, err = orders.OpenStore(dir); err != nil {
		return fmt.Errorf("%w; if another demo is running, give this one a directory of its own by --data", err)
	}
	if h.orders, err = orders.New(h.store, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	h.ordersHost, err = h.serve(ctx, "orders", addr, saw, func(s *curlew.Server) string {
		ordersv1.RegisterOrders(s, h.orders)
		return ordersv1.OrdersName
	}, page.Enable())
	if err != nil {
		return err
	}
	if h.between, err = curlew.NewClient(h.ordersHost.addr, curlew.WithDialer(h.tap.Dial)); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(h.ordersHost.addr)
	if err != nil {
		return err
	}
	h.shopHost, err = h.serve(ctx, "shop", net.JoinHostPort(host, "0"), saw, func(s *curlew.Server) string {
		shopv1.RegisterShop(s, &shop.Service{Orders: ordersv1.NewOrdersClient(h.between)})
		return shopv1.ShopName
	})
	return err
}

// serve starts a server with the service that register registers, whose name it
// returns.
func (h *house) serve(ctx context.Context, name, addr string, saw *witness, register func(*curlew.Server) string, opts ...curlew.ServerOption) (*host, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w; choose another address by --addr, or port 0 for a free one", err)
	case err != nil:
		return nil, err
	}
	o := &host{
		name:   name,
		addr:   l.Addr().String(),
		server: curlew.NewServer(append(opts, curlew.WithInterceptors(saw.interceptor(name)))...),
		health: health.New(),
		done:   make(chan struct{}),
	}
	o.health.Set(register(o.server), health.Serving)
	o.health.Register(o.server)
	reflection.Register(o.server)
	go func() {
		defer close(o.done)
		if err := o.server.Serve(l); !errors.Is(err, curlew.ErrServerClosed) {
			h.failed <- fmt.Errorf("serving %s: %w", name, err)
		}
	}()
	return o, nil
}

// close stops everything; calls that are open may finish until ctx ends.
func (h *house) close(ctx context.Context) error {
	h.shopHost.close(ctx)
	if h.between != nil {
		h.between.Close()
	}
	h.ordersHost.close(ctx)
	if h.orders != nil {
		h.orders.Close()
	}
	if h.store == nil {
		return nil
	}
	return h.store.Close()
}

// close stops a server. Calls that are cut off are not an error: they were told.
func (o *host) close(ctx context.Context) {
	if o == nil {
		return
	}
	o.health.Shutdown()
	_ = o.server.Shutdown(ctx)
	<-o.done
}
