package arena

import (
	"bufio"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// An Attacker is a connection that sends whatever it is told, without heed of windows
// and limits. What comes back is counted.
type Attacker struct {
	t    testing.TB
	nc   net.Conn
	enc  *hpack.Encoder
	done chan struct{} // the server has ended the connection

	mu     sync.Mutex
	frames map[frame.Type]int
	resets map[frame.ErrCode]int
	goAway []frame.ErrCode
}

// Attack connects, says hello with settings, and reads what comes.
func (a *Arena) Attack(settings ...frame.Setting) *Attacker {
	a.t.Helper()
	at := a.AttackDeaf(settings...)
	go at.read()
	return at
}

// AttackDeaf is Attack of one who never reads.
func (a *Arena) AttackDeaf(settings ...frame.Setting) *Attacker {
	a.t.Helper()
	at := &Attacker{
		t: a.t, nc: a.Dial(), enc: hpack.NewEncoder(), done: make(chan struct{}),
		frames: map[frame.Type]int{}, resets: map[frame.ErrCode]int{},
	}
	if !at.Send(frame.AppendSettingsAck(frame.AppendSettings([]byte(frame.Preface), settings...))) {
		a.t.Fatal("the server does not take the preface")
	}
	return at
}

// Dial connects and says nothing.
func (a *Arena) Dial() net.Conn {
	a.t.Helper()
	nc, err := net.Dial("tcp", a.Addr)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { nc.Close() })
	return nc
}

func (at *Attacker) read() {
	defer close(at.done)
	in := bufio.NewReader(at.nc)
	head := make([]byte, frame.HeaderLen)
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		h := frame.ParseHeader(head)
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		at.mu.Lock()
		at.frames[h.Type]++
		switch h.Type {
		case frame.TypeRSTStream:
			at.resets[frame.ParseRSTStream(payload)]++
		case frame.TypeGoAway:
			_, code, _ := frame.ParseGoAway(payload)
			at.goAway = append(at.goAway, code)
		}
		at.mu.Unlock()
	}
}

// Send reports false when the server has hung up or takes nothing.
func (at *Attacker) Send(b []byte) bool {
	at.nc.SetWriteDeadline(time.Now().Add(rawpeer.Patience))
	_, err := at.nc.Write(b)
	return err == nil
}

// Flood sends up to n pieces and returns how many were taken.
func (at *Attacker) Flood(n int, piece func(i int) []byte) int {
	for i := range n {
		if !at.Send(piece(i)) {
			return i
		}
	}
	return n
}

// Close hangs up.
func (at *Attacker) Close() { at.nc.Close() }

// Frames returns how many frames of a type have come.
func (at *Attacker) Frames(typ frame.Type) int {
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.frames[typ]
}

// Resets returns how many RST_STREAM with a code have come.
func (at *Attacker) Resets(code frame.ErrCode) int {
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.resets[code]
}

// Await waits until n is reached by a count.
func (at *Attacker) Await(what string, n int, count func() int) {
	at.t.Helper()
	for deadline := time.Now().Add(2 * rawpeer.Patience); count() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			at.t.Fatalf("%s: %d of %d came", what, count(), n)
		}
	}
}

// AwaitEnd requires that the server ends the connection with GOAWAY and one of codes.
func (at *Attacker) AwaitEnd(codes ...frame.ErrCode) {
	at.t.Helper()
	select {
	case <-at.done:
	case <-time.After(2 * rawpeer.Patience):
		at.t.Fatal("the server keeps the connection")
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	if len(at.goAway) == 0 || !slices.Contains(codes, at.goAway[len(at.goAway)-1]) {
		at.t.Errorf("the connection ended with GOAWAY %v, want one of %v", at.goAway, codes)
	}
}

// Request returns the header of a call to a method of the TestService, with more
// fields than those needed.
func (at *Attacker) Request(id uint32, end bool, method string, pairs ...string) []byte {
	fields := rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", "/grpc.testing.TestService/"+method,
		":authority", "x", "content-type", "application/grpc", "te", "trailers")
	fields = append(fields, rawpeer.Fields(pairs...)...)
	return frame.AppendHeaders(nil, id, end, frame.DefaultMaxSize, at.enc.Append(nil, fields))
}
