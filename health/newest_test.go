package health

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

// A watcher that cannot be told at the moment is told the newest status later, and
// nothing of what was in between.
func TestSlowWatchers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New()
		var told []Status
		turn := make(chan bool)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- c.watch(ctx, "a.A", func(s Status) error {
				told = append(told, s)
				<-turn
				return nil
			})
		}()
		synctest.Wait()
		for _, s := range []Status{Serving, NotServing, Unknown, NotServing} {
			c.Set("a.A", s)
		}
		turn <- true
		synctest.Wait()
		c.Set("a.A", Serving)
		c.Set("a.A", NotServing) // what it was told last
		turn <- true
		synctest.Wait()
		c.Set("a.A", Serving)
		turn <- true
		if synctest.Wait(); !slices.Equal(told, []Status{ServiceUnknown, NotServing, Serving}) {
			t.Errorf("told %v", told)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("watch returned %v", err)
		}
	})
}

// Names that clients ask for, whatever they are, are forgotten when nobody watches.
func TestWatchersLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New()
		ctx, cancel := context.WithCancel(t.Context())
		refused := errors.New("refused")
		for _, service := range []string{"", "x.X", "y.Y", "y.Y"} {
			go c.watch(ctx, service, func(Status) error { return nil })
		}
		if err := c.watch(ctx, "z.Z", func(Status) error { return refused }); err != refused {
			t.Errorf("watch returned %v", err)
		}
		synctest.Wait()
		if len(c.watched) != 3 || c.watched["y.Y"].watchers != 2 {
			t.Errorf("watched: %v", c.watched)
		}
		cancel()
		synctest.Wait()
		if len(c.watched) != 0 || len(c.statuses) != 1 {
			t.Errorf("left: %v, %v", c.watched, c.statuses)
		}
	})
}
