package floods

import (
	"io"
	"net"
	"testing"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

// dribble sends an octet at a time until the server hangs up or all is sent.
func dribble(send func([]byte) bool, b []byte, ended func() bool) {
	for i := range b {
		if ended() || !send(b[i:i+1]) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Slowloris, at the preface: the timer does not begin anew with each octet.
func TestDribbledPreface(t *testing.T) {
	t.Parallel()
	a := arena.New(t, "handshake=1s")
	bounds := arena.Bounds{Peak: 32 << 20, Cause: "a connection that has not begun has a buffer at most"}
	a.Endure(bounds, func() func() {
		nc := a.Dial()
		closed := make(chan struct{})
		go func() { io.Copy(io.Discard, nc); close(closed) }()
		hello := frame.AppendSettings([]byte(frame.Preface), make([]frame.Setting, 1000)...)
		dribble(func(b []byte) bool { _, err := nc.Write(b); return err == nil }, hello, func() bool {
			select {
			case <-closed:
				return true
			default:
				return false
			}
		})
		select {
		case <-closed:
		default:
			t.Error("the server has waited for all of the preface")
		}
		return func() { nc.Close() }
	})
}

// Slowloris, in a header block: it has one timer for all of its frames.
func TestDribbledHeaderBlock(t *testing.T) {
	t.Parallel()
	a := arena.New(t, "handshake=1s")
	bounds := arena.Bounds{Peak: 32 << 20, Cause: "a block of some octets"}
	a.Endure(bounds, func() func() {
		at := a.Attack()
		at.Send(frame.AppendHeader(nil, frame.Header{Type: frame.TypeHeaders, StreamID: 1}))
		rest := frame.AppendHeader(nil, frame.Header{Type: frame.TypeContinuation, StreamID: 1, Length: 4000})
		dribble(at.Send, append(rest, make([]byte, 4000)...), func() bool { return at.Frames(frame.TypeGoAway) > 0 })
		at.AwaitEnd(frame.CodeEnhanceYourCalm)
		return at.Close
	})
}

// Slowloris, in the one message of calls: they end, though octets come all the while.
func TestDribbledMessages(t *testing.T) {
	t.Parallel()
	const streams = 50
	a := arena.New(t, "read=1s")
	bounds := arena.Bounds{Peak: 32 << 20, Cause: "memory follows the octets that have come, not the 4 MiB announced"}
	a.Endure(bounds, func() func() {
		at := a.Attack()
		at.Flood(streams, func(i int) []byte {
			return frames(at.Request(id(i), false, "UnaryCall"), frame.AppendData(nil, id(i), false, []byte{0, 0, 0x3f, 0xff, 0xff}))
		})
		reset := func() int { return at.Resets(frame.CodeCancel) }
		for deadline := time.Now().Add(rawpeer.Patience); reset() < streams && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			at.Flood(streams, func(i int) []byte { return frame.AppendData(nil, id(i), false, []byte{0}) })
		}
		if got := reset(); got != streams {
			t.Errorf("%d of %d calls were ended", got, streams)
		}
		return at.Close
	})
}

// CVE-2016-1546: who takes nothing, or too little, is cut off, and the handlers that
// write to it end. What they held is given back while the attacker stays.
func TestNotTaking(t *testing.T) {
	const calls, size = 50, 2 << 20
	req, err := proto.Marshal(&testpb.SimpleRequest{ResponseSize: size})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		deaf   bool
		window uint32 // of streams
		more   []byte // sent again and again
		resets int    // that must come
	}{
		{"nothing is read", true, 1<<31 - 1, nil, 0},
		{"the streams' windows are closed", false, 0, nil, calls},
		{"the connection's window is closed", false, 1<<31 - 1, nil, calls - 1}, // the first may have fitted
		{"the connection's window is opened by octets", false, 1<<31 - 1, frame.AppendWindowUpdate(nil, 0, 1), calls - 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := arena.New(t, "write=1s")
			bounds := arena.Bounds{Peak: 256 << 20, Cause: "50 answers of 2 MiB, each twice while it is encoded"}
			a.Endure(bounds, func() func() {
				connect := a.Attack
				if row.deaf {
					connect = a.AttackDeaf
				}
				at := connect(frame.Setting{ID: frame.SettingInitialWindowSize, Value: row.window})
				if row.deaf || row.window == 0 {
					at.Send(frame.AppendWindowUpdate(nil, 0, 1<<30))
				}
				level := a.State()
				at.Flood(calls, func(i int) []byte {
					return frames(at.Request(id(i), false, "UnaryCall"), frame.AppendData(nil, id(i), true, rawpeer.Message(0, string(req))))
				})
				a.Await("the calls to begin", func(s arena.State) bool { return s.Begun >= level.Begun+calls })
				a.Await("the calls to end, though the attacker stays", func(s arena.State) bool {
					at.Send(row.more)
					return s.Running <= 4 && s.Heap < level.Heap+16<<20
				})
				if row.resets > 0 {
					at.Await("resets", row.resets, func() int { return at.Resets(frame.CodeCancel) })
				}
				return at.Close
			})
		})
	}
}

// Connections that begin TLS and do not go on are let go.
func TestTLSHandshakesWithoutEnd(t *testing.T) {
	t.Parallel()
	const conns = 300
	a := arena.New(t, arena.TLS, "handshake=1s")
	bounds := arena.Bounds{Peak: 64 << 20, Cause: "300 connections with a TLS state and a goroutine each"}
	a.Endure(bounds, func() func() {
		var held []net.Conn
		for i := range conns {
			nc := a.Dial()
			nc.Write([]byte{22, 3, 1, 2, 0, 1, 0, 1}[:i%9]) // of a ClientHello of 512 octets
			held = append(held, nc)
		}
		for _, nc := range held {
			nc.SetReadDeadline(time.Now().Add(rawpeer.Patience))
			if _, err := io.Copy(io.Discard, nc); err != nil {
				if ne, ok := err.(net.Error); ok && ne.Timeout() {
					t.Fatal("the server keeps a connection")
				}
			}
		}
		return func() {}
	})
}
