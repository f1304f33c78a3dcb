package curlew_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// What calls keep for another attempt is bounded, for each and for all together, and
// given back at their end.
func TestReplayBuffer(t *testing.T) {
	curlewtest.NoLeaks(t)
	stream := func(t *testing.T, c *curlew.Client, sizes ...int) error {
		return c.Caller().Stream(t.Context(), &gather.Method, func(_ context.Context, s curlew.Stream) error {
			for _, n := range sizes {
				if err := s.Send(wrapperspb.String(strings.Repeat("x", n))); err != nil {
					return err
				}
			}
			if err := s.CloseSend(); err != nil {
				return err
			}
			return s.Recv(newStr())
		})
	}
	for _, row := range []struct {
		name               string
		perCall, perClient int
		sizes              []int
		held               int // bytes that other calls keep meanwhile
		attempts           int
	}{
		{"within", 1000, 1000, []int{400, 400}, 0, 2},
		{"beyond the call's", 1000, 10000, []int{400, 400, 400}, 0, 1},
		{"beyond the client's", 1000, 1200, []int{400, 400}, 800, 1},
		{"nothing is kept", 0, 0, []int{1}, 0, 1},
	} {
		y := tally{steps: steps(refused, good)}
		c := dialTest(t, y.serve(t), curlew.WithReplayBuffer(row.perCall, row.perClient))
		if row.held > 0 {
			other, err := curlew.CallBidi(t.Context(), c.Caller(), chat)
			if err != nil {
				t.Fatal(err)
			}
			if err := other.Send(wrapperspb.String(strings.Repeat("x", row.held))); err != nil {
				t.Fatal(err)
			}
			defer other.Close()
		}
		stream(t, c, row.sizes...)
		if seen, _ := y.seen(); len(seen) != row.attempts {
			t.Errorf("%s: %d attempts", row.name, len(seen))
		}
	}
	// Fifty calls, one after the other, in the room of one.
	y := tally{steps: steps(func(p *rawpeer.Peer, id uint32) {
		if id%4 == 1 {
			refused(p, id)
		} else {
			good(p, id)
		}
	})}
	c := dialTest(t, y.serve(t), curlew.WithReplayBuffer(500, 500))
	for i := range 50 {
		if err := stream(t, c, 400); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if _, err := curlew.NewClient("x:1", curlew.WithReplayBuffer(2, 1)); err == nil {
		t.Error("a client that keeps less than a call")
	}
}
