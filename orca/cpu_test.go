package orca

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestSampler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			used   = time.Minute // before the sampler was there
			known  = true
			reads  int
			cores  = time.Duration(runtime.GOMAXPROCS(0))
			s      = newSampler(func() (time.Duration, bool) { reads++; return used, known })
			expect = func(what string, want float64, is bool, read int) {
				t.Helper()
				reads = 0
				if got, ok := s.sample(); got != want || ok != is || reads != read {
					t.Errorf("%s: %v, %v with %d readings, want %v, %v with %d", what, got, ok, reads, want, is, read)
				}
			}
		)
		expect("at the beginning", 0, false, 0)
		used += cores * time.Second / 2
		time.Sleep(time.Second - 1)
		expect("before a second has passed", 0, false, 0)
		time.Sleep(time.Nanosecond)
		expect("half of a second", 0.5, true, 1)
		used += cores * time.Second
		expect("at the same time", 0.5, true, 0)
		time.Sleep(4 * time.Second)
		expect("a second of four", 0.25, true, 1)
		known = false
		time.Sleep(time.Second)
		expect("a reading that fails", 0.25, true, 1)
		known, used = true, 0
		expect("a clock that goes back", 0, true, 1)
	})
}

func TestProcessTime(t *testing.T) {
	begin, ok := processTime()
	if !ok {
		t.Skip("this system does not tell it")
	}
	for {
		now, ok := processTime()
		if !ok || now < begin {
			t.Fatalf("%v, %v after %v", now, ok, begin)
		}
		if now > begin {
			break
		}
	}
}
