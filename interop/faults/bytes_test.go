package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/interop/internal/relay"
)

// A connection that is cut after every single byte that it carries, either way, by
// a reset or an end: the call ends at once, well only if it was executed and its
// response came through whole, and is executed once at most.
func TestCutAtEveryByte(t *testing.T) {
	for _, k := range kinds {
		for _, way := range []struct {
			name string
			lane func(*relay.Link) *relay.Lane
		}{
			{"up", func(l *relay.Link) *relay.Lane { return l.Up }},
			{"down", func(l *relay.Link) *relay.Lane { return l.Down }},
		} {
			for _, cut := range []struct {
				name string
				cut  func(*relay.Link)
			}{
				{"reset", (*relay.Link).Reset},
				{"end", func(l *relay.Link) { way.lane(l).Finish() }},
			} {
				t.Run(fmt.Sprintf("%s, %s, %s", k.name, way.name, cut.name), func(t *testing.T) {
					t.Parallel()
					cutEverywhere(t, k, way.lane, cut.cut)
				})
			}
		}
	}
}

func cutEverywhere(t *testing.T, k kind, lane func(*relay.Link) *relay.Lane, cut func(*relay.Link)) {
	const size = 10
	r := newRig(t)
	total := wholeCall(t, r, k, lane, size)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var calls tally
	var cuts sync.WaitGroup
	for n := range total {
		var later atomic.Bool
		r.relay.Each(func(l *relay.Link) {
			if later.Swap(true) {
				return // another attempt
			}
			lane(l).Limit(n)
			cuts.Go(func() {
				lane(l).Reached(n)
				cut(l)
			})
		})
		conn := newClient(t, r.relay.Addr())
		name := fmt.Sprintf("after byte %d", n)
		err := k.call(ctx, echov1.NewEchoServiceClient(conn), name, size)
		calls.add(name, err)
		conn.Close()
		if errors.Is(err, errCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		if ctx.Err() != nil {
			t.Fatal("the calls do not end in time")
		}
	}
	r.relay.Each(nil)
	r.relay.Reset()
	cuts.Wait()
	if failed := calls.failures(t, curlew.Unavailable); failed == 0 {
		t.Errorf("none of %d calls failed: nothing was tested", total)
	}
	r.idle(t)
	if err := r.check(calls.outcomes); err != nil {
		t.Error(err)
	}
}

// wholeCall returns how many bytes a call takes on a new connection.
func wholeCall(t *testing.T, r *rig, k kind, lane func(*relay.Link) *relay.Lane, size int) int64 {
	t.Helper()
	conn := newClient(t, r.relay.Addr())
	defer conn.Close()
	if err := k.call(bounded(t), echov1.NewEchoServiceClient(conn), "undisturbed", size); err != nil {
		t.Fatal(err)
	}
	links := r.relay.Links()
	if len(links) != 1 {
		t.Fatalf("there are %d connections", len(links))
	}
	return lane(links[0]).Passed()
}
