package demo

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/curlewtest"
)

// The deadline's scene shows both services, and both ends of each hop.
func TestDeadline(t *testing.T) {
	curlewtest.NoLeaks(t)
	saw := newWitness()
	h, err := open(t.Context(), "127.0.0.1:0", t.TempDir(), saw)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close(t.Context())
	var out bytes.Buffer
	s, err := newStage(&printer{w: &out}, h, saw)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.play(t.Context())
	if !s.summary() {
		t.Fatalf("it did not go well:\n%s", out.String())
	}
	_, text, _ := strings.Cut(out.String(), "8. AwaitDelivery")
	for _, want := range []string{
		"client → shop    HEADERS",
		"in shop          handler               AwaitDelivery begins, with 14",
		"shop   → orders  HEADERS",
		"in orders        handler               WatchOrder begins, with 14",
		"shop   ← orders  DATA",
		`WatchOrder ends: its context says "context `,
		`AwaitDelivery ends: its context says "context `,
		"✓ DEADLINE_EXCEEDED, as it should be, after 15",
	} {
		// A machine that is busy may take longer than the pattern has it.
		want = strings.TrimSuffix(strings.TrimSuffix(want, "14"), "15")
		at := strings.Index(text, want)
		if at < 0 {
			t.Errorf("%q does not come, or not in its turn, in\n%s", want, out.String())
		}
	}
}

func TestCheckHops(t *testing.T) {
	begin := func(left time.Duration) note { return note{who: "a", method: "M", left: left} }
	end := note{who: "a", method: "M", ended: true, cut: context.DeadlineExceeded}
	alone := note{who: "a", method: "M", ended: true}
	tests := []struct {
		name  string
		notes []note
		want  string
	}{
		{"as it should be", []note{begin(149), begin(148), end, end}, ""},
		{"one handler", []note{begin(149), end}, "1 of 2 handlers ended"},
		{"no deadline", []note{begin(149), begin(0), end, end}, "began with 0s left"},
		{"a later deadline", []note{begin(148), begin(149), end, end}, "began with 149ns left, the one before it with 148ns"},
		{"longer than the client's", []note{begin(awaitTime + 1)}, "the one before it with 150ms"},
		{"not by the deadline", []note{begin(149), begin(148), alone, end}, "ended by itself"},
	}
	for _, test := range tests {
		err := checkHops(test.notes)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// Calls of others, while a scene collects notes, do not hold up the servers.
func TestWitnessIsNeverFull(t *testing.T) {
	w := newWitness()
	collect := w.listen(1)
	for range 100 {
		w.add(note{})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if notes := collect(ctx); len(notes) != cap(w.notes) {
		t.Errorf("%d notes", len(notes))
	}
}
