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
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
)

// A connection that is cut after every single byte that it carries, either way, by
// a reset or an end: the call ends at once, well only if it was executed and its
// response came through whole, and is executed once at most.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			cuts(t, k, 1, false)
		})
	}
	// Handshakes take long, so not at every single byte of them.
	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		cuts(t, kinds[0], 23, true)
	})
}

func cuts(t *testing.T, k kind, step int64, secure bool) {
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
			t.Run(way.name+" "+cut.name, func(t *testing.T) {
				t.Parallel()
				cutter{k, way.lane, cut.cut, step, secure}.run(t)
			})
		}
	}
}

// A cutter cuts the connections of calls of a kind.
type cutter struct {
	kind   kind
	lane   func(*relay.Link) *relay.Lane
	cut    func(*relay.Link)
	step   int64 // bytes from one cut to the next
	secure bool
}

func (c cutter) run(t *testing.T) {
	const size = 10
	r, client := c.rig(t)
	total := c.whole(t, r, client, size)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var calls tally
	var cuts sync.WaitGroup
	for n := int64(0); n < total; n += c.step {
		var later atomic.Bool
		r.relay.Each(func(l *relay.Link) {
			if later.Swap(true) {
				return // another attempt
			}
			c.lane(l).Limit(n)
			cuts.Go(func() {
				c.lane(l).Reached(n)
				c.cut(l)
			})
		})
		conn := newClient(t, r.relay.Addr(), client...)
		name := fmt.Sprintf("after byte %d", n)
		err := c.kind.call(ctx, echov1.NewEchoServiceClient(conn), name, size)
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

// rig sets up a server, and returns the options of its clients.
func (c cutter) rig(t *testing.T) (*rig, []curlew.ClientOption) {
	t.Helper()
	if !c.secure {
		return newRig(t), nil
	}
	pair := testcert.For(t)
	client := []curlew.ClientOption{curlew.WithTLS(pair.ClientConfig())}
	return newRigOf(t, []curlew.ServerOption{curlew.WithTLS(pair.ServerConfig())}, client), client
}

// whole returns how many bytes a call takes on a new connection.
func (c cutter) whole(t *testing.T, r *rig, client []curlew.ClientOption, size int) int64 {
	t.Helper()
	conn := newClient(t, r.relay.Addr(), client...)
	defer conn.Close()
	if err := c.kind.call(bounded(t), echov1.NewEchoServiceClient(conn), "undisturbed", size); err != nil {
		t.Fatal(err)
	}
	links := r.relay.Links()
	if len(links) != 1 {
		t.Fatalf("there are %d connections", len(links))
	}
	return c.lane(links[0]).Passed()
}
