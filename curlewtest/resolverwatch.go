package curlewtest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/resolve"
)

// A kitWatch is one Watch.
type kitWatch struct {
	kit    *resolverKit
	what   string // of it
	cancel context.CancelFunc
	hint   chan struct{}
	refuse error
	done   chan struct{}
	err    error // valid when done

	mu     sync.Mutex
	inPush bool
	pushed []resolve.Update // as they are
	copies []resolve.Update // as they were
	wrong  []string
}

// watch begins a Watch. Every update is refused with refuse if it is not nil.
func (k *resolverKit) watch(ctx context.Context, what string, refuse error) *kitWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &kitWatch{kit: k, what: what, cancel: cancel, hint: make(chan struct{}, 1), refuse: refuse, done: make(chan struct{})}
	k.watches = append(k.watches, w)
	target := k.target
	go func() {
		defer close(w.done)
		k.mark.put()
		w.err = k.test.Resolver.Watch(ctx, target, w.hint, w.push)
	}()
	return w
}

func (w *kitWatch) push(u resolve.Update) error {
	w.mu.Lock()
	if w.inPush {
		w.noteLocked("it pushes two updates at once; which is the later?")
	}
	if w.hasReturned() {
		w.noteLocked("it pushes an update after Watch has returned")
	}
	w.inPush = true
	w.checkLocked(u)
	w.pushed, w.copies = append(w.pushed, u), append(w.copies, cloneUpdate(u))
	w.mu.Unlock()
	time.Sleep(time.Millisecond) // for others to come in between
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inPush = false
	return w.refuse
}

func (w *kitWatch) checkLocked(u resolve.Update) {
	if _, err := resolve.Normalize(u); err != nil {
		w.noteLocked("a client refuses the update: %v", err)
	}
	if u.TTL < 0 {
		w.noteLocked("the update has the TTL %v", u.TTL)
	}
	if u.ServiceConfig != "" {
		if _, err := curlew.ParseServiceConfig(u.ServiceConfig); err != nil {
			w.noteLocked("a client refuses the service config: %v", err)
		}
	}
	for _, ep := range u.Endpoints {
		if ep.Priority < 0 {
			w.noteLocked("the endpoint %q has the priority %d; the first is 0", ep.ID, ep.Priority)
		}
	}
}

// noteLocked notes a failure, once.
func (w *kitWatch) noteLocked(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(w.wrong, s) {
		w.wrong = append(w.wrong, s)
	}
}

func (w *kitWatch) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.pushed)
}

func (w *kitWatch) hasReturned() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// result says how Watch ended.
func (w *kitWatch) result() string {
	switch {
	case !w.hasReturned():
		return "it goes on"
	case w.err == nil:
		return "it has returned nil, which says that nothing will change"
	}
	return fmt.Sprintf("it has returned the error: %v", w.err)
}

// hasPushed waits for the n-th update, or until no more can come.
func (w *kitWatch) hasPushed(n int) bool {
	eventually(func() bool { return w.count() >= n || w.hasReturned() })
	return w.count() >= n
}

func (w *kitWatch) sendHint() {
	select {
	case w.hint <- struct{}{}:
	default:
	}
}

// stop ends the Watch, which must return.
func (w *kitWatch) stop() {
	w.kit.Helper()
	w.cancel()
	if !eventually(w.hasReturned) {
		w.kit.Fatalf("Watch %s does not return after its context has ended", w.what)
	}
	w.sendHint() // for nobody
}

// checkAfterwards fails the test for what was wrong, some time after the end.
func (w *kitWatch) checkAfterwards() {
	w.kit.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.hint) == 0 {
		w.noteLocked("it takes a hint after Watch has returned")
	}
	for i := range w.pushed {
		if !reflect.DeepEqual(w.pushed[i].Endpoints, w.copies[i].Endpoints) {
			w.noteLocked("an update has been changed after it was pushed; make another")
		}
	}
	for _, wrong := range w.wrong {
		w.kit.Errorf("Watch %s: %s", w.what, wrong)
	}
}

// cloneUpdate copies what the update points to. Attributes are never changed.
func cloneUpdate(u resolve.Update) resolve.Update {
	u.Endpoints = slices.Clone(u.Endpoints)
	for i := range u.Endpoints {
		u.Endpoints[i].Addrs = slices.Clone(u.Endpoints[i].Addrs)
	}
	return u
}
