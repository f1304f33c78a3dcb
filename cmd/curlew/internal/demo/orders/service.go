// Package orders is the service of the demonstration: a shop's orders, in a store
// that survives a restart.
package orders

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

// Service implements ordersv1.Orders.
type Service struct {
	store *Store
	depot *depot
	stop  context.CancelFunc
	done  chan struct{}
}

// New returns a service that has what is left to do in the store carried out until
// it is closed. The store must stay open that long.
func New(store *Store, log *slog.Logger) (*Service, error) {
	all, err := store.All()
	if err != nil {
		return nil, err
	}
	s := &Service{store: store, depot: newDepot(store, log), done: make(chan struct{})}
	for _, o := range all {
		if o.GetState() == ordersv1.State_STATE_DELIVERED {
			continue
		}
		events, err := store.Events(o.GetId())
		if err != nil {
			return nil, err
		}
		s.depot.take(o, events[len(events)-1].GetAt().AsTime())
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go func() {
		defer close(s.done)
		s.depot.run(ctx)
	}()
	return s, nil
}

// Close ends what New has started.
func (s *Service) Close() {
	s.stop()
	<-s.done
}

// CreateOrder takes an order.
func (s *Service) CreateOrder(_ context.Context, req *ordersv1.CreateOrderRequest) (*ordersv1.Order, error) {
	if err := check(req); err != nil {
		return nil, err
	}
	added, err := s.add(req)
	if err != nil {
		return nil, err
	}
	return added[0], nil
}

func (s *Service) add(reqs ...*ordersv1.CreateOrderRequest) ([]*ordersv1.Order, error) {
	now := clock()
	added, err := s.store.Add(now, reqs...)
	if err != nil {
		return nil, storeFailed(err)
	}
	for _, o := range added {
		s.depot.take(o, now)
	}
	return added, nil
}

// clock returns the time in milliseconds, which are easier to read.
func clock() time.Time { return time.Now().Truncate(time.Millisecond) }

// check says what is wrong with an order, in words and as google.rpc.BadRequest.
func check(req *ordersv1.CreateOrderRequest) error {
	var wrong []*errdetails.BadRequest_FieldViolation
	if strings.TrimSpace(req.GetItem()) == "" {
		wrong = append(wrong, &errdetails.BadRequest_FieldViolation{Field: "item", Description: "is empty"})
	}
	if req.GetQuantity() < 1 {
		wrong = append(wrong, &errdetails.BadRequest_FieldViolation{Field: "quantity", Description: "must be at least 1"})
	}
	if len(wrong) == 0 {
		return nil
	}
	return curlew.Errorf(curlew.InvalidArgument, "%s %s", wrong[0].GetField(), wrong[0].GetDescription()).
		With(&errdetails.BadRequest{FieldViolations: wrong})
}

// GetOrder returns an order.
func (s *Service) GetOrder(_ context.Context, req *ordersv1.GetOrderRequest) (*ordersv1.Order, error) {
	o, err := s.store.Get(req.GetId())
	if err != nil {
		return nil, orderFailed(req.GetId(), err)
	}
	return o, nil
}

// WatchOrder sends an order's events.
func (s *Service) WatchOrder(ctx context.Context, req *ordersv1.WatchOrderRequest, stream curlew.Sender[*ordersv1.OrderEvent]) error {
	for sent := 0; ; {
		changed := s.depot.changed(req.GetId()) // asked for first, so that no change is missed
		events, err := s.store.Events(req.GetId())
		if err != nil {
			return orderFailed(req.GetId(), err)
		}
		for ; sent < len(events); sent++ {
			if err := stream.Send(events[sent]); err != nil {
				return err
			}
		}
		if events[sent-1].GetState() == ordersv1.State_STATE_DELIVERED {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// maxImport bounds what one import makes the service hold.
const maxImport = 10_000

// ImportOrders takes many orders in one transaction.
func (s *Service) ImportOrders(_ context.Context, reqs iter.Seq2[*ordersv1.CreateOrderRequest, error]) (*ordersv1.ImportSummary, error) {
	var all []*ordersv1.CreateOrderRequest
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		if len(all) == maxImport {
			return nil, curlew.Errorf(curlew.ResourceExhausted, "more than %d orders in one import", maxImport)
		}
		if err := check(req); err != nil {
			return nil, curlew.Errorf(curlew.InvalidArgument, "order %d of the import: %s", len(all)+1, messageOf(err))
		}
		all = append(all, req)
	}
	if len(all) == 0 {
		return &ordersv1.ImportSummary{}, nil
	}
	added, err := s.add(all...)
	if err != nil {
		return nil, err
	}
	return &ordersv1.ImportSummary{
		Imported: int32(len(added)),
		FirstId:  added[0].GetId(),
		LastId:   added[len(added)-1].GetId(),
	}, nil
}

func messageOf(err error) string {
	var e *curlew.Error
	if errors.As(err, &e) {
		return e.Message()
	}
	return err.Error()
}

// Support answers questions about orders.
func (s *Service) Support(_ context.Context, stream *curlew.Duplex[*ordersv1.ChatMessage, *ordersv1.ChatMessage]) error {
	for msg, err := range stream.All() {
		if err != nil {
			return err
		}
		answer, err := s.answer(msg.GetText())
		if err != nil {
			return err
		}
		if err := stream.Send(&ordersv1.ChatMessage{From: "support", Text: answer}); err != nil {
			return err
		}
	}
	return stream.Send(&ordersv1.ChatMessage{From: "support", Text: "Good-bye!"})
}

var aboutOrder = regexp.MustCompile(`(?i)\border\D{0,3}(\d{1,9})\b`)

func (s *Service) answer(question string) (string, error) {
	m := aboutOrder.FindStringSubmatch(question)
	if m == nil {
		return "How can I help? Ask me about an order, by its number.", nil
	}
	id, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil {
		return "", err
	}
	o, err := s.store.Get(int32(id))
	switch {
	case errors.Is(err, ErrNoOrder):
		return fmt.Sprintf("I cannot find order %d.", id), nil
	case err != nil:
		return "", storeFailed(err)
	}
	return fmt.Sprintf("Order %d (%d × %s) is %s.", id, o.GetQuantity(), o.GetItem(), inWords[o.GetState()]), nil
}

var inWords = map[ordersv1.State]string{
	ordersv1.State_STATE_PLACED:    "waiting to be packed",
	ordersv1.State_STATE_PACKED:    "packed",
	ordersv1.State_STATE_SHIPPED:   "on its way",
	ordersv1.State_STATE_DELIVERED: "delivered",
}

func orderFailed(id int32, err error) error {
	if errors.Is(err, ErrNoOrder) {
		return curlew.Errorf(curlew.NotFound, "no order %d", id).With(&errdetails.ResourceInfo{
			ResourceType: "demo.orders.v1.Order",
			ResourceName: strconv.Itoa(int(id)),
			Description:  "ids count from 1, in the order in which orders are placed",
		})
	}
	return storeFailed(err)
}

func storeFailed(err error) error {
	return curlew.Errorf(curlew.Internal, "the store failed").Because(err)
}
