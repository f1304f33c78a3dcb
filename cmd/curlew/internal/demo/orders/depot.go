package orders

import (
	"context"
	"log/slog"
	"sync"
	"time"

	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
)

// How long an order stays in a state.
const (
	standardPace = 5 * time.Second
	expressPace  = 40 * time.Millisecond
)

// A depot carries orders out: it puts each into its next state when that is due,
// and tells those who wait for the change.
type depot struct {
	store *Store
	log   *slog.Logger
	wake  chan struct{} // there may be something due earlier than thought

	mu      sync.Mutex
	due     map[int32]time.Time     // of orders that are not delivered
	waiting map[int32]chan struct{} // closed at the next change of the order
}

func newDepot(store *Store, log *slog.Logger) *depot {
	return &depot{
		store:   store,
		log:     log,
		wake:    make(chan struct{}, 1),
		due:     make(map[int32]time.Time),
		waiting: make(map[int32]chan struct{}),
	}
}

// take has the depot carry out an order that was put into its state at a time.
func (d *depot) take(o *ordersv1.Order, since time.Time) {
	pace := standardPace
	if o.GetSpeed() == ordersv1.Speed_SPEED_EXPRESS {
		pace = expressPace
	}
	d.mu.Lock()
	if o.GetState() == ordersv1.State_STATE_DELIVERED {
		delete(d.due, o.GetId())
	} else {
		d.due[o.GetId()] = since.Add(pace)
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// changed returns what is closed when the order changes next. It is closed already
// if nothing will be done to it, or nothing is known of it yet.
func (d *depot) changed(id int32) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.due[id]; !ok {
		return closed
	}
	if d.waiting[id] == nil {
		d.waiting[id] = make(chan struct{})
	}
	return d.waiting[id]
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (d *depot) announce(id int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.waiting[id]; c != nil {
		close(c)
		delete(d.waiting, id)
	}
}

// run works until ctx ends.
func (d *depot) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		id, at := d.next()
		if id != 0 {
			timer.Reset(time.Until(at))
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-timer.C:
			if id != 0 {
				d.advance(id)
			}
		}
	}
}

// next returns the order that is due first, or 0.
func (d *depot) next() (id int32, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, t := range d.due {
		if id == 0 || t.Before(at) || t.Equal(at) && i < id {
			id, at = i, t
		}
	}
	return id, at
}

func (d *depot) advance(id int32) {
	now := clock()
	o, err := d.store.Advance(now, id)
	if err != nil {
		d.log.Error("an order cannot be carried out", "order", id, "err", err)
		d.mu.Lock()
		d.due[id] = now.Add(standardPace)
		d.mu.Unlock()
		return
	}
	d.take(o, now)
	d.announce(id)
}
