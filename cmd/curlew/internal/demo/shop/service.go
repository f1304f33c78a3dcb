// Package shop is the second service of the demonstration. It does nothing by
// itself: it calls the service of package orders.
package shop

import (
	"context"

	"github.com/curlew-rpc/curlew"
	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	shopv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/shop/v1"
)

// Service implements shopv1.Shop.
type Service struct {
	Orders ordersv1.OrdersClient
}

// AwaitDelivery watches the order until it has been delivered. The context it
// calls with is the handler's, so the deadline goes along, and the calls end when
// this one does.
func (s *Service) AwaitDelivery(ctx context.Context, req *shopv1.AwaitDeliveryRequest) (*ordersv1.Order, error) {
	last := ordersv1.State_STATE_UNSPECIFIED
	for event, err := range s.Orders.WatchOrder(ctx, &ordersv1.WatchOrderRequest{Id: req.GetOrderId()}) {
		if err != nil {
			return nil, err
		}
		last = event.GetState()
	}
	if last != ordersv1.State_STATE_DELIVERED {
		return nil, curlew.Errorf(curlew.Internal, "the events of order %d ended with %s", req.GetOrderId(), last)
	}
	return s.Orders.GetOrder(ctx, &ordersv1.GetOrderRequest{Id: req.GetOrderId()})
}
