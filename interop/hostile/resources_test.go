package hostile

import (
	"bytes"
	"compress/gzip"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// besieged runs an attack, which may take peak bytes of memory while it goes on.
// Clients that mean well lose no call, and the memory comes back.
func besieged(t *testing.T, peak int64, attack func(a *arena) (hold []*raider)) {
	t.Helper()
	t.Parallel()
	a := newArena(t)
	most := a.watch()
	raiders := attack(a)
	a.honest.awaitCalls(t, 200) // while the attack goes on
	if got := most(); got > peak*costs {
		t.Errorf("the server held %d KiB more, want %d at most", got>>10, peak*costs>>10)
	} else {
		t.Logf("the server held %d KiB more", got>>10)
	}
	a.honest.check(t)
	for _, r := range raiders {
		r.nc.Close()
	}
	a.recovers()
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
	besieged(t, 48<<20, func(a *arena) []*raider {
		r := a.raid(false)
		r.flood(50, func(i int) []byte { return bombRequest(id(i), false, 12_000, "x", strings.Repeat("v", 3900)) })
		r.await(frame.TypeHeaders, 50) // each is refused
		return []*raider{r}
	})
}

// CVE-2026-49975: thousands of fields of an octet each, and a window that is closed,
// so that nothing which holds them can be finished.
func TestManySmallFields(t *testing.T) {
	besieged(t, 48<<20, func(a *arena) []*raider {
		r := a.raid(true, frame.Setting{ID: frame.SettingInitialWindowSize, Value: 0})
		r.flood(90, func(i int) []byte { return bombRequest(id(i), true, 15_000, "a", "") })
		return []*raider{r}
	})
}

// Calls with as much header as is allowed, that stay.
func TestHeldHeaders(t *testing.T) {
	besieged(t, 96<<20, func(a *arena) []*raider {
		r := a.raid(false)
		r.flood(900, func(i int) []byte {
			return r.request(id(i), false, "FullDuplexCall", "x-large", strings.Repeat(string(rune('a'+i%26)), 14_000))
		})
		return []*raider{r}
	})
}

// CVE-2026-84304: a message that comes an octet a frame, on many streams at once.
func TestFragmentedData(t *testing.T) {
	besieged(t, 64<<20, func(a *arena) []*raider {
		r := a.raid(false)
		for i := range 100 {
			r.send(r.request(id(i), false, "UnaryCall"))
			r.send(frame.AppendData(nil, id(i), false, []byte{0, 0, 1, 0, 0}))
		}
		r.flood(500, func(int) []byte {
			var b []byte
			for i := range 100 {
				b = frame.AppendData(b, id(i), false, []byte{0})
			}
			return b
		})
		return []*raider{r}
	})
}

// Messages are announced that never come: memory follows what has come.
func TestFalseLengths(t *testing.T) {
	besieged(t, 64<<20, func(a *arena) []*raider {
		r := a.raid(false)
		r.flood(900, func(i int) []byte {
			prefix := []byte{0, 0, 0x3f, 0xff, 0xff} // just under the limit of 4 MiB
			if i%2 == 1 {
				prefix = []byte{0, 0xff, 0xff, 0xff, 0xff}
			}
			return append(r.request(id(i), false, "StreamingInputCall"), frame.AppendData(nil, id(i), false, prefix)...)
		})
		return []*raider{r}
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
	besieged(t, calls*6<<20, func(a *arena) []*raider {
		r := a.raid(false)
		r.send(frame.AppendWindowUpdate(nil, 0, 1<<30))
		for i := range calls {
			r.send(r.request(id(i), false, "UnaryCall", "grpc-encoding", "gzip"))
			message := rawpeer.Message(1, bomb.String())
			for len(message) > frame.DefaultMaxSize {
				r.send(frame.AppendData(nil, id(i), false, message[:frame.DefaultMaxSize]))
				message = message[frame.DefaultMaxSize:]
			}
			r.send(frame.AppendData(nil, id(i), true, message))
		}
		r.await(frame.TypeHeaders, calls) // RESOURCE_EXHAUSTED, each
		return []*raider{r}
	})
}

// largeAnswer asks for an answer of 2 MiB.
func largeAnswer(r *raider, id uint32) []byte {
	req, err := proto.Marshal(&testpb.SimpleRequest{ResponseSize: 2 << 20})
	if err != nil {
		panic(err)
	}
	return append(r.request(id, false, "UnaryCall"), frame.AppendData(nil, id, true, rawpeer.Message(0, string(req)))...)
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
			// The answers are made, once, and wait: 2 MiB each and what makes them.
			besieged(t, calls*6<<20, func(a *arena) []*raider {
				r := a.raid(row.deaf, row.settings...)
				r.send(frame.AppendWindowUpdate(nil, 0, 1<<30))
				r.flood(calls, func(i int) []byte { return largeAnswer(r, id(i)) })
				if row.trickle {
					r.flood(300, func(i int) []byte { return frame.AppendWindowUpdate(nil, id(i%calls), 1) })
				}
				return []*raider{r}
			})
		})
	}
}

// More streams than are allowed are refused, and the others go on.
func TestStreamsOverTheLimit(t *testing.T) {
	besieged(t, 64<<20, func(a *arena) []*raider {
		r := a.raid(false)
		r.flood(1050, func(i int) []byte { return r.request(id(i), false, "FullDuplexCall") })
		r.await(frame.TypeRSTStream, 50)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.resets[frame.CodeRefusedStream] != 50 || r.goodbye {
			t.Errorf("resets %v, GOAWAY %t %q", r.resets, r.goodbye, r.reason)
		}
		return []*raider{r}
	})
}

// Thousands of connections that say hello and no more, or come and go.
func TestConnectionFlood(t *testing.T) {
	besieged(t, 96<<20, func(a *arena) (held []*raider) {
		for range 1500 {
			held = append(held, a.raid(true))
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 500 {
					if nc, err := net.Dial("tcp", a.addr); err == nil {
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
			a := newArena(t)
			silent, err := net.Dial("tcp", a.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer silent.Close()
			if _, err := silent.Write([]byte(begins)); err != nil {
				t.Fatal(err)
			}
			silent.SetReadDeadline(time.Now().Add(60 * time.Second)) // the timer is 10 s
			if _, err := bytes.NewBuffer(nil).ReadFrom(silent); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Error("the server keeps the connection")
			}
			a.honest.check(t)
			a.recovers()
		})
	}
}
