package h2

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A task is an owner whose handler does what it is told.
type task struct {
	Stream
	do func()
}

func (k *task) Serve()        { k.do() }
func (k *task) Aborted(error) {}

// runTask has w run do for a stream of a connection that does nothing.
func runTask(w *Workers, c *Conn, do func()) {
	k := &task{do: do}
	k.Init(k)
	k.conn = c
	k.st = closed
	c.mu.Lock()
	c.running++
	c.mu.Unlock()
	w.run(&k.Stream)
}

// workersAlive counts the goroutines of workers.
func workersAlive() (n int) {
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "(*Workers).work(")
}

func TestWorkersAreReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		c := decodingConn()
		for range 100 {
			runTask(&w, c, func() {})
			synctest.Wait()
		}
		if n := workersAlive(); n != 1 {
			t.Errorf("%d goroutines for one task at a time", n)
		}
		hold := make(chan struct{})
		for range 10 {
			runTask(&w, c, func() { <-hold })
		}
		synctest.Wait()
		if n := workersAlive(); n != 10 {
			t.Errorf("%d goroutines for ten tasks", n)
		}
		close(hold)
		synctest.Wait()
		if n := workersAlive(); n != 10 {
			t.Errorf("%d goroutines are kept of ten", n)
		}
		w.Close(true)
		if n := workersAlive(); n != 0 {
			t.Errorf("%d goroutines after Close", n)
		}
	})
}

// Goroutines beyond need end after a while, those that are needed stay.
func TestIdleWorkersAreTrimmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		c := decodingConn()
		burst := func(n int) {
			hold := make(chan struct{})
			for range n {
				runTask(&w, c, func() { <-hold })
			}
			synctest.Wait()
			close(hold)
			synctest.Wait()
		}
		burst(10)
		for range 10 {
			time.Sleep(trimTime / 4)
			burst(3)
		}
		if n := workersAlive(); n != 3 {
			t.Errorf("%d goroutines where three are needed", n)
		}
		time.Sleep(3 * trimTime)
		synctest.Wait()
		if n := workersAlive(); n != 0 {
			t.Errorf("%d goroutines that nobody needs", n)
		}
		burst(2) // and they come again
		if n := workersAlive(); n != 2 {
			t.Errorf("%d goroutines for two tasks", n)
		}
		w.Close(true)
	})
}

// Tasks that do not wait are done by a few goroutines, beside one that does.
func TestQuickTasksShareWorkers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		c := decodingConn()
		hold := make(chan struct{})
		runTask(&w, c, func() { <-hold })
		done := 0
		for range 1000 {
			runTask(&w, c, func() { done++ })
		}
		synctest.Wait()
		if n := workersAlive(); done != 1000 || n > 4 {
			t.Errorf("%d of 1000 tasks done, by %d goroutines", done, n)
		}
		close(hold)
		w.Close(true)
	})
}

func TestWorkersEndWithTheirTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Workers
		c := decodingConn()
		hold := make(chan struct{})
		var done atomic.Bool
		runTask(&w, c, func() {
			<-hold
			done.Store(true)
		})
		synctest.Wait()
		w.Close(false) // does not wait
		if done.Load() {
			t.Fatal("the task is over")
		}
		time.AfterFunc(time.Second, func() { close(hold) })
		w.Close(true)
		if !done.Load() {
			t.Error("Close did not wait for a task")
		}
		runTask(&w, c, func() {}) // late, but done
		synctest.Wait()
		time.Sleep(2 * trimTime)
		if n := workersAlive(); n != 0 {
			t.Errorf("%d goroutines after Close", n)
		}
	})
}

func TestWorkersKeepNoMoreThanAFew(t *testing.T) {
	noLeaks(t)
	var w Workers
	c := decodingConn()
	hold := make(chan struct{})
	var running atomic.Int64
	for range maxIdle + 200 {
		runTask(&w, c, func() {
			running.Add(1)
			<-hold
		})
	}
	eventually(t, func() bool { return running.Load() == maxIdle+200 }, func() string { return "all tasks to run" })
	close(hold)
	eventually(t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.idle) == maxIdle
	}, func() string { return "goroutines to go idle" })
	eventually(t, func() bool { return len(ourGoroutines()) == maxIdle }, func() string { return "the rest to end" })
	w.Close(true)
}
