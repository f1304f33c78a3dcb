package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	shopv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/shop/v1"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/wiretap"
)

// A stage is where the scenes are played, each a call that has to go as it should.
type stage struct {
	p   *printer
	h   *house
	saw *witness

	clients []*curlew.Client
	orders  ordersv1.OrdersClient
	shop    shopv1.ShopClient
	toOrder *wiretap.Tap // what passes between the client and each service
	toShop  *wiretap.Tap

	earlier []*ordersv1.Order // what the store held before
	express *ordersv1.Order   // what scenes leave to later ones
	slow    int32

	scenes, failures int
}

func newStage(p *printer, h *house, saw *witness) (*stage, error) {
	s := &stage{p: p, h: h, saw: saw, toOrder: wiretap.New(messageOf), toShop: wiretap.New(messageOf)}
	var err error
	if s.earlier, err = h.store.All(); err != nil {
		return nil, err
	}
	client := func(addr string, tap *wiretap.Tap) *curlew.Client {
		c, cerr := curlew.NewClient(addr, curlew.WithDialer(tap.Dial), curlew.WithUserAgent("curlew-demo"))
		if cerr != nil {
			err = cerr
			return nil
		}
		s.clients = append(s.clients, c)
		return c
	}
	toOrders, toShop := client(h.ordersHost.addr, s.toOrder), client(h.shopHost.addr, s.toShop)
	if err != nil {
		s.close()
		return nil, err
	}
	s.orders, s.shop = ordersv1.NewOrdersClient(toOrders), shopv1.NewShopClient(toShop)
	return s, nil
}

func (s *stage) close() {
	for _, c := range s.clients {
		c.Close()
	}
}

func (s *stage) intro() {
	b := s.p.style.Bold
	s.p.line("%s on %s, and the shop that calls it on %s.", b("A service that keeps track of orders"), s.h.ordersHost.addr, s.h.shopHost.addr)
	switch n := len(s.earlier); n {
	case 0:
		s.p.line("Its store is new: %s", s.h.store.Path())
	default:
		s.p.line("Its store holds the %s of earlier runs: %s", count(n, "order"), s.h.store.Path())
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// sceneTime bounds a scene: it is the deadline of its calls, too.
const sceneTime = 10 * time.Second

// settleTime is how long a scene waits for frames that are still to come when its
// call has returned.
const settleTime = 2 * time.Second

// A scene is a call, and how it should go.
type scene struct {
	title string
	about string
	whole bool // show all header fields
	// call returns how the call went, or an error if that is not as it should be.
	call func(context.Context) (string, error)
	// handlers is how many handlers' beginning and end are shown too.
	handlers int
	// check judges what handlers saw.
	check func([]note) error
}

// play plays all scenes.
func (s *stage) play(ctx context.Context) {
	if err := s.prepare(ctx); err != nil {
		s.failures++
		s.p.line("%s %v", s.p.style.Red("✗"), err)
		return
	}
	for _, sc := range s.script() {
		if ctx.Err() != nil {
			return
		}
		s.scenes++
		s.perform(ctx, sc)
	}
}

// prepare makes the connections that no scene shows.
func (s *stage) prepare(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, sceneTime)
	defer cancel()
	for _, c := range []*curlew.Client{s.clients[1], s.h.between} {
		if err := c.Ready(limited); err != nil {
			return err
		}
	}
	for _, tap := range []*wiretap.Tap{s.toShop, s.h.tap} {
		if err := tap.Settle(limited); err != nil {
			return err
		}
		tap.Take()
	}
	return nil
}

func (s *stage) perform(ctx context.Context, sc scene) {
	s.p.line("")
	s.p.line("%s  %s", s.p.style.Bold(fmt.Sprintf("%d. %s", s.scenes, sc.title)), s.p.style.Dim(sc.about))
	limited, cancel := context.WithTimeout(ctx, sceneTime)
	defer cancel()
	var notes func(context.Context) []note
	if sc.handlers > 0 {
		notes = s.saw.listen(sc.handlers)
	}
	line := &timeline{style: s.p.style, start: time.Now(), whole: sc.whole}
	went, err := sc.call(limited)
	took := time.Since(line.start)

	settle, stop := context.WithTimeout(ctx, settleTime)
	defer stop()
	if notes != nil {
		seen := notes(settle)
		line.addNotes(seen)
		if err == nil {
			err = sc.check(seen)
		}
	}
	for _, tap := range []*wiretap.Tap{s.toShop, s.h.tap, s.toOrder} {
		_ = tap.Settle(settle) // what is late is shown with the next scene
	}
	line.add("client", "shop", s.toShop.Take())
	line.add("shop", "orders", s.h.tap.Take())
	line.add("client", "orders", s.toOrder.Take())
	line.print(s.p)
	if err != nil {
		s.failures++
		s.p.line("   %s %v", s.p.style.Red("✗"), err)
		return
	}
	went, more, _ := strings.Cut(went, "\n")
	s.p.line("   %s %s, after %s", s.p.style.Green("✓"), went, ms(took))
	if more != "" {
		s.p.line("     %s", more)
	}
}

// summary reports whether all went well.
func (s *stage) summary() bool {
	s.p.line("")
	if s.failures > 0 {
		s.p.line("%s", s.p.style.Red("Not everything went as it should."))
		return false
	}
	s.p.line("%s", s.p.style.Green("Everything went as it should."))
	all, err := s.h.store.All()
	if err != nil {
		s.p.line("%v", err)
		return false
	}
	s.p.line("The store holds %s now. The next run will find them there.", count(len(all), "order"))
	return true
}
