package floods

import (
	"bufio"
	"io"
	"testing"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

// flips returns SETTINGS with a value that goes to and fro n times.
func flips(id frame.SettingID, high uint32, n int) []byte {
	settings := make([]frame.Setting, n)
	for i := range settings {
		settings[i] = frame.Setting{ID: id, Value: uint32((i+1)%2) * high}
	}
	return frame.AppendSettings(nil, settings...)
}

// CVE-2019-9515: each SETTINGS frame changes the window of every stream, and wakes what
// waits for it; or has the next header block begin with new tables.
func TestSettingsFlips(t *testing.T) {
	const streams, most = 900, 20_000
	req, err := proto.Marshal(&testpb.SimpleRequest{ResponseSize: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	idle := func(at *arena.Attacker, id uint32) []byte { return at.Request(id, false, "FullDuplexCall") }
	// More than the connection's window lets out, so that they wait whatever the flips say.
	waiting := func(at *arena.Attacker, id uint32) []byte {
		return frames(at.Request(id, false, "UnaryCall"), frame.AppendData(nil, id, true, rawpeer.Message(0, string(req))))
	}
	const window, table = frame.SettingInitialWindowSize, frame.SettingHeaderTableSize
	for _, row := range []struct {
		name string
		open func(at *arena.Attacker, id uint32) []byte
		flip []byte // to and fro
	}{
		{"windows of idle handlers", idle, flips(window, 1<<20, 2)},
		{"windows of answers that wait", waiting, flips(window, 1<<20, 2)},
		{"windows to the octet", waiting, flips(window, 1, 2)},
		{"windows, many times a frame", waiting, flips(window, 1<<20, 14)},
		{"windows, as often as a frame can", waiting, flips(window, 1<<20, 2730)},
		{"tables", waiting, flips(table, 4096, 2)},
		{"tables, as often as a frame can", waiting, flips(table, 1<<32-1, 2730)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := arena.New(t)
			bounds := arena.Bounds{
				Peak: 128 << 20, CPU: 40 * time.Second,
				Cause: "900 handlers and 9 MB of answers; some thousand frames, each for 900 windows, before the budget is empty",
			}
			a.Endure(bounds, func() func() {
				level := a.State()
				at := a.Attack(frame.Setting{ID: window, Value: 0})
				at.Flood(streams, func(i int) []byte { return row.open(at, id(i)) })
				a.Await("all handlers to begin", func(s arena.State) bool { return s.Begun >= level.Begun+streams })
				at.Flood(most, func(int) []byte { return row.flip })
				at.AwaitEnd(frame.CodeEnhanceYourCalm)
				if n := at.Frames(frame.TypeSettings); n > most/4 {
					t.Errorf("the server obeyed %d frames", n)
				}
				return at.Close
			})
		})
	}
}

// Who changes the size of the table now and then, as a client may, reads every answer by
// a table of that size: what a smaller one has evicted is never referred to again.
func TestTablesStayInStep(t *testing.T) {
	t.Parallel()
	const rounds, calls = 40, 200
	a := arena.New(t)
	bounds := arena.Bounds{Peak: 48 << 20, Cause: "200 short calls at a time"}
	a.Endure(bounds, func() func() {
		nc := a.Dial()
		nc.SetDeadline(time.Now().Add(6 * rawpeer.Patience))
		in, enc, dec := bufio.NewReader(nc), hpack.NewEncoder(), hpack.NewDecoder(hpack.DefaultTableSize)
		nc.Write(frame.AppendSettingsAck(frame.AppendSettings([]byte(frame.Preface))))
		awaitSettings(t, in)
		awaitSettings(t, in) // the acknowledgement
		next, echoed := 0, 0
		for round := range rounds {
			size := []uint32{0, 4096, 33, 100, 4096, 300, 64, 1000}[round%8]
			// Down and up again before the answer: the smallest counts too, RFC 7541 §4.2.
			nc.Write(frame.AppendSettings(nil, frame.Setting{ID: frame.SettingHeaderTableSize, Value: size / 2},
				frame.Setting{ID: frame.SettingHeaderTableSize, Value: size}))
			awaitSettings(t, in)
			dec.SetMaxTableSize(size / 2)
			dec.SetMaxTableSize(size)
			want := map[uint32]string{}
			for range calls {
				stream, value := id(next), []string{"a", "of some length, to be evicted sooner", "b"}[next%3]
				next++
				want[stream] = value
				fields := rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", "/grpc.testing.TestService/EmptyCall",
					":authority", "x", "content-type", "application/grpc", "te", "trailers", "x-grpc-test-echo-initial", value)
				nc.Write(append(frame.AppendHeaders(nil, stream, false, frame.DefaultMaxSize, enc.Append(nil, fields)), emptyMessage(stream)...))
			}
			for len(want) > 0 {
				h, payload := readFrame(t, in)
				if h.Type != frame.TypeHeaders {
					continue
				}
				fields, _, err := dec.Decode(nil, payload, hpack.Limits{MaxBytes: 1 << 14, MaxFields: 100})
				if err != nil || !h.Flags.Has(frame.FlagEndHeaders) {
					t.Fatalf("round %d, a table of %d: %v", round, size, err)
				}
				switch {
				case !h.Flags.Has(frame.FlagEndStream):
					if got := rawpeer.Value(fields, "x-grpc-test-echo-initial"); got != want[h.StreamID] {
						t.Fatalf("round %d, a table of %d: stream %d is answered by %q, want %q", round, size, h.StreamID, got, want[h.StreamID])
					}
					echoed++
				case rawpeer.Value(fields, "grpc-status") != "0":
					t.Fatalf("round %d, a table of %d: stream %d ends with %v", round, size, h.StreamID, fields)
				default:
					delete(want, h.StreamID)
				}
			}
		}
		if echoed != rounds*calls {
			t.Errorf("%d headers came, want %d", echoed, rounds*calls)
		}
		return func() { nc.Close() }
	})
}

func awaitSettings(t *testing.T, in io.Reader) {
	t.Helper()
	for h, _ := readFrame(t, in); h.Type != frame.TypeSettings; h, _ = readFrame(t, in) {
	}
}

func readFrame(t *testing.T, in io.Reader) (frame.Header, []byte) {
	t.Helper()
	head := make([]byte, frame.HeaderLen)
	_, err := io.ReadFull(in, head)
	h := frame.ParseHeader(head)
	payload := make([]byte, h.Length)
	if err == nil {
		_, err = io.ReadFull(in, payload)
	}
	if err != nil || h.Type == frame.TypeGoAway || h.Type == frame.TypeRSTStream {
		t.Fatalf("%v %q, %v", h.Type, payload, err)
	}
	return h, payload
}
