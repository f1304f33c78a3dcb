package orders

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A Store keeps orders, and what has happened to them, in one file. What a method
// has returned is on disk. Its methods may be called concurrently.
type Store struct {
	db *bbolt.DB
}

// ErrNoOrder is what methods of a Store return for an id that no order has.
var ErrNoOrder = errors.New("no such order")

// The buckets of the file. Orders are under their id, events under the id and the
// state that they tell of, so that each order's stand together and in order.
var (
	ordersBucket = []byte("orders")
	eventsBucket = []byte("events")
)

// lockTime is how long OpenStore waits for another process to let go of the file.
const lockTime = 500 * time.Millisecond

// OpenStore opens the store in dir, which it makes if need be. Only one process can
// have it open.
func OpenStore(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "orders.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTime})
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, fmt.Errorf("%s is in use by another process", path)
	case err != nil:
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(ordersBucket)
		if err != nil {
			return err
		}
		_, err = tx.CreateBucketIfNotExists(eventsBucket)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("preparing %s: %w", path, err), db.Close())
	}
	return &Store{db}, nil
}

// Path returns the path of the store's file.
func (s *Store) Path() string { return s.db.Path() }

// Close closes the file when the calls under way have ended.
func (s *Store) Close() error { return s.db.Close() }

// Add stores new orders, all or none, and returns them with their ids.
func (s *Store) Add(now time.Time, wanted ...*ordersv1.CreateOrderRequest) ([]*ordersv1.Order, error) {
	added := make([]*ordersv1.Order, 0, len(wanted))
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for _, w := range wanted {
			id, err := tx.Bucket(ordersBucket).NextSequence()
			if err != nil {
				return err
			}
			o := &ordersv1.Order{
				Id:       int32(id),
				Item:     w.GetItem(),
				Quantity: w.GetQuantity(),
				Speed:    speedOf(w),
				PlacedAt: timestamppb.New(now),
			}
			if err := enter(tx, o, ordersv1.State_STATE_PLACED, now); err != nil {
				return err
			}
			added = append(added, o)
		}
		return nil
	})
	return added, err
}

func speedOf(w *ordersv1.CreateOrderRequest) ordersv1.Speed {
	if w.GetSpeed() == ordersv1.Speed_SPEED_EXPRESS {
		return ordersv1.Speed_SPEED_EXPRESS
	}
	return ordersv1.Speed_SPEED_STANDARD
}

// Advance puts an order into its next state, if it has one, and returns it.
func (s *Store) Advance(now time.Time, id int32) (*ordersv1.Order, error) {
	o := new(ordersv1.Order)
	err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := get(tx, id, o); err != nil || o.GetState() == ordersv1.State_STATE_DELIVERED {
			return err
		}
		return enter(tx, o, o.GetState()+1, now)
	})
	return o, err
}

// enter stores o in a state, and the event.
func enter(tx *bbolt.Tx, o *ordersv1.Order, state ordersv1.State, now time.Time) error {
	o.State = state
	if err := put(tx, ordersBucket, orderKey(o.GetId()), o); err != nil {
		return err
	}
	event := &ordersv1.OrderEvent{OrderId: o.GetId(), State: state, At: timestamppb.New(now)}
	return put(tx, eventsBucket, append(orderKey(o.GetId()), byte(state)), event)
}

// Get returns an order.
func (s *Store) Get(id int32) (*ordersv1.Order, error) {
	o := new(ordersv1.Order)
	err := s.db.View(func(tx *bbolt.Tx) error { return get(tx, id, o) })
	return o, err
}

// Events returns what has happened to an order, the oldest first. There is always
// one event at least.
func (s *Store) Events(id int32) ([]*ordersv1.OrderEvent, error) {
	var events []*ordersv1.OrderEvent
	err := s.db.View(func(tx *bbolt.Tx) error {
		c, key := tx.Bucket(eventsBucket).Cursor(), orderKey(id)
		for k, v := c.Seek(key); k != nil && string(k[:len(key)]) == string(key); k, v = c.Next() {
			e := new(ordersv1.OrderEvent)
			if err := proto.Unmarshal(v, e); err != nil {
				return fmt.Errorf("an event of order %d is damaged: %w", id, err)
			}
			events = append(events, e)
		}
		if len(events) == 0 {
			return ErrNoOrder
		}
		return nil
	})
	return events, err
}

// All returns all orders by their ids.
func (s *Store) All() ([]*ordersv1.Order, error) {
	var all []*ordersv1.Order
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(ordersBucket).ForEach(func(k, v []byte) error {
			o := new(ordersv1.Order)
			if err := proto.Unmarshal(v, o); err != nil {
				return fmt.Errorf("order %d is damaged: %w", binary.BigEndian.Uint32(k), err)
			}
			all = append(all, o)
			return nil
		})
	})
	return all, err
}

func get(tx *bbolt.Tx, id int32, o *ordersv1.Order) error {
	v := tx.Bucket(ordersBucket).Get(orderKey(id))
	if v == nil {
		return ErrNoOrder
	}
	if err := proto.Unmarshal(v, o); err != nil {
		return fmt.Errorf("order %d is damaged: %w", id, err)
	}
	return nil
}

func put(tx *bbolt.Tx, bucket, key []byte, m proto.Message) error {
	v, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return tx.Bucket(bucket).Put(key, v)
}

func orderKey(id int32) []byte { return binary.BigEndian.AppendUint32(nil, uint32(id)) }
