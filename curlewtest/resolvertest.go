package curlewtest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// A ResolverTest says what TestResolver tests.
type ResolverTest struct {
	// Resolver is under test.
	Resolver resolve.Resolver

	// Target is what it resolves, as resolve.ParseTarget reads it. Its source must
	// know it.
	Target string

	// Change, if not nil, has the source name other endpoints. An update must follow.
	Change func()

	// Unknown, if not empty, is a target that the source does not know, or one that is
	// wrong: Watch must fail, and push nothing.
	Unknown string

	// Close, if not nil, ends what watches share, such as idle connections to the
	// source, before it is looked for goroutines that are left.
	Close func()
}

// calm is how long to see whether something happens that must not.
const calm = 200 * time.Millisecond

// TestResolver tests that a resolver keeps to the rules of resolve.Resolver:
//
//   - Updates come, pass resolve.Normalize, and are not changed afterwards.
//   - Watch returns soon after its context has ended, whatever it is doing, and then
//     pushes nothing, takes no hints and leaves no goroutines.
//   - Hints and refused updates do not make it ask or push without pause.
//   - It pushes one update at a time, and serves several clients at once.
//
// What does not happen within twenty seconds counts as never. It works in the bubbles
// of testing/synctest too, for a resolver that does.
func TestResolver(t testing.TB, test ResolverTest) {
	t.Helper()
	target, err := resolve.ParseTarget(test.Target)
	if err != nil {
		t.Fatalf("ResolverTest.Target: %v", err)
	}
	k := &resolverKit{TB: t, test: test, target: target, mark: newMark(t)}
	defer func() {
		for _, w := range k.watches {
			w.cancel()
		}
	}()
	k.resolves()
	k.endsAtOnce()
	k.survivesRefusal()
	k.servesSeveral()
	k.failsForUnknown()
	time.Sleep(calm)
	for _, w := range k.watches {
		w.checkAfterwards()
	}
	if test.Close != nil {
		test.Close()
	}
	k.mark.check(t)
}

// A resolverKit is one run of TestResolver.
type resolverKit struct {
	testing.TB
	test    ResolverTest
	target  resolve.Target
	mark    *mark
	watches []*kitWatch
}

// resolves follows one client from beginning to end.
func (k *resolverKit) resolves() {
	k.Helper()
	w := k.watch(context.Background(), "of the target", nil)
	defer w.stop()
	if !w.hasPushed(1) {
		k.Fatalf("Watch of %v pushes no update; %s", k.target, w.result())
	}
	before := w.count()
	for range 100 {
		w.sendHint()
		time.Sleep(calm / 100)
	}
	if n := w.count() - before; n > 10 {
		k.Errorf("hints make it push %d updates in %v; limit how often they are followed", n, calm)
	}
	if k.test.Change == nil {
		return
	}
	before = w.count()
	k.test.Change()
	if !w.hasPushed(before + 1) {
		k.Errorf("no update follows Change; %s", w.result())
	}
}

// endsAtOnce begins with a context that has ended, and with one that ends soon.
func (k *resolverKit) endsAtOnce() {
	k.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	k.watch(ctx, "of a context that has ended", nil).stop()
	k.watch(context.Background(), "that has just begun", nil).stop()
}

// survivesRefusal is a client that takes nothing.
func (k *resolverKit) survivesRefusal() {
	k.Helper()
	w := k.watch(context.Background(), "whose updates are refused", fmt.Errorf("curlewtest: this update is refused"))
	defer w.stop()
	w.hasPushed(1)
	before := w.count()
	time.Sleep(calm)
	if n := w.count() - before; n > 10 {
		k.Errorf("a refused update is pushed again %d times in %v; return, or wait until there is another", n, calm)
	}
}

// servesSeveral has clients at the same time.
func (k *resolverKit) servesSeveral() {
	k.Helper()
	var all []*kitWatch
	for range 4 {
		all = append(all, k.watch(context.Background(), "by one client of several", nil))
	}
	for _, w := range all {
		if !w.hasPushed(1) {
			k.Errorf("of several clients at once one gets no update; %s", w.result())
		}
	}
	for _, w := range all {
		w.stop()
	}
}

func (k *resolverKit) failsForUnknown() {
	k.Helper()
	if k.test.Unknown == "" {
		return
	}
	target, err := resolve.ParseTarget(k.test.Unknown)
	if err != nil {
		k.Fatalf("ResolverTest.Unknown: %v", err)
	}
	known := k.target
	k.target = target
	defer func() { k.target = known }()
	w := k.watch(context.Background(), "of an unknown target", nil)
	defer w.stop()
	switch {
	case !eventually(w.hasReturned):
		k.Errorf("Watch of the unknown target %v does not fail", target)
	case w.err == nil:
		k.Errorf("Watch of the unknown target %v returns nil; return an error that says what is wrong", target)
	}
	if n := w.count(); n > 0 {
		k.Errorf("Watch of the unknown target %v pushes %d updates", target, n)
	}
}

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
	if u.ServiceConfig != "" && !json.Valid([]byte(u.ServiceConfig)) {
		w.noteLocked("the service config is no JSON: %s", u.ServiceConfig)
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
