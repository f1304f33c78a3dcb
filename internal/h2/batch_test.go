package h2

import (
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// A writeCounter notes how many DATA frames each write has.
type writeCounter struct {
	net.Conn
	writes []int
}

func (w *writeCounter) TryWrite(p []byte) (int, error) {
	n := 0
	for _, word := range dataFrames(p) {
		if strings.Contains(word, ":") {
			n++
		}
	}
	w.writes = append(w.writes, n)
	return len(p), nil
}

// Messages that are sent at the same time leave together; but where the peer waits
// for us, some of them leave before all are there.
func TestBatches(t *testing.T) {
	const streams = 4 * earlyBatch
	for _, row := range []struct {
		name    string
		starved int
		end     bool
		largest int
	}{
		{"the peer is busy", 0, false, streams},
		{"the peer waits", 1, false, earlyBatch},
		{"the peer waits for ends", 1, true, streams},
	} {
		t.Run(row.name, func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			cfg := Defaults()
			counter := new(writeCounter)
			c := newConn(counter, &cfg)
			c.starved = row.starved
			c.running = streams
			var all [streams]Stream
			for i := range all {
				s := &all[i]
				s.conn, s.id, s.headed, s.eof = c, uint32(2*i+1), true, row.end
				if row.end {
					s.st = halfClosedRemote
				}
				s.send.Init(1 << 16)
				c.streams[s.id] = s
			}
			var wg sync.WaitGroup
			for i := range all {
				wg.Go(func() {
					if err := all[i].Send(Outgoing{Data: []byte("message"), End: row.end}, nil); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			sum, largest := 0, 0
			for _, n := range counter.writes {
				sum += n
				largest = max(largest, n)
			}
			if sum != streams || c.writing || c.yielding {
				t.Fatalf("%d of %d messages are written, writing %v, yielding %v", sum, streams, c.writing, c.yielding)
			}
			// Goroutines that have just been made may run in any order under the race
			// detector, and be preempted: most of what they send leaves as it should.
			if largest > row.largest || largest < row.largest/2 {
				t.Errorf("writes of %v messages, want at most %d in one, and not many less", counter.writes, row.largest)
			}
		})
	}
}

// A connection knows whether it had to wait for what it read.
func TestStarved(t *testing.T) {
	a, b := socketPair(t, "tcp")
	cfg := Defaults()
	c := newConn(a, &cfg)
	if c.raw == nil {
		t.Skip("it cannot tell here")
	}
	hurry := c.raw.unused
	c.raw.unused = func() { // when there is nothing, something comes
		hurry()
		if _, err := b.Write([]byte("x")); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		if err := c.fillOnReader(); err != nil {
			t.Fatal(err)
		}
		if c.settleOnReader(); c.starved != starvedReads {
			t.Error("not starved after a wait")
		}
	}
	for left := starvedReads - 1; left > 0; left-- { // others find something
		if _, err := b.Write([]byte("y")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // it is on its way
		if err := c.fillOnReader(); err != nil {
			t.Fatal(err)
		}
		if c.settleOnReader(); c.starved != left {
			t.Errorf("starved for %d reads more, not for %d", c.starved, left)
		}
	}
}
