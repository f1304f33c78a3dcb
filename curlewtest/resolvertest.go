package curlewtest

import (
	"context"
	"fmt"
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
