package curlew

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew/balance"
	"github.com/curlew-rpc/curlew/internal/h2"
	"github.com/curlew-rpc/curlew/internal/transport"
)

// A race is the attempts of a hedged call that go on at the same time (gRFC A6). It
// begins when the request is complete and the first attempt has had its time, and ends
// with the first answer that counts; the other attempts are cancelled then.
type race struct {
	call     *clientCall
	policy   *hedgePolicy
	ctx      context.Context // ends with the race
	results  chan raceResult // room for all that can come
	launched int             // attempts that count
	owed     int             // attempts to make again, at no cost: no server has seen them
	spent    []*attempt      // ended without deciding the call
	stopped  bool            // no more are made, but those

	mu   sync.Mutex
	pick balance.Call // of the next attempt
	over bool
	won  *attempt // when over
}

// A raceResult is an attempt that has an answer, or will have none.
type raceResult struct {
	a   *attempt
	err error
}

// hedge returns when the call's attempt is the one that counts, having made others
// while there was no answer. It is the receiver's.
func (c *clientCall) hedge(h *hedgePolicy) {
	ctx, cancel := c.stoppable()
	defer cancel()
	first := c.att.Load()
	began := first.began
	if c.call.method.Kind.ManyRequests() {
		began = time.Now() // nobody can answer before the request is complete
	}
	r := &race{call: c, policy: h, ctx: ctx, results: make(chan raceResult, maxAttempts+1), pick: c.pick, launched: 1}
	r.wentTo(first)
	rested := make(chan struct{}) // nobody but the receiver waits for the first any more
	if delay := h.delay(began); delay > 0 {
		// Most calls are answered in that time, and cost nothing more.
		alone, stop := context.WithTimeout(ctx, time.Until(began.Add(delay)))
		err := c.ready(first, alone.Done())
		stop()
		switch {
		case ctx.Err() != nil:
			return
		case err != h2.ErrDone && c.decides(first):
			h.learn(first, began)
			return
		case err != h2.ErrDone:
			close(rested)
			r.results <- raceResult{first, err}
		}
	}
	if len(r.results) == 0 {
		go func() {
			err := c.ready(first, ctx.Done())
			close(rested)
			r.report(raceResult{first, err})
		}()
	}
	won := r.run()
	if won == nil {
		won = first
	}
	h.learn(won, began)
	r.end(won)
	cancel()
	if won == first {
		<-rested
		return
	}
	c.att.Store(won)
	if c.released.Load() && c.finishAttempt(won, balance.Canceled) {
		won.ts.Free()
	}
}

// learn counts how long the answer took, of whichever attempt it is. That a hedge was
// faster than the first attempt must not make the delay shorter for the next call.
func (h *hedgePolicy) learn(a *attempt, began time.Time) {
	if h.Percentile > 0 && a.ts.Answered() {
		h.latencies.Add(time.Since(began))
	}
}

// ready waits for the answer of an attempt: all of it where it is one message, or its
// header.
func (c *clientCall) ready(a *attempt, done <-chan struct{}) error {
	if !c.call.method.Kind.ManyResponses() {
		return a.ts.Complete(done)
	}
	_, err := a.ts.Header(done)
	return err
}

// decides reports whether an attempt that has an answer decides the call by it.
func (c *clientCall) decides(a *attempt) bool {
	if a.ts.Answered() {
		return true
	}
	st := a.ts.Verdict()
	return st == nil || !st.Unprocessed && c.prep.codes>>min(uint32(st.Code), 31)&1 == 0
}

// run makes attempts until one of them decides the call, which it returns. Without one
// it is the last that failed; nil when the call has ended.
func (r *race) run() *attempt {
	limit := min(r.policy.MaxAttempts, maxAttempts)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for running := 1; ; {
		due := timer.C
		if r.owed == 0 && (r.stopped || r.launched >= limit) || len(r.results) > 0 {
			due = nil
		}
		if due == nil && running == 0 {
			return r.last()
		}
		select {
		case <-r.ctx.Done():
			return nil
		case <-due:
			if r.launch() {
				running++
			}
			timer.Reset(r.policy.delay(time.Now()))
		case res := <-r.results:
			running--
			wait, decided := r.judge(res)
			if decided {
				return res.a
			}
			timer.Reset(wait)
		}
	}
}

// launch opens one more attempt if that is allowed, on a goroutine of its own: it may
// have to wait for a connection.
func (r *race) launch() bool {
	c := r.call
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	if c.released.Load() || !c.whole {
		r.stopped, r.owed = true, 0
		return false
	}
	a := &attempt{kind: Hedge}
	if r.owed > 0 {
		r.owed--
		a.kind = TransparentRetry
	} else if reason := c.prep.config.refuse(time.Now()); reason != "" {
		r.stopped = true
		c.noteReason(reason)
		return false
	} else {
		r.launched++
	}
	all := transport.Join(c.sent)
	r.mu.Lock()
	r.pick.Attempt++
	pick, before := r.pick, r.launched-1
	r.mu.Unlock()
	go func() {
		err := c.start(r.ctx, &pick, a, before, all, true)
		all.Free()
		r.wentTo(a)
		if err == nil {
			err = c.ready(a, r.ctx.Done())
		}
		r.report(raceResult{a, err})
	}()
	return true
}

// wentTo has further attempts avoid the endpoint of a.
func (r *race) wentTo(a *attempt) {
	ref := a.picked.Ref()
	if ref == 0 {
		return
	}
	r.mu.Lock()
	r.pick.Tried = append(slices.Clip(r.pick.Tried), ref) // others read what there is
	r.mu.Unlock()
}

// report hands a result over, or clears away after an attempt that lost.
func (r *race) report(res raceResult) {
	r.mu.Lock()
	lost := r.over && r.won != res.a
	if !r.over {
		r.results <- res
	}
	r.mu.Unlock()
	if lost {
		r.drop(res.a)
	}
}

// judge takes a result. An attempt that failed without deciding the call has the next
// one made after wait.
func (r *race) judge(res raceResult) (wait time.Duration, decided bool) {
	c, a := r.call, res.a
	if a.ended.Load() || !a.opened { // it could not be opened
		c.noteFailure(a, res.err)
		if a.opened && !a.left() {
			r.owed++ // the connection took no more streams
			return 0, false
		}
		r.stopped = r.stopped || dropped(res.err)
		return r.policy.delay(time.Now()), false
	}
	if res.err == h2.ErrDone || c.decides(a) {
		return 0, true
	}
	r.spent = append(r.spent, a)
	st := a.ts.Verdict()
	c.noteFailure(a, c.explain(st))
	if st.Unprocessed {
		c.sendMu.Lock()
		if !c.retried {
			c.retried = true
			r.owed++
		}
		c.sendMu.Unlock()
		return 0, false
	}
	c.prep.config.throttle.Failed()
	pushed, retry, given := a.ts.Pushback()
	if given && !retry {
		r.stopped = true
		c.sendMu.Lock()
		c.noteReason("the server forbids another attempt")
		c.sendMu.Unlock()
	}
	return pushed, false
}

// last returns the attempt that failed last.
func (r *race) last() *attempt {
	if n := len(r.spent); n > 0 {
		return r.spent[n-1]
	}
	return nil
}

// end clears away after all attempts but the winner. Those that have no answer yet do
// that themselves, as soon as the race's context has ended.
func (r *race) end(won *attempt) {
	r.mu.Lock()
	r.over, r.won = true, won
	r.mu.Unlock()
	for len(r.results) > 0 {
		r.spent = append(r.spent, (<-r.results).a)
	}
	for _, a := range r.spent {
		if a != won {
			r.drop(a)
		}
	}
}

// drop ends an attempt that nobody waits for, unless somebody has.
func (r *race) drop(a *attempt) {
	class := balance.Canceled
	if a.left() {
		if st := a.ts.Verdict(); st != nil {
			class = classOf(errorOf(st))
		}
	}
	if r.call.finishAttempt(a, class) {
		a.ts.Free()
	}
}
