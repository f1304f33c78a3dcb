package balance

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

func TestOutlierDefaults(t *testing.T) {
	var c OutlierConfig
	c.fill()
	got := fmt.Sprint(c.Interval, c.BaseEjection, c.MaxEjection, c.MaxEjectionPercent, c.PanicThreshold, *c.SuccessRate, *c.FailurePercentage, *c.Consecutive)
	if want := "10s 30s 5m0s 10 50 {1900 100 5 100} {85 100 5 50} {5 100}"; got != want {
		t.Errorf("the defaults are %s, want %s", got, want)
	}
	c = OutlierConfig{BaseEjection: time.Hour, Consecutive: &ConsecutiveEjection{}}
	c.fill()
	if c.MaxEjection != time.Hour || c.SuccessRate != nil || c.FailurePercentage != nil {
		t.Errorf("%+v", c)
	}
}

// An endpoint is ejected longer each time, up to the maximum, and less long again after
// intervals in which it did well.
func TestOutlierEjectionTimes(t *testing.T) {
	w := outlierWorld(t, OutlierConfig{MaxEjection: 100 * time.Second, Consecutive: &ConsecutiveEjection{}}).hosts(3)
	lasts := func(want time.Duration) {
		t.Helper()
		w.calls("a", TimedOut, 5).step()
		e := w.view("a").Load.Ejection()
		if e == nil {
			t.Fatal("not ejected")
		}
		if got := e.Until.Sub(e.Since); got != want {
			t.Fatalf("ejected for %v, want %v", got, want)
		}
		for w.view("a").Load.Ejection() != nil {
			w.pass(w.plan.Wake).step()
		}
		if !w.now.Equal(e.Until) {
			t.Fatalf("back after %v, want %v", w.now.Sub(e.Since), want)
		}
		w.calls("a", Success, 1)
	}
	intervals := func(n int) {
		for range n {
			w.pass(w.plan.Wake).step()
		}
	}
	w.pass(3 * time.Second) // not when the interval ends
	lasts(30 * time.Second)
	lasts(60 * time.Second)
	lasts(90 * time.Second)
	lasts(100 * time.Second)
	intervals(3)
	lasts(60 * time.Second)
	intervals(5)
	lasts(30 * time.Second)
}

func TestOutlierShowsAFailure(t *testing.T) {
	w := outlierWorld(t, OutlierConfig{Consecutive: &ConsecutiveEjection{Failures: 2}}).hosts(2)
	w.expect("READY [a b] a:50 b:50")
	w.calls("a", Unavailable, 2).expect("READY [a b] b:100")
	if w.shown[w.view("a").Ref] != TransientFailure {
		t.Errorf("the child sees %v", w.shown[w.view("a").Ref])
	}
	w.set("b", TransientFailure).expect("READY [a b] a:100") // panic: no endpoint is healthy
	w.set("b", Connecting).expect("CONNECTING [a b] queue:100")
	w.set("b", Ready).pass(30 * time.Second).expect("READY [a b] a:50 b:50")
}

// The reason can be had from calls that fail, and from the load.
func TestOutlierReason(t *testing.T) {
	var told []*Ejection
	w := outlierWorld(t, OutlierConfig{
		PanicThreshold: -1,
		Consecutive:    &ConsecutiveEjection{},
		Notify:         func(e resolve.Endpoint, why *Ejection) { told = append(told, why) },
	}).hosts(1)
	w.calls("a", Broken, 6).expect("TRANSIENT_FAILURE [a] fail:100")
	var e *Ejection
	if err := w.plan.Picker.Pick(&Call{}).Err; !errors.As(err, &e) {
		t.Fatalf("calls fail with %v", err)
	}
	if e != w.view("a").Load.Ejection() || len(told) != 1 || told[0] != e {
		t.Errorf("load has %v, told %v", w.view("a").Load.Ejection(), told)
	}
	if want := "ejected until " + w.now.Add(30*time.Second).Format("15:04:05 MST") + ": 6 calls in a row failed"; e.Error() != want {
		t.Errorf("the error is %q, want %q", e, want)
	}
}

// With enforcement of half, half are ejected; the others are judged again after as many
// further failures.
func TestOutlierEnforcement(t *testing.T) {
	ejected, spared := 0, 0
	w := outlierWorld(t, OutlierConfig{
		MaxEjectionPercent: 100,
		Consecutive:        &ConsecutiveEjection{Enforcement: 50},
		Notify: func(_ resolve.Endpoint, e *Ejection) {
			switch e.Unenforced {
			case "":
				ejected++
			case "enforcement_percentage":
				if spared++; !strings.HasPrefix(e.Error(), "not ejected (enforcement_percentage)") {
					t.Errorf("the text is %q", e)
				}
			}
		},
	}).hosts(20)
	for range 50 {
		for _, v := range w.views {
			w.calls(v.Endpoint.ID, Broken, 5)
		}
		w.step().step() // not judged twice
		for _, v := range w.views {
			w.calls(v.Endpoint.ID, Success, 1)
		}
		w.pass(5 * time.Minute).step()
	}
	if n := ejected + spared; n != 1000 || ejected < 450 || ejected > 550 {
		t.Errorf("%d ejected and %d not", ejected, spared)
	}
}

// Failures in a row are judged at once, by the alarm: an endpoint that swallows all
// calls costs so many of them as the row is long.
func TestOutlierReactsToAPartition(t *testing.T) {
	w := outlierWorld(t, OutlierConfig{Consecutive: &ConsecutiveEjection{}}).hosts(3)
	bad := w.view("b").Ref
	lost, second := 0, 0
	for n := range 6000 { // a call every 10 ms
		w.pass(10 * time.Millisecond)
		if w.now.After(w.views[0].Since.Add(w.plan.Wake)) && n%1000 == 0 {
			w.step()
		}
		p := w.plan.Picker.Pick(&Call{})
		l := w.views[p.Endpoint-1].Load
		l.Begin()
		if p.Endpoint != bad {
			l.End(Outcome{Class: Success})
			continue
		}
		l.End(Outcome{Class: TimedOut})
		if lost++; n > 3000 {
			second++
		}
		if w.rung {
			w.step()
		}
	}
	// In a minute it is ejected twice: after 30 s it is tried again.
	if lost != 10 || second != 5 {
		t.Errorf("%d calls were lost, %d of them in the second half", lost, second)
	}
}

// A connection that breaks takes calls with it; that is no reason to do without the next
// one. What the endpoint did before it was lost does not count either.
func TestOutlierForgivesALostConnection(t *testing.T) {
	w := outlierWorld(t, OutlierConfig{Consecutive: &ConsecutiveEjection{}}).hosts(3)
	w.calls("a", Unavailable, 20).step()
	if w.ejected() != "a:consecutive" {
		t.Fatalf("ejected: %q", w.ejected())
	}
	w.set("a", Connecting).step()
	if w.ejected() != "" {
		t.Errorf("ejected still: %q", w.ejected())
	}
	w.calls("b", Unavailable, 4).set("b", Connecting).step().set("b", Ready).step()
	w.calls("b", Unavailable, 4).step()
	if w.ejected() != "" {
		t.Errorf("%s is ejected for failures of two connections", w.ejected())
	}
	w.calls("b", Unavailable, 1).step()
	if w.ejected() != "b:consecutive" {
		t.Errorf("ejected: %q", w.ejected())
	}
}

// Calls that were under way when an endpoint was ejected, and fail then, do not count
// when it is back.
func TestOutlierForgivesStragglers(t *testing.T) {
	w := outlierWorld(t, OutlierConfig{Consecutive: &ConsecutiveEjection{}}).hosts(3)
	w.calls("a", TimedOut, 5).step().calls("a", TimedOut, 6).pass(30 * time.Second).step().step()
	if got := w.ejected(); got != "" {
		t.Errorf("ejected: %q", got)
	}
	w.calls("a", TimedOut, 4).step()
	if got := w.ejected(); got != "" {
		t.Errorf("ejected after four failures: %q", got)
	}
	w.calls("a", TimedOut, 1).step()
	if got := w.ejected(); got != "a:consecutive" {
		t.Errorf("not ejected after five failures: %q", got)
	}
}

// A row that was judged is over when a call ends well.
func TestOutlierRowStartsOver(t *testing.T) {
	w := outlierWorld(t, OutlierConfig{Consecutive: &ConsecutiveEjection{Enforcement: -1}}).hosts(1)
	h := func() *host { return w.planner.(*outlierPlanner).order[0] }
	w.calls("a", Broken, 7).step().calls("a", Broken, 3)
	if n := h().inRow(); n != 3 {
		t.Errorf("%d in a row since it was judged, want 3", n)
	}
	w.calls("a", Failure, 1).calls("a", Broken, 8)
	if n := h().inRow(); n != 8 {
		t.Errorf("%d in a row since a call ended well, want 8", n)
	}
}

// While fewer than half work, all are used, and the ejected ones count no more.
func TestOutlierPanic(t *testing.T) {
	config := OutlierConfig{MaxEjectionPercent: 100, Consecutive: &ConsecutiveEjection{}}
	for _, c := range []struct{ threshold, ejected, failing, used int }{
		{0, 2, 0, 2}, {0, 3, 0, 4}, {0, 1, 1, 2}, {0, 1, 2, 2}, {0, 2, 1, 3}, {0, 4, 0, 4},
		{-1, 3, 0, 1}, {-1, 4, 0, 0}, {30, 3, 0, 4}, {25, 3, 0, 1}, {100, 1, 0, 4},
	} {
		config.PanicThreshold = c.threshold
		w := outlierWorld(t, config).hosts(4)
		for i := range c.ejected {
			w.calls(w.views[i].Endpoint.ID, Broken, 5)
		}
		w.step()
		for i := range c.failing {
			w.set(w.views[3-i].Endpoint.ID, TransientFailure)
		}
		w.step()
		used := len(strings.Fields(w.picks(40)))
		if w.plan.State != Ready {
			used = 0
		}
		if used != c.used {
			t.Errorf("threshold %d, %d ejected, %d failing of 4: %d are used, want %d", c.threshold, c.ejected, c.failing, used, c.used)
		}
	}
}

// An ejected endpoint stays connected although the child does not ask for it. One that
// has lost its connection gets no other on that account.
func TestOutlierKeepsConnections(t *testing.T) {
	w := newWorld(t, func(Policy) Policy {
		return OutlierDetection(OutlierConfig{FailurePercentage: &FailurePercentageEjection{MinHosts: 1}}, PickFirst())
	})
	expect := func(connected string) {
		t.Helper()
		w.plan = w.planner.Plan(Snapshot{Endpoints: append([]View(nil), w.views...), Now: w.now, Waiting: 1})
		if got := w.connected(); got != connected {
			t.Errorf("connected are %s, want %s", got, connected)
		}
	}
	w.add("a b")
	expect("a")
	w.set("a", Ready)
	expect("a")
	w.calls("a", Broken, 50).pass(10 * time.Second)
	expect("a b")
	w.set("b", Ready)
	expect("b a")
	w.goes(5, "b:5")
	w.set("a", Idle)
	expect("b")
	w.set("a", TransientFailure)
	expect("b")
}

// An endpoint that comes back is eased in by a SlowStart within.
func TestOutlierWithSlowStart(t *testing.T) {
	w := newWorld(t, func(leaf Policy) Policy {
		slow := SlowStart(SlowStartConfig{Window: 20 * time.Second}, ByLocality(leaf))
		return OutlierDetection(OutlierConfig{Consecutive: &ConsecutiveEjection{}}, slow)
	})
	w.add("a", at("", "1", "")).add("b", at("", "2", "")).set("a b", Ready).step()
	w.pass(time.Minute).expect("READY [a b] a:50 b:50")
	w.calls("a", Broken, 5).expect("READY [a b] b:100")
	w.pass(30 * time.Second).step()
	w.goes(110, "a:10 b:100")
	w.pass(10 * time.Second).step()
	w.goes(150, "a:50 b:100")
	w.pass(10 * time.Second).expect("READY [a b] a:50 b:50")
}

// Endpoints come and go; one that comes again is another.
func TestOutlierFollowsTheList(t *testing.T) {
	w := outlierWorld(t, OutlierConfig{Consecutive: &ConsecutiveEjection{}}).hosts(3)
	w.calls("b", Broken, 5).expect("READY [a b c] a:50 c:50")
	w.remove("a").expect("READY [b c] c:100")
	w.remove("b").expect("READY [c] c:100")
	w.add("b").set("b", Ready).expect("READY [c b] b:50 c:50")
	w.remove("c").remove("b").expect("TRANSIENT_FAILURE [] fail:100")
}
