package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb/peerpbcurlew"
)

// A client calls the server as randomly as its plans are.
type client struct {
	svc     peerpbcurlew.PeerServiceClient
	callers int
	seed    uint64
	running atomic.Int64
	stop    chan struct{}
	wg      sync.WaitGroup

	mu    sync.Mutex
	tally sample
}

// call is the process of the role client.
func call(address string, callers int, seed uint64) error {
	conn, err := curlew.NewClient(address)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := conn.Ready(ctx); err != nil {
		return err
	}
	return obey(&client{
		svc:     peerpbcurlew.NewPeerServiceClient(conn),
		callers: callers,
		seed:    seed,
		tally:   sample{Calls: map[string]int64{}, Ends: map[string]int64{}},
	})
}

func (c *client) sample() sample {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.tally
	s.Calls, s.Ends = maps.Clone(s.Calls), maps.Clone(s.Ends)
	s.Streams = c.running.Load()
	return s
}

func (c *client) load() {
	c.stop = make(chan struct{})
	for caller := range c.callers {
		random := rand.New(rand.NewPCG(c.seed, uint64(caller)))
		c.wg.Go(func() {
			for {
				select {
				case <-c.stop:
					return
				default:
					c.one(newPlan(random))
				}
			}
		})
	}
}

func (c *client) halt() {
	close(c.stop)
	c.wg.Wait()
}

// callTime is how long a call may take that nothing else ends.
const callTime = time.Minute

// one makes a call and judges how it ended.
func (c *client) one(p *plan) {
	limit := callTime
	if p.deadline > 0 {
		limit = p.deadline
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if p.cancel > 0 {
		defer time.AfterFunc(p.cancel, cancel).Stop()
	}
	c.running.Add(1)
	err := p.kind.run(ctx, c.svc, p)
	c.running.Add(-1)
	bad := p.judge(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tally.Calls[p.kind.name]++
	c.tally.Ends[curlew.CodeOf(err).String()]++
	if bad != nil {
		if c.tally.Failures++; c.tally.First == "" {
			c.tally.First = fmt.Sprintf("%s of %d messages of %d bytes: %v", p.kind.name, p.messages, p.size, bad)
		}
	}
}
