package peer

import (
	"fmt"
	"math"
	"math/bits"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A Meter counts what completes in the measured window, from any goroutine.
type Meter struct {
	open            atomic.Bool
	messages, bytes atomic.Uint64
	roundTrips      [buckets]atomic.Uint64
	opened          time.Time
	openedCPU       time.Duration
}

// Message counts a message of size bytes, if the window is open.
func (m *Meter) Message(size int) {
	if m.open.Load() {
		m.messages.Add(1)
		m.bytes.Add(uint64(size))
	}
}

// RoundTrip counts a round trip that began at start and was answered by size bytes, if the window is open.
func (m *Meter) RoundTrip(start time.Time, size int) {
	if m.open.Load() {
		m.Message(size)
		m.roundTrips[bucket(uint64(time.Since(start)))].Add(1)
	}
}

// Begin opens the window and says so.
func (m *Meter) Begin() {
	m.opened, m.openedCPU = time.Now(), processCPU()
	m.open.Store(true)
	os.Stdout.WriteString(`{"event":"begin"}` + "\n")
}

// End closes the window and prints what it saw. There are no errors: a call that fails ends the process.
func (m *Meter) End() {
	m.open.Store(false)
	took, cpu := time.Since(m.opened), processCPU()-m.openedCPU
	fmt.Printf(`{"event":"end","messages":%d,"errors":0,"bytes":%d,"seconds":%.6f,"cpu_us":%d,`+
		`"p50_us":%.3f,"p99_us":%.3f,"p999_us":%.3f}`+"\n",
		m.messages.Load(), m.bytes.Load(), took.Seconds(), cpu.Microseconds(),
		m.percentile(0.5), m.percentile(0.99), m.percentile(0.999))
}

// percentile returns the round trip, in microseconds, that share of all took at most.
func (m *Meter) percentile(share float64) float64 {
	var total, seen uint64
	for i := range m.roundTrips {
		total += m.roundTrips[i].Load()
	}
	if total == 0 {
		return 0
	}
	rank := uint64(math.Ceil(share * float64(total)))
	for i := range m.roundTrips {
		if seen += m.roundTrips[i].Load(); seen >= rank {
			return middle(i) / 1e3
		}
	}
	return middle(buckets-1) / 1e3
}

// The histogram has 128 buckets for every power of two, so a percentile is off by 0.4 % at most.
const (
	subBits = 7
	exact   = 2 << subBits
	buckets = (64 - subBits + 1) << subBits
)

// bucket returns the index of the bucket that nanos falls into.
func bucket(nanos uint64) int {
	if nanos < exact {
		return int(nanos)
	}
	shift := bits.Len64(nanos) - 1 - subBits
	return shift<<subBits + int(nanos>>shift)
}

// middle returns the middle of the bucket with the index i.
func middle(i int) float64 {
	if i < exact {
		return float64(i)
	}
	shift := i>>subBits - 1
	return math.Ldexp(float64(i-shift<<subBits)+0.5, shift)
}

// processCPU returns the user and system time of this process.
func processCPU() time.Duration {
	var usage unix.Rusage
	Check(unix.Getrusage(unix.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
