package orders

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	"github.com/curlew-rpc/curlew/curlewtest"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

func newService(t *testing.T, store *Store) *Service {
	t.Helper()
	s, err := New(store, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func express(item string) *ordersv1.CreateOrderRequest {
	return &ordersv1.CreateOrderRequest{Item: item, Quantity: 1, Speed: ordersv1.Speed_SPEED_EXPRESS}
}

// A sender keeps what it is sent.
type sender []*ordersv1.OrderEvent

func (s *sender) Send(e *ordersv1.OrderEvent) error { *s = append(*s, e); return nil }

func TestOrderIsCarriedOut(t *testing.T) {
	curlewtest.NoLeaks(t)
	s := newService(t, openStore(t, t.TempDir()))
	o, err := s.CreateOrder(t.Context(), express("tripod"))
	if err != nil {
		t.Fatal(err)
	}
	var got sender
	if err := s.WatchOrder(t.Context(), &ordersv1.WatchOrderRequest{Id: o.GetId()}, &got); err != nil {
		t.Fatal(err)
	}
	for i, e := range got {
		if e.GetState() != ordersv1.State(i+1) || e.GetOrderId() != o.GetId() {
			t.Errorf("event %d is %v", i, e)
		}
		if i > 0 && e.GetAt().AsTime().Sub(got[i-1].GetAt().AsTime()) < expressPace-time.Millisecond {
			t.Errorf("event %d came at %v, the one before at %v", i, e.GetAt().AsTime(), got[i-1].GetAt().AsTime())
		}
	}
	if len(got) != 4 {
		t.Errorf("%d events", len(got))
	}
	// Watched once more, all of it is the past.
	var again sender
	if err := s.WatchOrder(t.Context(), &ordersv1.WatchOrderRequest{Id: o.GetId()}, &again); err != nil || len(again) != 4 {
		t.Errorf("again: %v, %v", again, err)
	}
	final, err := s.GetOrder(t.Context(), &ordersv1.GetOrderRequest{Id: o.GetId()})
	if err != nil || final.GetState() != ordersv1.State_STATE_DELIVERED {
		t.Errorf("finally %v, %v", final, err)
	}
}

// What was under way when the service stopped goes on.
func TestRestartGoesOn(t *testing.T) {
	store := openStore(t, t.TempDir())
	long := time.Now().Add(-time.Hour)
	added, err := store.Add(long, express("tripod"), express("cape"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := store.Advance(long, 2); err != nil {
			t.Fatal(err)
		}
	}
	s := newService(t, store)
	for _, o := range added {
		var got sender
		if err := s.WatchOrder(t.Context(), &ordersv1.WatchOrderRequest{Id: o.GetId()}, &got); err != nil || len(got) != 4 {
			t.Errorf("order %d: %v, %v", o.GetId(), got, err)
		}
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	s := newService(t, openStore(t, t.TempDir()))
	o, err := s.CreateOrder(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := curlew.SenderFunc[*ordersv1.OrderEvent](func(*ordersv1.OrderEvent) error { cancel(); return nil })
	if err := s.WatchOrder(ctx, &ordersv1.WatchOrderRequest{Id: o.GetId()}, stop); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	broken := errors.New("broken")
	fail := curlew.SenderFunc[*ordersv1.OrderEvent](func(*ordersv1.OrderEvent) error { return broken })
	if err := s.WatchOrder(t.Context(), &ordersv1.WatchOrderRequest{Id: o.GetId()}, fail); !errors.Is(err, broken) {
		t.Errorf("a failed send: %v", err)
	}
}

func TestUnknownOrder(t *testing.T) {
	s := newService(t, openStore(t, t.TempDir()))
	_, err := s.GetOrder(t.Context(), &ordersv1.GetOrderRequest{Id: 7})
	watchErr := s.WatchOrder(t.Context(), &ordersv1.WatchOrderRequest{Id: 7}, new(sender))
	for _, err := range []error{err, watchErr} {
		if !errors.Is(err, curlew.NotFound) {
			t.Fatalf("got %v", err)
		}
		for info := range curlew.Details[*errdetails.ResourceInfo](err) {
			if info.GetResourceName() != "7" {
				t.Errorf("the detail is %v", info)
			}
		}
	}
}

func TestWrongOrders(t *testing.T) {
	s := newService(t, openStore(t, t.TempDir()))
	tests := []struct {
		req    *ordersv1.CreateOrderRequest
		fields []string
	}{
		{&ordersv1.CreateOrderRequest{}, []string{"item", "quantity"}},
		{&ordersv1.CreateOrderRequest{Item: " ", Quantity: 1}, []string{"item"}},
		{&ordersv1.CreateOrderRequest{Item: "x", Quantity: -1}, []string{"quantity"}},
	}
	for _, test := range tests {
		_, err := s.CreateOrder(t.Context(), test.req)
		if !errors.Is(err, curlew.InvalidArgument) {
			t.Errorf("%v: %v", test.req, err)
		}
		var fields []string
		for bad := range curlew.Details[*errdetails.BadRequest](err) {
			for _, v := range bad.GetFieldViolations() {
				fields = append(fields, v.GetField())
			}
		}
		if !slices.Equal(fields, test.fields) {
			t.Errorf("%v: the error is about %q, want %q", test.req, fields, test.fields)
		}
	}
}

func TestImport(t *testing.T) {
	store := openStore(t, t.TempDir())
	s := newService(t, store)
	sum, err := s.ImportOrders(t.Context(), curlew.Values(wanted, wanted, wanted))
	if err != nil || sum.GetImported() != 3 || sum.GetFirstId() != 1 || sum.GetLastId() != 3 {
		t.Errorf("got %v, %v", sum, err)
	}
	if sum, err := s.ImportOrders(t.Context(), curlew.Values[*ordersv1.CreateOrderRequest]()); err != nil || sum.GetImported() != 0 {
		t.Errorf("nothing: %v, %v", sum, err)
	}
	_, err = s.ImportOrders(t.Context(), curlew.Values(wanted, &ordersv1.CreateOrderRequest{Item: "x"}))
	if !errors.Is(err, curlew.InvalidArgument) || !strings.Contains(err.Error(), "order 2 of the import: quantity must be at least 1") {
		t.Errorf("a wrong one: %v", err)
	}
	broken := errors.New("broken")
	_, err = s.ImportOrders(t.Context(), func(yield func(*ordersv1.CreateOrderRequest, error) bool) {
		_ = yield(wanted, nil) && yield(nil, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("a broken stream: %v", err)
	}
	_, err = s.ImportOrders(t.Context(), endless())
	if !errors.Is(err, curlew.ResourceExhausted) {
		t.Errorf("an endless stream: %v", err)
	}
	if all, err := store.All(); err != nil || len(all) != 3 {
		t.Errorf("the store has %d orders, %v", len(all), err)
	}
}

func endless() iter.Seq2[*ordersv1.CreateOrderRequest, error] {
	return func(yield func(*ordersv1.CreateOrderRequest, error) bool) {
		for yield(wanted, nil) {
		}
	}
}

func TestSupport(t *testing.T) {
	s := newService(t, openStore(t, t.TempDir()))
	if _, err := s.CreateOrder(t.Context(), wanted); err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		"Hello":                      "How can I help? Ask me about an order, by its number.",
		"Where is order 1?":          "Order 1 (2 × tripod) is waiting to be packed.",
		"order: 1":                   "Order 1 (2 × tripod) is waiting to be packed.",
		"ORDER #7":                   "I cannot find order 7.",
		"order 999999999":            "I cannot find order 999999999.",
		"order 99999999999999999999": "How can I help? Ask me about an order, by its number.",
	}
	for question, want := range tests {
		if got, err := s.answer(question); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", question, got, err, want)
		}
	}
}

func TestStoreFails(t *testing.T) {
	store := openStore(t, t.TempDir())
	s := newService(t, store)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	_, createErr := s.CreateOrder(t.Context(), wanted)
	_, getErr := s.GetOrder(t.Context(), &ordersv1.GetOrderRequest{Id: 1})
	_, importErr := s.ImportOrders(t.Context(), curlew.Values(wanted))
	_, answerErr := s.answer("order 1")
	for i, err := range []error{createErr, getErr, importErr, answerErr} {
		var e *curlew.Error
		if !errors.As(err, &e) || e.Code() != curlew.Internal || e.Message() != "the store failed" {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// An order that cannot be carried out now is tried again later.
func TestDepotGoesOnAfterFailure(t *testing.T) {
	store := openStore(t, t.TempDir())
	if _, err := store.Add(time.Now(), express("x")); err != nil {
		t.Fatal(err)
	}
	o, err := store.Get(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		d := newDepot(store, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); d.run(ctx) }()
		d.take(o, time.Now())
		time.Sleep(3*standardPace - time.Millisecond)
		cancel()
		<-done
		if got := strings.Count(log.String(), "cannot be carried out"); got != 3 {
			t.Errorf("%d attempts:\n%s", got, log.String())
		}
	})
}
