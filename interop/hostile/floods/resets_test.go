// Package floods attacks a server for its processor time, memory, handlers and
// connections, by what is slow, held back or allowed again and again.
package floods

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

func TestMain(m *testing.M) { os.Exit(arena.Main(m)) }

// id is the identifier of a client's stream i.
func id(i int) uint32 { return uint32(2*i + 1) }

func frames(f ...[]byte) []byte { return bytes.Join(f, nil) }

// emptyMessage is a message of no octets in a DATA frame that ends its stream.
func emptyMessage(id uint32) []byte { return frame.AppendData(nil, id, true, make([]byte, 5)) }

// CVE-2023-44487: what is reset is free for the protocol, but its handler still runs.
func TestHandlersThatOutliveResets(t *testing.T) {
	t.Parallel()
	const limit, beyond = 100, 50
	a := arena.New(t, "streams=100")
	bounds := arena.Bounds{Peak: 48 << 20, Cause: "100 handlers of some KiB each, and what Go's collector lets grow"}
	a.Endure(bounds, func() func() {
		at := a.Attack()
		at.Flood(limit, func(i int) []byte {
			return at.Request(id(i), false, "FullDuplexCall", arena.Stubborn, "1")
		})
		a.Await("all handlers to run", func(s arena.State) bool { return s.Running >= limit })
		at.Flood(limit, func(i int) []byte { return frame.AppendRSTStream(nil, id(i), frame.CodeCancel) })
		at.Flood(beyond, func(i int) []byte {
			return at.Request(id(limit+i), false, "FullDuplexCall", arena.Stubborn, "1")
		})
		refused := func() int { return at.Resets(frame.CodeRefusedStream) }
		at.Await("requests refused", beyond, refused)
		if s := a.State(); s.Running > limit+4 { // and four honest ones
			t.Errorf("%d handlers run", s.Running)
		}
		return func() {
			a.Release()
			a.Await("the handlers to return", func(s arena.State) bool { return s.Running <= 4 })
			answers := at.Frames(frame.TypeHeaders)
			next := id(limit + beyond)
			at.Send(frames(at.Request(next, false, "EmptyCall"), emptyMessage(next)))
			at.Await("the answer to a call thereafter", answers+1, func() int { return at.Frames(frame.TypeHeaders) })
			at.Close()
		}
	})
}

// GHSA-hrxh-6v49-42gf, and the way around a budget: each call that is served pays for
// two that are taken back. That may go on for ever, but must not pile up.
func TestResetsPaidForByCalls(t *testing.T) {
	t.Parallel()
	const rounds = 3000
	a := arena.New(t)
	bounds := arena.Bounds{
		Peak: 64 << 20, CPU: rounds * 10 * time.Millisecond,
		Cause: "nothing outlives its reset; three calls a round, of far below a millisecond each without the race detector",
	}
	a.Endure(bounds, func() func() {
		at := a.Attack()
		answers := func() int { return at.Frames(frame.TypeHeaders) }
		for i := range rounds {
			first, second, third := id(3*i), id(3*i+1), id(3*i+2)
			at.Send(frames(
				at.Request(first, false, "EmptyCall"), emptyMessage(first),
				at.Request(second, false, "FullDuplexCall"), frame.AppendRSTStream(nil, second, frame.CodeCancel),
				at.Request(third, false, "UnaryCall"), frame.AppendRSTStream(nil, third, frame.CodeCancel),
			))
			if i%50 == 49 {
				at.Await("answers", 2*(i+1), answers) // header and trailer
			}
		}
		return at.Close
	})
}

// Who does not stop at the limit of streams is no client that made a mistake.
func TestRefusedStreamsWithoutEnd(t *testing.T) {
	t.Parallel()
	a := arena.New(t, "streams=100")
	bounds := arena.Bounds{Peak: 48 << 20, Cause: "100 handlers; a refused request holds nothing"}
	a.Endure(bounds, func() func() {
		at := a.Attack()
		at.Flood(100_000, func(i int) []byte { return at.Request(id(i), false, "FullDuplexCall") })
		at.AwaitEnd(frame.CodeEnhanceYourCalm)
		return at.Close
	})
}
