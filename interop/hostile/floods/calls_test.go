package floods

import (
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

// CVE-2026-84304: DATA of an octet a frame is cheap, and kept as the octet that it is.
func TestOneOctetFrames(t *testing.T) {
	t.Parallel()
	const streams, rounds = 100, 2000
	a := arena.New(t)
	bounds := arena.Bounds{
		Peak: 48 << 20, CPU: streams * rounds * 200 * time.Microsecond,
		Cause: "200,000 octets are kept; a frame costs about a microsecond, a hundred with the race detector on a busy machine",
	}
	a.Endure(bounds, func() func() {
		at := a.Attack()
		at.Flood(streams, func(i int) []byte {
			return frames(at.Request(id(i), false, "UnaryCall"), frame.AppendData(nil, id(i), false, []byte{0, 0, 0x3f, 0xff, 0xff}))
		})
		taken := at.Flood(rounds, func(int) []byte {
			var b []byte
			for i := range streams {
				b = frame.AppendData(b, id(i), false, []byte{0})
			}
			return b
		})
		if taken != rounds {
			t.Errorf("the server took %d of %d rounds", taken, rounds)
		}
		at.Send(frame.AppendPing(nil, false, [8]byte{}))
		at.Await("the answer to what was sent last", 1, func() int { return at.Frames(frame.TypePing) })
		if resets, goAways := at.Frames(frame.TypeRSTStream), at.Frames(frame.TypeGoAway); resets+goAways > 0 {
			t.Errorf("%d RST_STREAM and %d GOAWAY: the frames were not taken", resets, goAways)
		}
		return at.Close
	})
}

// Deadlines that are over, or never will be, hold nothing beyond their calls.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	const batch, batches = 100, 30
	for _, timeout := range []string{"0n", "1n", "99999999H"} {
		t.Run(timeout, func(t *testing.T) {
			t.Parallel()
			a := arena.New(t)
			bounds := arena.Bounds{
				Peak: 48 << 20, CPU: batch * batches * 10 * time.Millisecond,
				Cause: "100 calls at once, none of which lasts",
			}
			a.Endure(bounds, func() func() {
				at := a.Attack()
				ends := func() int { return at.Frames(frame.TypeHeaders) + at.Frames(frame.TypeRSTStream) }
				for n := range batches {
					at.Flood(batch, func(i int) []byte {
						stream := id(n*batch + i)
						return frames(at.Request(stream, false, "EmptyCall", "grpc-timeout", timeout), emptyMessage(stream))
					})
					at.Await("ends of calls", (n+1)*batch, ends)
				}
				return at.Close
			})
		})
	}
}
