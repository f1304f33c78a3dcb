package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// A sample is what a process says of itself.
type sample struct {
	Calls      map[string]int64 // that have ended, by kind
	Ends       map[string]int64 // how, by code
	Failures   int64            // those that ended as they should not have
	First      string           // the first failure
	Streams    int64            // calls under way
	Goroutines int
	RSS        int64 // bytes
	Heap       int64 // bytes that are reachable; only of an idle process
}

func (s *sample) total() (n int64) {
	for _, c := range s.Calls {
		n += c
	}
	return n
}

// A member is a process under command.
type member interface {
	sample() sample
	load() // begins to call
	halt() // stops, and returns when all calls have ended
}

// The commands, one a line on the standard input; each is answered by a sample.
const (
	cmdSample = "sample"
	cmdLoad   = "load"
	cmdHalt   = "halt"
	cmdIdle   = "idle" // a sample when everything has come to rest
)

// obey does what it is told until its input ends.
func obey(m member) error {
	answers := json.NewEncoder(os.Stdout)
	var rest sample // the first time it was idle
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		var s sample
		switch commands.Text() {
		case cmdLoad:
			m.load()
		case cmdHalt:
			m.halt()
		case cmdIdle:
			s = idle(m, rest.Goroutines)
			if rest.Goroutines == 0 {
				rest = s
			}
		case cmdSample:
		default:
			return fmt.Errorf("there is no command %q", commands.Text())
		}
		if commands.Text() != cmdIdle {
			s = take(m)
		}
		if err := answers.Encode(s); err != nil {
			return err
		}
	}
	return commands.Err()
}

func take(m member) sample {
	s := m.sample()
	s.Goroutines = runtime.NumGoroutine()
	s.RSS = resident()
	return s
}

// patience is how long goroutines may be kept for the next calls: servers part
// with those that have had nothing to do for 10 to 20 seconds.
const patience = 60 * time.Second

// idle waits until there are no more goroutines than there were, some apart that
// come and go.
func idle(m member, goroutines int) sample {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if s := take(m); s.Streams == 0 && (goroutines == 0 || s.Goroutines <= goroutines) {
			break
		}
	}
	debug.FreeOSMemory() // collects garbage first
	debug.FreeOSMemory() // what pools held
	s := take(m)
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	s.Heap = int64(mem.HeapAlloc)
	return s
}

// resident returns the process's memory, or 0 where it is not told.
func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
