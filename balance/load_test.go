package balance

import "testing"

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
	for c, want := range map[Class]uint64{Success: 2, Failure: 1, Rejected: 1, Canceled: 0, 200: 0} {
		if got := l.Ended(c); got != want {
			t.Errorf("%d ended with %v, want %d", got, c, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { l.Begin(); l.End(Outcome{}) }); n != 0 {
		t.Errorf("%v allocations a call", n)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Idle.String(), "IDLE"}, {Connecting.String(), "CONNECTING"}, {Ready.String(), "READY"},
		{TransientFailure.String(), "TRANSIENT_FAILURE"}, {Shutdown.String(), "SHUTDOWN"}, {State(9).String(), "UNKNOWN"},
		{Queue.String(), "queue"}, {Use.String(), "use"}, {Fail.String(), "fail"}, {Drop.String(), "drop"}, {Verdict(9).String(), "unknown"},
		{Success.String(), "success"}, {Failure.String(), "failure"}, {Rejected.String(), "rejected"}, {Canceled.String(), "canceled"}, {Class(9).String(), "unknown"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
