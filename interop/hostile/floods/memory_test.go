package floods

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

// besieged runs an attack, which may take peak bytes of memory while it goes on, by
// all of the connections that it returns.
func besieged(t *testing.T, peak int64, cause string, attack func(a *arena.Arena) []*arena.Attacker) {
	t.Helper()
	t.Parallel()
	a := arena.New(t)
	a.Endure(arena.Bounds{Peak: peak, Cause: cause}, func() func() {
		attackers := attack(a)
		return func() {
			for _, at := range attackers {
				at.Close()
			}
		}
	})
}

// bombRequest is a header block that is small on the wire and large in memory: one
// entry in the table, and n references to it.
func bombRequest(id uint32, end bool, n int, name, value string) []byte {
	var block []byte
	for _, f := range rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", "/grpc.testing.TestService/FullDuplexCall",
		":authority", "x", "content-type", "application/grpc") {
		block = appendText(appendText(append(block, 0), f.Name), f.Value) // without indexing
	}
	block = appendText(appendText(append(block, 0x40), name), value)
	block = append(block, bytes.Repeat([]byte{0x80 | 62}, n)...) // the newest entry
	return frame.AppendHeaders(nil, id, end, frame.DefaultMaxSize, block)
}

// appendText appends a string literal, RFC 7541 §5.2.
func appendText(b []byte, s string) []byte {
	if n := len(s) - 127; n < 0 {
		b = append(b, byte(len(s)))
	} else {
		for b = append(b, 127); n >= 0x80; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		b = append(b, byte(n))
	}
	return append(b, s...)
}

// CVE-2016-6581: an entry as large as the table allows, referred to again and again.
func TestHPACKBomb(t *testing.T) {
	besieged(t, 48<<20, "sections over the limit are not kept", func(a *arena.Arena) []*arena.Attacker {
		r := a.Attack()
		r.Flood(50, func(i int) []byte { return bombRequest(id(i), false, 12_000, "x", strings.Repeat("v", 3900)) })
		r.Await("answers", 50, func() int { return r.Frames(frame.TypeHeaders) }) // each is refused
		return []*arena.Attacker{r}
	})
}

// CVE-2026-49975: thousands of fields of an octet each, and a window that is closed,
// so that nothing which holds them can be finished.
func TestManySmallFields(t *testing.T) {
	besieged(t, 48<<20, "fields over the limit are not kept", func(a *arena.Arena) []*arena.Attacker {
		r := a.AttackDeaf(frame.Setting{ID: frame.SettingInitialWindowSize, Value: 0})
		r.Flood(90, func(i int) []byte { return bombRequest(id(i), true, 15_000, "a", "") })
		return []*arena.Attacker{r}
	})
}

// Binary values of an octet each, the commas between them, of which one field holds
// thousands: they are counted like fields.
func TestManyBinaryValues(t *testing.T) {
	besieged(t, 48<<20, "values over the limit are not decoded", func(a *arena.Arena) []*arena.Attacker {
		const calls = 900
		r := a.Attack()
		r.Flood(calls, func(i int) []byte { return bombRequest(id(i), false, 3, "k-bin", strings.Repeat(",", 3900)) })
		r.Await("refusals", calls, func() int { return r.Frames(frame.TypeHeaders) })
		return []*arena.Attacker{r}
	})
}

// Calls with as much header as is allowed, that stay.
func TestHeldHeaders(t *testing.T) {
	besieged(t, 96<<20, "900 sections of 14 KB", func(a *arena.Arena) []*arena.Attacker {
		r := a.Attack()
		r.Flood(900, func(i int) []byte {
			return r.Request(id(i), false, "FullDuplexCall", "x-large", strings.Repeat(string(rune('a'+i%26)), 14_000))
		})
		return []*arena.Attacker{r}
	})
}

// Messages are announced that never come: memory follows what has come.
func TestFalseLengths(t *testing.T) {
	besieged(t, 64<<20, "900 calls with nothing of their messages", func(a *arena.Arena) []*arena.Attacker {
		r := a.Attack()
		r.Flood(900, func(i int) []byte {
			prefix := []byte{0, 0, 0x3f, 0xff, 0xff} // just under the limit of 4 MiB
			if i%2 == 1 {
				prefix = []byte{0, 0xff, 0xff, 0xff, 0xff}
			}
			return append(r.Request(id(i), false, "StreamingInputCall"), frame.AppendData(nil, id(i), false, prefix)...)
		})
		return []*arena.Attacker{r}
	})
}

// A message that is small until it is decompressed: of each the server makes no more
// than the limit, and what it takes to find out.
func TestDecompressionBomb(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	w.Write(make([]byte, 64<<20))
	w.Close()
	const calls = 50
	besieged(t, calls*6<<20, "of each message no more is made than the limit of 4 MiB, and buffers grow by copying", func(a *arena.Arena) []*arena.Attacker {
		r := a.Attack()
		r.Send(frame.AppendWindowUpdate(nil, 0, 1<<30))
		for i := range calls {
			r.Send(r.Request(id(i), false, "UnaryCall", "grpc-encoding", "gzip"))
			message := rawpeer.Message(1, bomb.String())
			for len(message) > frame.DefaultMaxSize {
				r.Send(frame.AppendData(nil, id(i), false, message[:frame.DefaultMaxSize]))
				message = message[frame.DefaultMaxSize:]
			}
			r.Send(frame.AppendData(nil, id(i), true, message))
		}
		r.Await("answers", calls, func() int { return r.Frames(frame.TypeHeaders) }) // RESOURCE_EXHAUSTED, each
		return []*arena.Attacker{r}
	})
}

// largeAnswer asks for an answer of 2 MiB.
func largeAnswer(r *arena.Attacker, id uint32) []byte {
	req, err := proto.Marshal(&testpb.SimpleRequest{ResponseSize: 2 << 20})
	if err != nil {
		panic(err)
	}
	return append(r.Request(id, false, "UnaryCall"), frame.AppendData(nil, id, true, rawpeer.Message(0, string(req)))...)
}

// CVE-2016-1546 and others: answers are asked for and not let through, by closed
// windows, by windows of an octet, or by not reading.
func TestStarvation(t *testing.T) {
	for _, row := range []struct {
		name     string
		deaf     bool
		settings []frame.Setting
		trickle  bool
	}{
		{"windows of nothing", false, []frame.Setting{{ID: frame.SettingInitialWindowSize, Value: 0}}, false},
		{"windows of an octet", false, []frame.Setting{{ID: frame.SettingInitialWindowSize, Value: 0}}, true},
		{"nobody reads", true, []frame.Setting{{ID: frame.SettingInitialWindowSize, Value: 1<<31 - 1}}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			const calls = 50
			besieged(t, calls*6<<20, "50 answers of 2 MiB that wait, and what makes them", func(a *arena.Arena) []*arena.Attacker {
				connect := a.Attack
				if row.deaf {
					connect = a.AttackDeaf
				}
				r := connect(row.settings...)
				r.Send(frame.AppendWindowUpdate(nil, 0, 1<<30))
				r.Flood(calls, func(i int) []byte { return largeAnswer(r, id(i)) })
				if row.trickle {
					r.Flood(300, func(i int) []byte { return frame.AppendWindowUpdate(nil, id(i%calls), 1) })
				}
				return []*arena.Attacker{r}
			})
		})
	}
}

// Who does not heed the windows has the stream reset, and no more is kept than the window
// was; others on the connection go on.
func TestWindowOverrun(t *testing.T) {
	besieged(t, 32<<20, "a window of 128 KiB, of 6.4 MB that are sent", func(a *arena.Arena) []*arena.Attacker {
		r := a.Attack()
		level := a.State()
		r.Send(r.Request(1, false, "FullDuplexCall", arena.Stubborn, "1"))
		a.Await("the handler, which takes nothing", func(s arena.State) bool { return s.Begun > level.Begun })
		r.Flood(400, func(int) []byte { return frame.AppendData(nil, 1, false, make([]byte, 16_000)) })
		r.Await("the reset", 1, func() int { return r.Resets(frame.CodeFlowControl) })
		r.Send(frames(r.Request(3, false, "EmptyCall"), emptyMessage(3)))
		r.Await("the answer to another call", 2, func() int { return r.Frames(frame.TypeHeaders) })
		a.Release()
		return []*arena.Attacker{r}
	})
}

// More streams than are allowed are refused, and the others go on.
func TestStreamsOverTheLimit(t *testing.T) {
	besieged(t, 64<<20, "1000 handlers", func(a *arena.Arena) []*arena.Attacker {
		r := a.Attack()
		r.Flood(1050, func(i int) []byte { return r.Request(id(i), false, "FullDuplexCall") })
		r.Await("refusals", 50, func() int { return r.Frames(frame.TypeRSTStream) })
		if refused, ends := r.Resets(frame.CodeRefusedStream), r.Frames(frame.TypeGoAway); refused != 50 || ends != 0 {
			t.Errorf("%d streams are refused, and %d GOAWAY", refused, ends)
		}
		return []*arena.Attacker{r}
	})
}

// Thousands of connections that say hello and no more, or come and go.
func TestConnectionFlood(t *testing.T) {
	besieged(t, 96<<20, "1500 connections, which hold no buffers", func(a *arena.Arena) (held []*arena.Attacker) {
		for range 1500 {
			held = append(held, a.AttackDeaf())
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 500 {
					if nc, err := net.Dial("tcp", a.Addr); err == nil {
						nc.Close()
					}
				}
			})
		}
		wg.Wait()
		return held
	})
}

// Who begins and does not go on is let go: at the preface, the SETTINGS, a header
// block, whether silent or an octet at a time.
func TestSlowBeginnings(t *testing.T) {
	block := frame.AppendHeader(nil, frame.Header{Length: 100, Type: frame.TypeHeaders, Flags: 0, StreamID: 1})
	greeting := string(frame.AppendSettingsAck(frame.AppendSettings([]byte(frame.Preface))))
	for name, begins := range map[string]string{
		"nothing":                     "",
		"half a preface":              frame.Preface[:12],
		"no SETTINGS":                 frame.Preface,
		"no acknowledgement":          string(frame.AppendSettings([]byte(frame.Preface))),
		"a header block that is open": greeting + string(block) + strings.Repeat("\x82", 100),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := arena.New(t)
			bounds := arena.Bounds{Peak: 32 << 20, Cause: "a connection that has said nothing has nothing"}
			a.Endure(bounds, func() func() {
				silent := a.Dial()
				if _, err := silent.Write([]byte(begins)); err != nil {
					t.Fatal(err)
				}
				silent.SetReadDeadline(time.Now().Add(60 * time.Second)) // the timer is 10 s
				if _, err := new(bytes.Buffer).ReadFrom(silent); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error("the server keeps the connection")
				}
				return func() {}
			})
		})
	}
}
