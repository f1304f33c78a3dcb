package demo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/curlew-rpc/curlew"
	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	shopv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/shop/v1"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
)

// script returns the scenes in their order.
func (s *stage) script() []scene {
	scenes := []scene{
		{title: "Connect", about: "both sides open with their settings", call: s.connect},
		{title: "CreateOrder", about: "unary: one request, one response", call: s.create},
		{title: "GetOrder", about: "unary: header fields sent before take one byte each now", call: s.get},
		{title: "GetOrder of no order", about: "an error with a typed detail", call: s.getNone},
		{title: "WatchOrder", about: "server streaming: events as they happen", call: s.watch},
		{title: "ImportOrders", about: "client streaming: all orders or none", call: s.bulk},
		{title: "Support", about: "bidirectional: a chat", call: s.chat},
		{
			title: "AwaitDelivery", about: "150 ms, through two services: nobody passes the deadline on by hand",
			call: s.await, handlers: 2, check: checkHops,
		},
	}
	if len(s.earlier) > 0 {
		again := scene{title: "GetOrder", about: "an order of an earlier run", call: s.getEarlier}
		scenes = slices.Insert(scenes, 1, again)
	}
	scenes[1].whole = true // later calls have the same fields
	return scenes
}

func (s *stage) connect(ctx context.Context) (string, error) {
	return "connected", s.clients[0].Ready(ctx)
}

func (s *stage) getEarlier(ctx context.Context) (string, error) {
	want := s.earlier[len(s.earlier)-1]
	got, err := s.orders.GetOrder(ctx, &ordersv1.GetOrderRequest{Id: want.GetId()})
	if err != nil {
		return "", err
	}
	if got.GetState() < want.GetState() || !proto.Equal(withoutState(got), withoutState(want)) {
		return "", fmt.Errorf("got %s, but the store had %s", msgjson.Format{}.Line(got), msgjson.Format{}.Line(want))
	}
	return "OK, it is still there", nil
}

func withoutState(o *ordersv1.Order) *ordersv1.Order {
	o = proto.CloneOf(o)
	o.State = 0
	return o
}

func (s *stage) create(ctx context.Context) (string, error) {
	req := &ordersv1.CreateOrderRequest{Item: "binoculars 8x42", Quantity: 1, Speed: ordersv1.Speed_SPEED_EXPRESS}
	o, err := s.orders.CreateOrder(ctx, req)
	if err != nil {
		return "", err
	}
	if o.GetId() < 1 || o.GetItem() != req.GetItem() || o.GetState() != ordersv1.State_STATE_PLACED {
		return "", fmt.Errorf("got %s for %s", msgjson.Format{}.Line(o), msgjson.Format{}.Line(req))
	}
	s.express = o
	return "OK", nil
}

func (s *stage) get(ctx context.Context) (string, error) {
	o, err := s.orders.GetOrder(ctx, &ordersv1.GetOrderRequest{Id: s.express.GetId()})
	if err != nil {
		return "", err
	}
	if !proto.Equal(withoutState(o), withoutState(s.express)) {
		return "", fmt.Errorf("got %s", msgjson.Format{}.Line(o))
	}
	return "OK", nil
}

func (s *stage) getNone(ctx context.Context) (string, error) {
	_, err := s.orders.GetOrder(ctx, &ordersv1.GetOrderRequest{Id: 1_000_000})
	if !errors.Is(err, curlew.NotFound) {
		return "", fmt.Errorf("got %v, where NOT_FOUND was to come", err)
	}
	for detail := range curlew.Details[*errdetails.ResourceInfo](err) {
		return fmt.Sprintf("%v, as it should be\ngoogle.rpc.ResourceInfo %s", curlew.CodeOf(err), msgjson.Format{}.Line(detail)), nil
	}
	return "", fmt.Errorf("%w came without its detail", err)
}

func (s *stage) watch(ctx context.Context) (string, error) {
	last := ordersv1.State_STATE_UNSPECIFIED
	for event, err := range s.orders.WatchOrder(ctx, &ordersv1.WatchOrderRequest{Id: s.express.GetId()}) {
		if err != nil {
			return "", err
		}
		if event.GetState() != last+1 {
			return "", fmt.Errorf("%v came after %v", event.GetState(), last)
		}
		last = event.GetState()
	}
	if last != ordersv1.State_STATE_DELIVERED {
		return "", fmt.Errorf("the events ended with %v", last)
	}
	return "OK", nil
}

func (s *stage) bulk(ctx context.Context) (string, error) {
	sum, err := s.orders.ImportOrders(ctx, oneByOne(
		&ordersv1.CreateOrderRequest{Item: "tripod", Quantity: 1},
		&ordersv1.CreateOrderRequest{Item: "field guide", Quantity: 2},
		&ordersv1.CreateOrderRequest{Item: "rain cape", Quantity: 3},
	))
	if err != nil {
		return "", err
	}
	if sum.GetImported() != 3 || sum.GetFirstId() <= s.express.GetId() || sum.GetLastId() != sum.GetFirstId()+2 {
		return "", fmt.Errorf("got %s", msgjson.Format{}.Line(sum))
	}
	s.slow = sum.GetLastId()
	return "OK", nil
}

func (s *stage) chat(ctx context.Context) (string, error) {
	chat, err := s.orders.Support(ctx)
	if err != nil {
		return "", err
	}
	defer chat.Close()
	questions := []string{"Hello!", fmt.Sprintf("Where is order %d?", s.slow)}
	for _, q := range questions {
		if err := chat.Send(&ordersv1.ChatMessage{From: "Robin", Text: q}); err != nil {
			return "", err
		}
		if _, err := chat.Recv(); err != nil {
			return "", err
		}
	}
	if err := chat.CloseSend(); err != nil {
		return "", err
	}
	rest := 0
	for _, err := range chat.All() {
		if err != nil {
			return "", err
		}
		rest++
	}
	if rest != 1 {
		return "", fmt.Errorf("%d messages came after the questions, where one was to come", rest)
	}
	return "OK", nil
}

// awaitTime is less than any order takes that is not urgent.
const awaitTime = 150 * time.Millisecond

func (s *stage) await(ctx context.Context) (string, error) {
	begun := time.Now()
	_, err := s.shop.With(curlew.Timeout(awaitTime)).AwaitDelivery(ctx, &shopv1.AwaitDeliveryRequest{OrderId: s.slow})
	if !errors.Is(err, curlew.DeadlineExceeded) {
		return "", fmt.Errorf("got %v, where DEADLINE_EXCEEDED was to come", err)
	}
	if took := time.Since(begun); took < awaitTime {
		return "", fmt.Errorf("got %w after %v already", err, took)
	}
	return "DEADLINE_EXCEEDED, as it should be", nil
}

// checkHops judges what the handlers of the two services saw of the deadline.
func checkHops(notes []note) error {
	left, ended := awaitTime, 0
	for _, n := range notes {
		switch {
		case n.ended && n.cut == nil:
			return fmt.Errorf("%s of %s ended by itself: %v", n.method, n.who, n.err)
		case n.ended:
			ended++
		case n.left <= 0 || n.left > left:
			return fmt.Errorf("%s of %s began with %v left, the one before it with %v", n.method, n.who, n.left, left)
		default:
			left = n.left
		}
	}
	if ended != 2 {
		return fmt.Errorf("%d of 2 handlers ended within %v after the deadline", ended, settleTime)
	}
	return nil
}

// oneByOne yields values as they would come from a person, so that each is seen to
// cross the wire by itself: what is sent at once travels together.
func oneByOne[T any](values ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}
