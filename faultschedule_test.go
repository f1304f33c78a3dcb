package curlew_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
)

var (
	faultSeeds = flag.Int("faults.seeds", 100, "how many schedules TestFaultSchedules plays")
	faultFirst = flag.Uint64("faults.first", 1, "the seed of the first")
)

// Servers stop, die, hang, fail and come back, addresses come and go, connections
// break and go silent, by schedules that follow from seeds alone, while calls of all
// kinds are made. Whatever happens, the rules of [faultWorld.judge] hold. A failing
// seed is played again by -run TestFaultSchedules -faults.seeds 1 -faults.first SEED.
func TestFaultSchedules(t *testing.T) {
	seeds := *faultSeeds
	if testing.Short() {
		seeds = min(seeds, 20)
	}
	for i := range seeds {
		seed := *faultFirst + uint64(i)
		t.Run(fmt.Sprint("seed_", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playFaults(t, seed) })
		})
	}
}

const (
	faultTime  = 10 * time.Second // that faults happen in, and calls begin
	faultCalls = 60
	faultMost  = 25               // faults
	settleTime = 10 * time.Minute // that everything has to be well again in
)

func playFaults(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 20))
	w := newFaultWorld(t, rnd)
	c := w.dial()
	stop := w.watchState(c)
	var events, calls sync.WaitGroup
	for range 3 + rnd.IntN(faultMost-2) {
		at, fault := w.moment(), w.fault()
		events.Go(func() {
			time.Sleep(at)
			fault()
		})
	}
	for i := range faultCalls {
		at, call := w.moment(), w.plan(i)
		calls.Go(func() {
			time.Sleep(at)
			w.make(c, call)
		})
	}
	events.Wait()
	time.Sleep(time.Second)
	w.heal()
	ended := make(chan struct{})
	go func() {
		calls.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(settleTime):
		t.Errorf("calls have not ended %v after everything was well again", settleTime)
	}
	time.Sleep(time.Second) // connections that had lost something are noticed
	w.worksAgain(c)
	c.Close()
	<-ended
	stop()
	w.close()
	w.judge()
	// That no goroutine is left the bubble checks.
}

// moment returns when something happens.
func (w *faultWorld) moment() time.Duration {
	return time.Duration(w.rnd.Int64N(int64(faultTime)))
}

// fault returns something that happens to a node, a connection or a name.
func (w *faultWorld) fault() func() {
	n := w.nodes[w.rnd.IntN(len(w.nodes))]
	switch w.rnd.IntN(12) {
	case 0, 1:
		return n.kill
	case 2:
		grace := time.Duration(w.rnd.Int64N(int64(3 * time.Second)))
		return func() { n.shutdown(grace) }
	case 3, 4:
		return n.start
	case 5:
		return n.silence
	case 6:
		return n.speak
	case 7:
		return n.cut
	case 8:
		codes := []curlew.Code{curlew.Unavailable, curlew.ResourceExhausted, curlew.Aborted}
		code := codes[w.rnd.IntN(len(codes))]
		return func() { n.behave(code, 0) }
	case 9:
		delay := time.Duration(w.rnd.Int64N(int64(2 * time.Second)))
		return func() { n.behave(curlew.OK, delay) }
	case 10:
		listed := w.some()
		return func() { w.names.push(listed) }
	default:
		return w.names.fail
	}
}

// some returns some of the addresses, in any order, at least one.
func (w *faultWorld) some() []string {
	var addrs []string
	for _, i := range w.rnd.Perm(len(w.nodes))[:1+w.rnd.IntN(len(w.nodes))] {
		addrs = append(addrs, w.nodes[i].addr)
	}
	return addrs
}

// heal has every server serve again and be known.
func (w *faultWorld) heal() {
	var all []string
	for _, n := range w.nodes {
		n.speak()
		n.start()
		n.behave(curlew.OK, 0)
		all = append(all, n.addr)
	}
	w.names.push(all)
}
