package curlew_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/curlewtest"
)

// A loadKeeper is a round robin that shows what it is told of the first endpoint.
type loadKeeper struct{ load atomic.Pointer[balance.Load] }

func (k *loadKeeper) NewPlanner() balance.Planner {
	return &loadPlanner{k, balance.RoundRobin().NewPlanner()}
}

type loadPlanner struct {
	*loadKeeper
	inner balance.Planner
}

func (p *loadPlanner) Plan(in balance.Snapshot) balance.Plan {
	p.load.Store(in.Endpoints[0].Load)
	return p.inner.Plan(in)
}

// An endpoint is judged by what it does, and not by what its callers come upon.
func TestOutcomes(t *testing.T) {
	curlewtest.NoLeaks(t)
	mine := errors.New("my own trouble")
	send := func(err error) iter.Seq2[*str, error] {
		return func(yield func(*str, error) bool) {
			if yield(wrapperspb.String("x"), nil) && err != nil {
				yield(nil, err)
			}
		}
	}
	short := func(ctx context.Context, c curlew.Caller) error {
		ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, err := curlew.CallUnary(ctx, c, unary, newStr())
		return err
	}
	plain := func(ctx context.Context, c curlew.Caller) error {
		_, err := curlew.CallClientStream(ctx, c, gather, send(nil))
		return err
	}
	for _, row := range []struct {
		name  string
		steps []step
		call  func(context.Context, curlew.Caller) error
		class balance.Class
	}{
		{"good", steps(good), plain, balance.Success},
		{"unavailable", steps(unavailable), plain, balance.Unavailable},
		{"internal", steps(only("grpc-status", "13")), plain, balance.Broken},
		{"late", steps(mute), short, balance.TimedOut},
		{"the caller's input fails", steps(mute), func(ctx context.Context, c curlew.Caller) error {
			_, err := curlew.CallClientStream(ctx, c, gather, send(mine))
			return err
		}, balance.Canceled},
		{"the caller's function fails", steps(good), func(ctx context.Context, c curlew.Caller) error {
			return c.Stream(ctx, &chat.Method, func(_ context.Context, s curlew.Stream) error {
				if err := s.Send(newStr()); err != nil {
					return err
				}
				return mine
			})
		}, balance.Canceled},
		{"the caller swallows the failure", steps(unavailable), func(ctx context.Context, c curlew.Caller) error {
			plain(ctx, c)
			return c.Stream(ctx, &chat.Method, func(_ context.Context, s curlew.Stream) error {
				s.CloseSend()
				s.Recv(newStr())
				return nil
			})
		}, balance.Unavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			y := tally{steps: row.steps}
			k := &loadKeeper{}
			row.call(t.Context(), dialTest(t, y.serve(t), curlew.WithBalancer(k)).Caller())
			load := k.load.Load()
			for class := balance.Success; class <= balance.Broken; class++ {
				if n := load.Ended(class); (n > 0) != (class == row.class) {
					t.Errorf("%d attempts ended as %v, want %v", n, class, row.class)
				}
			}
		})
	}
}
