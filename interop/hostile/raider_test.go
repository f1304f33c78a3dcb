package hostile

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

// A raider is an attacker's connection. It sends whatever it is told and reads what
// comes back, unless it does not, without obeying any of it.
type raider struct {
	t    *testing.T
	nc   net.Conn
	enc  *hpack.Encoder
	done chan struct{} // the server has closed the connection

	mu      sync.Mutex
	got     map[frame.Type]int
	resets  map[frame.ErrCode]int
	ending  frame.ErrCode // of GOAWAY
	reason  string
	goodbye bool
}

// raid connects, with settings; deaf connections read nothing.
func (a *arena) raid(deaf bool, settings ...frame.Setting) *raider {
	a.t.Helper()
	nc, err := net.Dial("tcp", a.addr)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { nc.Close() })
	r := &raider{
		t: a.t, nc: nc, enc: hpack.NewEncoder(), done: make(chan struct{}),
		got: map[frame.Type]int{}, resets: map[frame.ErrCode]int{},
	}
	b := frame.AppendSettings([]byte(frame.Preface), settings...)
	if !r.send(frame.AppendSettingsAck(b)) {
		a.t.Fatal("the server does not take the preface")
	}
	if !deaf {
		go r.read()
	}
	return r
}

func (r *raider) read() {
	defer close(r.done)
	in := bufio.NewReader(r.nc)
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
		r.mu.Lock()
		r.got[h.Type]++
		switch h.Type {
		case frame.TypeRSTStream:
			r.resets[frame.ParseRSTStream(payload)]++
		case frame.TypeGoAway:
			_, code, debug := frame.ParseGoAway(payload)
			r.goodbye, r.ending, r.reason = true, code, string(debug)
		}
		r.mu.Unlock()
	}
}

// send reports false when the server has hung up or takes no more.
func (r *raider) send(b []byte) bool {
	r.nc.SetWriteDeadline(time.Now().Add(rawpeer.Patience))
	_, err := r.nc.Write(b)
	return err == nil
}

// flood sends up to n pieces and returns how many the server took.
func (r *raider) flood(n int, piece func(i int) []byte) int {
	for i := range n {
		if !r.send(piece(i)) {
			return i
		}
	}
	return n
}

// count returns how many frames of a type have come.
func (r *raider) count(t frame.Type) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got[t]
}

// await waits until so many frames of a type have come.
func (r *raider) await(t frame.Type, n int) {
	r.t.Helper()
	deadline := time.Now().Add(rawpeer.Patience)
	for r.count(t) < n {
		if time.Now().After(deadline) {
			r.t.Fatalf("of %d %v frames %d came", n, t, r.count(t))
		}
		time.Sleep(time.Millisecond)
	}
}

// ends requires that the server has ended the connection with GOAWAY and one of codes.
func (r *raider) ends(codes ...frame.ErrCode) {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(rawpeer.Patience):
		r.t.Fatalf("the server keeps the connection; %v, resets %v", r.got, r.resets)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.goodbye || !slices.Contains(codes, r.ending) {
		r.t.Errorf("the connection ended with GOAWAY: %t, %v %q; want %v", r.goodbye, r.ending, r.reason, codes)
	}
}

// request returns the header of a call, with more or other fields.
func (r *raider) request(id uint32, end bool, method string, pairs ...string) []byte {
	fields := rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", "/grpc.testing.TestService/"+method,
		":authority", "x", "content-type", "application/grpc", "te", "trailers")
	fields = append(fields, rawpeer.Fields(pairs...)...)
	return frame.AppendHeaders(nil, id, end, frame.DefaultMaxSize, r.enc.Append(nil, fields))
}

// id is the identifier of stream i of a client.
func id(i int) uint32 { return uint32(2*i + 1) }
