package web_test

import "testing"

// What the server allocates for a call, its messages and their strings included: a
// request as the one before is one that it knows.
func TestAllocationsPerCall(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates by itself; CI runs this test without it too")
	}
	budgets := map[string]float64{
		"Connect JSON": 4, "Connect": 4, "Connect GET": 6, "gRPC-Web": 5, "REST GET": 4, "REST GETs": 14, "REST POST": 5, "a handler": 25,
	}
	for name := range calls {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t, name)
			for range 200 {
				c.call(t)
			}
			n := testing.AllocsPerRun(2000, func() { c.call(t) })
			t.Logf("%.2f allocations a call", n)
			if n > budgets[name]+0.5 {
				t.Errorf("%.2f allocations a call, want %v at most", n, budgets[name])
			}
		})
	}
}
