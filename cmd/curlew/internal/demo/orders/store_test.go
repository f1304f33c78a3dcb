package orders

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"
)

func openStore(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var wanted = &ordersv1.CreateOrderRequest{Item: "tripod", Quantity: 2}

func TestStoreSurvivesRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on", "demand")
	s := openStore(t, dir)
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	added, err := s.Add(now, wanted, wanted)
	if err != nil || len(added) != 2 || added[0].GetId() != 1 || added[1].GetId() != 2 {
		t.Fatalf("Add: %v, %v", added, err)
	}
	if _, err := s.Advance(now.Add(time.Minute), 2); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openStore(t, dir)
	all, err := s.All()
	if err != nil || len(all) != 2 || !proto.Equal(all[0], added[0]) {
		t.Fatalf("after the restart: %v, %v", all, err)
	}
	if got, err := s.Get(2); err != nil || got.GetState() != ordersv1.State_STATE_PACKED || got.GetSpeed() != ordersv1.Speed_SPEED_STANDARD {
		t.Errorf("order 2: %v, %v", got, err)
	}
	events, err := s.Events(2)
	if err != nil || len(events) != 2 || !events[1].GetAt().AsTime().Equal(now.Add(time.Minute)) {
		t.Errorf("events of order 2: %v, %v", events, err)
	}
	if more, err := s.Add(now, wanted); err != nil || more[0].GetId() != 3 {
		t.Errorf("the next order: %v, %v", more, err)
	}
}

func TestAdvance(t *testing.T) {
	s := openStore(t, t.TempDir())
	if _, err := s.Add(time.Now(), wanted); err != nil {
		t.Fatal(err)
	}
	for _, want := range []ordersv1.State{2, 3, 4, 4} {
		o, err := s.Advance(time.Now(), 1)
		if err != nil || o.GetState() != want {
			t.Fatalf("got %v, %v, want %v", o, err, want)
		}
	}
	events, err := s.Events(1)
	if err != nil || len(events) != 4 {
		t.Errorf("got %d events, %v", len(events), err)
	}
}

func TestNoOrder(t *testing.T) {
	s := openStore(t, t.TempDir())
	if _, err := s.Add(time.Now(), wanted); err != nil {
		t.Fatal(err)
	}
	for _, id := range []int32{0, 2, -1, 1 << 24} {
		if _, err := s.Get(id); !errors.Is(err, ErrNoOrder) {
			t.Errorf("Get(%d): %v", id, err)
		}
		if _, err := s.Events(id); !errors.Is(err, ErrNoOrder) {
			t.Errorf("Events(%d): %v", id, err)
		}
		if _, err := s.Advance(time.Now(), id); !errors.Is(err, ErrNoOrder) {
			t.Errorf("Advance(%d): %v", id, err)
		}
	}
}

func TestStoreInUse(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	if _, err := OpenStore(dir); err == nil || !strings.Contains(err.Error(), s.Path()+" is in use by another process") {
		t.Errorf("got %v", err)
	}
}

func TestStoreCannotOpen(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "orders.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStore(dir); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file that is no database: %v", err)
	}
	if _, err := OpenStore(file); err == nil {
		t.Error("a directory that is a file")
	}
}

func TestDamage(t *testing.T) {
	s := openStore(t, t.TempDir())
	if _, err := s.Add(time.Now(), wanted); err != nil {
		t.Fatal(err)
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		bad := []byte{0xff}
		return errors.Join(
			tx.Bucket(ordersBucket).Put(orderKey(1), bad),
			tx.Bucket(eventsBucket).Put(append(orderKey(1), 1), bad),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, getErr := s.Get(1)
	_, allErr := s.All()
	_, eventsErr := s.Events(1)
	_, newErr := New(s, nil)
	for _, err := range []error{getErr, allErr, eventsErr, newErr} {
		if err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("got %v", err)
		}
	}
}
