package balance

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestLoad(t *testing.T) {
	var l Load
	for range 5 {
		l.Begin()
	}
	for _, c := range []Class{Success, Success, Rejected, 200} {
		l.End(Outcome{Class: c})
	}
	if n := l.Inflight(); n != 1 {
		t.Errorf("%d in flight, want 1", n)
	}
	for c, want := range map[Class]uint64{Success: 2, Broken: 1, Rejected: 1, Canceled: 0, 200: 0} {
		if got := l.Ended(c); got != want {
			t.Errorf("%d ended with %v, want %d", got, c, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { l.Begin(); l.End(Outcome{}) }); n != 0 {
		t.Errorf("%v allocations a call", n)
	}
}

func TestInRow(t *testing.T) {
	var l Load
	rung := 0
	l.SetAlarm(3, func() { rung++ })
	for _, c := range []Class{Unavailable, Rejected, Canceled, TimedOut, Broken, Success, Broken, Broken, Failure, Broken} {
		l.Begin()
		l.End(Outcome{Class: c})
	}
	if rung != 1 || l.InRow() != 1 {
		t.Errorf("the alarm rang %d times and %d are in a row, want 1 and 1", rung, l.InRow())
	}
	if n := l.Begun(); n != 10 {
		t.Errorf("%d begun, want 10", n)
	}
	l.SetAlarm(0, nil)
	for range 5 {
		l.Begin()
		l.End(Outcome{Class: Broken})
	}
	if rung != 1 {
		t.Error("an alarm that was taken away rang")
	}
}

func TestLatency(t *testing.T) {
	var l Load
	if _, _, ok := l.Latency(); ok || l.Measured() {
		t.Error("a latency before any was measured")
	}
	l.MeasureLatency(10 * time.Second)
	end := func(c Class, d, pushback time.Duration) time.Duration {
		l.Begin()
		l.End(Outcome{Class: c, Latency: d, Pushback: pushback})
		average, _, _ := l.Latency()
		return average
	}
	if got := end(Success, 10*time.Millisecond, 0); got != 10*time.Millisecond {
		t.Errorf("after one call of 10ms the average is %v", got)
	}
	if got := end(Success, time.Millisecond, 0); got > 10*time.Millisecond || got < 9*time.Millisecond {
		t.Errorf("a fast call brought it down to %v at once", got)
	}
	if got := end(Canceled, time.Millisecond, 0); got < 9*time.Millisecond {
		t.Errorf("a call that was soon given up counted: %v", got)
	}
	if got := end(Rejected, time.Microsecond, 0); got < 9*time.Millisecond {
		t.Errorf("a fast rejection brought it down to %v", got)
	}
	if got := end(Canceled, time.Second, 0); got != time.Second {
		t.Errorf("after a call was given up when it had taken a second it is %v", got)
	}
	if got := end(TimedOut, 2*time.Second, 0); got != 2*time.Second {
		t.Errorf("after a call timed out when it had taken two it is %v", got)
	}
	if got := end(Success, 0, 0); got != 2*time.Second {
		t.Errorf("one that was not measured counted: %v", got)
	}
}

// What was measured before a silence does not count any more.
func TestLatencyAfterSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Load
		l.MeasureLatency(10 * time.Second)
		l.MeasureLatency(time.Hour) // too late
		begun := time.Now()
		for _, step := range []struct {
			pause time.Duration
			out   Outcome
			want  time.Duration
		}{
			{0, Outcome{Latency: time.Second}, time.Second},
			{time.Second, Outcome{Latency: 10 * time.Millisecond}, 905789400}, // e^-0.1 of it and the rest of 10ms
			{time.Second, Outcome{Class: Failure, Latency: 905789400}, 905789400},
			{time.Second, Outcome{Class: Broken, Latency: 10 * time.Millisecond}, 905789400},
			{2 * time.Second, Outcome{Latency: 10 * time.Millisecond}, 10 * time.Millisecond},
		} {
			time.Sleep(step.pause)
			l.Begin()
			l.End(step.out)
			average, at, ok := l.Latency()
			if d := average - step.want; !ok || d.Abs() > 10*time.Microsecond || !at.Equal(time.Now()) {
				t.Errorf("after %v: %v at %v, want %v", time.Since(begun), average, at, step.want)
			}
		}
	})
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Idle.String(), "IDLE"}, {Connecting.String(), "CONNECTING"}, {Ready.String(), "READY"},
		{TransientFailure.String(), "TRANSIENT_FAILURE"}, {Shutdown.String(), "SHUTDOWN"}, {State(9).String(), "UNKNOWN"},
		{Queue.String(), "queue"}, {Use.String(), "use"}, {Fail.String(), "fail"}, {Drop.String(), "drop"}, {Verdict(9).String(), "unknown"},
		{Success.String(), "success"}, {Failure.String(), "failure"}, {Rejected.String(), "rejected"}, {Canceled.String(), "canceled"},
		{Unavailable.String(), "unavailable"}, {TimedOut.String(), "timed out"}, {Broken.String(), "broken"}, {Class(9).String(), "unknown"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
