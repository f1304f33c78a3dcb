package main

import (
	"fmt"
	"maps"
	"slices"
)

// A verdict counts checks.
type verdict struct{ passed, failed int }

func (v *verdict) check(ok bool, format string, args ...any) {
	if ok {
		v.passed++
		return
	}
	v.failed++
	fmt.Printf("FAIL "+format+"\n", args...)
}

// What may be more at the end than after the warm-up: a part, and a number.
const (
	growth          = 1.25
	moreGoroutines  = 50
	moreStreams     = 50
	moreMemory      = 16 << 20
	idleGoroutines  = 4       // more when idle than before the first call
	idleHeap        = 8 << 20 // likewise, in bytes
	warmUp, finally = 4, 4    // the second quarter is compared with the last
)

// judge checks what became of the calls, and that nothing has grown.
func (t *team) judge(v *verdict) {
	for _, p := range t.all {
		v.flat(p, "goroutines", func(s *sample) float64 { return float64(s.Goroutines) }, moreGoroutines)
		v.flat(p, "streams", func(s *sample) float64 { return float64(s.Streams) }, moreStreams)
		v.flat(p, "bytes resident", func(s *sample) float64 { return float64(s.RSS) }, moreMemory)
		before, after := &p.idleBefore, &p.idleAfter
		v.check(after.Streams == 0, "%s: %d streams are open when all calls have ended", p.name, after.Streams)
		v.check(after.Goroutines <= before.Goroutines+idleGoroutines, "%s: %d goroutines when idle, %d before the first call", p.name, after.Goroutines, before.Goroutines)
		v.check(after.Heap <= before.Heap+idleHeap, "%s: %d bytes reachable when idle, %d before the first call", p.name, after.Heap, before.Heap)
	}
	calls, ends, failures := map[string]int64{}, map[string]int64{}, int64(0)
	for _, p := range t.clients {
		s := &p.idleAfter
		v.check(s.Failures == 0, "%s: %d calls failed, the first: %s", p.name, s.Failures, s.First)
		v.check(went(p.under), "%s: there was a time without calls", p.name)
		for _, k := range kinds {
			v.check(s.Calls[k.name] > 0, "%s: no calls of the kind %s", p.name, k.name)
			calls[k.name] += s.Calls[k.name]
		}
		for code, n := range s.Ends {
			ends[code] += n
		}
		failures += s.Failures
	}
	var all int64
	for _, kind := range slices.Sorted(maps.Keys(calls)) {
		fmt.Printf("%s: %d calls\n", kind, calls[kind])
		all += calls[kind]
	}
	for _, code := range slices.Sorted(maps.Keys(ends)) {
		fmt.Printf("%s: %d\n", code, ends[code])
	}
	fmt.Printf("%d calls, %d of them failed\n", all, failures)
	for _, p := range t.all {
		fmt.Printf("%s, idle before and after: %d and %d goroutines, %d and %d KiB reachable\n", p.name,
			p.idleBefore.Goroutines, p.idleAfter.Goroutines, p.idleBefore.Heap>>10, p.idleAfter.Heap>>10)
	}
}

// flat checks that a number is about the same after the warm-up and at the end.
func (v *verdict) flat(p *process, what string, of func(*sample) float64, more float64) {
	n := len(p.under)
	early := median(p.under[n/warmUp:n/2], of)
	late := median(p.under[n-n/finally:], of)
	v.check(late <= early*growth+more, "%s: %.0f %s at the end, %.0f after the warm-up", p.name, late, what, early)
}

func median(samples []sample, of func(*sample) float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	values := make([]float64, len(samples))
	for i := range samples {
		values[i] = of(&samples[i])
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// standstill is how many samples may follow each other without a call having ended.
const standstill = 20

// went reports whether calls have ended all the time.
func went(samples []sample) bool {
	for i := standstill; i < len(samples); i++ {
		if samples[i].total() == samples[i-standstill].total() {
			return false
		}
	}
	return len(samples) > 0 && samples[len(samples)-1].total() > 0
}
