package flow

import (
	"container/heap"
	"time"
)

const maxFrame = 16 << 10

// A path is a simulated network between a peer that always has data to send, and
// us, who consume it: DATA frames of 16 KiB, and answers to PING in order with
// them, leave one after the other at the bandwidth; half a round trip later they
// are here.
type path struct {
	bandwidth float64 // bytes a second
	rtt       time.Duration
	taste     float64 // bytes a second that the application takes; 0: all at once
	send      Send    // the peer's
	recv      Recv    // ours
	window    int32
	est       Estimator

	now    time.Duration
	free   time.Duration // the link, from then on
	taken  time.Duration // what has arrived, by the application
	events events
	seq    int

	received int64
	pings    int
}

type event struct {
	at  time.Duration
	seq int
	run func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any     { x := (*e)[len(*e)-1]; *e = (*e)[:len(*e)-1]; return x }

func newPath(bandwidth float64, rtt time.Duration, window, max int32) *path {
	p := &path{bandwidth: bandwidth, rtt: rtt, window: window}
	p.est = Estimator{Window: window, Max: max}
	p.send.Init(window)
	p.recv.Init(window)
	p.after(0, p.pump)
	return p
}

func (p *path) after(d time.Duration, run func()) {
	p.seq++
	heap.Push(&p.events, event{p.now + d, p.seq, run})
}

// toUs puts n bytes on the link.
func (p *path) toUs(n int, arrive func()) {
	p.free = max(p.free, p.now) + seconds(float64(n)/p.bandwidth)
	p.after(p.free-p.now+p.rtt/2, arrive)
}

// pump sends what the peer may.
func (p *path) pump() {
	for p.send.Available() > 0 {
		n := min(p.send.Available(), maxFrame)
		p.send.Take(n)
		p.toUs(int(n), func() { p.arrive(n) })
	}
}

func (p *path) arrive(n int32) {
	if !p.recv.Receive(uint32(n)) {
		panic("the window is overrun")
	}
	p.received += int64(n)
	if p.est.Receive(int(n), p.now) {
		p.pings++
		p.after(p.rtt/2, func() { p.toUs(17, p.answer) })
	}
	if p.taste == 0 {
		p.consume(n)
		return
	}
	p.taken = max(p.taken, p.now) + seconds(float64(n)/p.taste)
	p.after(p.taken-p.now, func() { p.consume(n) })
}

func (p *path) consume(n int32) {
	inc := p.recv.Consume(uint32(n))
	if inc == 0 {
		return
	}
	inc += p.recv.Grow(p.window)
	p.after(p.rtt/2, func() {
		if !p.send.Add(inc) {
			panic("the window overflows")
		}
		p.pump()
	})
}

func (p *path) answer() {
	if window, grew := p.est.Ack(p.now, p.window); grew {
		p.window = window
	}
}

// step lets time pass until something happens.
func (p *path) step() {
	e := heap.Pop(&p.events).(event)
	p.now = e.at
	e.run()
}

// run lets d pass.
func (p *path) run(d time.Duration) {
	end := p.now + d
	for len(p.events) > 0 && p.events[0].at <= end {
		p.step()
	}
	p.now = end
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// throughput returns the share of the bandwidth that d brings.
func (p *path) throughput(d time.Duration) float64 {
	before := p.received
	p.run(d)
	return float64(p.received-before) / d.Seconds() / p.bandwidth
}
