package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/backend"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

const (
	talks     = 1000 // streams at once
	exchanges = 6    // of a stream, with gaps between
	gap       = 333 * time.Millisecond
	unending  = 10              // of how many streams one does not end by itself
	talkGrace = 3 * time.Second // more than a stream takes that does
)

// A talk is a stream of exchanges: a message, and the answer to it.
type talk struct {
	sent, answered int
	endless        bool
	code           curlew.Code
	err            error
}

// talkers hold streams, each a further one when the last has ended.
type talkers struct {
	run    *run
	client stack.Client
	stop   atomic.Bool

	mu  sync.Mutex
	all []talk
}

// rollingStreams is T2: servers are replaced under streams. Those that end within the
// servers' grace end well, and nothing of them is lost; those that do not get a status.
func rollingStreams(r *run) error {
	r.grace = talkGrace
	addrs, err := r.start(3, stack.ServerOptions{}, backend.Behaviour{})
	if err != nil {
		return err
	}
	c, err := r.client(stack.Target{Addrs: addrs}, stack.ClientOptions{})
	if err != nil {
		return err
	}
	t := &talkers{run: r, client: c}
	var wg sync.WaitGroup
	for i := range talks {
		wg.Go(func() {
			// Not all at once.
			time.Sleep(time.Duration(i) * gap / talks)
			for !t.stop.Load() {
				t.hold(i%unending == 0)
			}
		})
	}
	time.Sleep(gap + time.Second)
	during := r.time(20*time.Second, 9*time.Second)
	n, err := r.replace(time.Now().Add(during), (*backend.Backend).Terminate)
	t.stop.Store(true)
	wg.Wait()
	if err != nil {
		return err
	}
	t.judge(n)
	return nil
}

// hold holds one stream from its begin to its end.
func (t *talkers) hold(endless bool) {
	one := talk{endless: endless}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if s, err := t.client.Converse(ctx); err != nil {
		one.err = err
	} else {
		one.err = t.exchange(s, &one, cancel)
	}
	one.code = t.client.Code(one.err)
	t.mu.Lock()
	t.all = append(t.all, one)
	t.mu.Unlock()
	if one.err != nil {
		time.Sleep(gap) // or a stack that fails at once would fail very often
	}
}

// exchange sends messages and receives the answers, and returns how the stream ends.
func (t *talkers) exchange(s stack.Conversation, one *talk, cancel func()) error {
	for (one.endless || one.sent < exchanges) && !t.stop.Load() {
		id := t.run.nextID.Add(1)
		// Whatever fails here, Recv says how the stream has ended.
		if s.Send(id) == nil {
			one.sent++
		}
		got, err := s.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return curlew.Errorf(curlew.Internal, "the stream ended well before its time")
		case err != nil:
			return err
		case got != id:
			return curlew.Errorf(curlew.DataLoss, "the answer is to %d, not to %d", got, id)
		}
		one.answered++
		time.Sleep(gap)
	}
	s.CloseSend()
	// A status is due at once.
	defer time.AfterFunc(2*talkGrace, cancel).Stop()
	if _, err := s.Recv(); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (t *talkers) judge(replaced int) {
	r := t.run
	var well, cut, broken, lost, silent, messages int
	var first error
	for i := range t.all {
		one := &t.all[i]
		messages += one.sent
		switch {
		case one.code == curlew.OK:
			well++
			lost += one.sent - one.answered
		case one.code == curlew.DeadlineExceeded || errors.Is(one.err, context.Canceled):
			silent++
		case one.endless && one.code != curlew.DataLoss:
			cut++
		default:
			broken++
			if first == nil {
				first = one.err
			}
		}
	}
	r.measured("%d messages, %d lost; %d streams ended well, %d were cut after the grace, %d before, %d got no status; %d servers were replaced",
		messages, lost, well, cut, broken, silent, replaced)
	if first != nil {
		r.note("the first of those cut before: %v", first)
	}
	r.want(lost == 0, "%d messages are lost", lost)
	r.want(broken == 0, "%d streams were cut that would have ended in time", broken)
	r.want(silent == 0, "%d streams got no status", silent)
	r.want(cut > 0, "no stream was cut: nothing was tested")
}
