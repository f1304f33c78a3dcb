package curlew_test

import (
	"runtime"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// taken returns the bytes of heap and stacks that are in use.
func taken() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// An open bidirectional stream whose handler waits for a message holds its call, its
// goroutine and nothing else.
func TestMemoryOfAnIdleStream(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has memory of its own for each goroutine; CI runs this test without it too")
	}
	const conns, streams = 10, 90
	addr := serve(t)
	peers := make([]*rawpeer.Peer, conns)
	open := func(p *rawpeer.Peer, from, n uint32) {
		for i := range n {
			p.Headers(2*(from+i)+1, false,
				hpack.Field{Name: ":method", Value: "POST"}, hpack.Field{Name: ":scheme", Value: "http"},
				hpack.Field{Name: ":path", Value: chat.Path}, hpack.Field{Name: ":authority", Value: "here"},
				hpack.Field{Name: "te", Value: "trailers"}, hpack.Field{Name: "content-type", Value: "application/grpc"})
		}
		p.Sync()
	}
	for i := range peers {
		peers[i] = rawpeer.Dial(t, addr)
		open(peers[i], 0, 10) // what a connection needs once
	}
	before, goroutines := taken(), runtime.NumGoroutine()
	for _, p := range peers {
		open(p, 10, streams)
	}
	for runtime.NumGoroutine() < goroutines+conns*streams {
		runtime.Gosched()
	}
	each := (taken() - before) / (conns * streams)
	t.Logf("%d bytes a stream", each)
	if each > 5600 {
		t.Errorf("%d bytes a stream", each)
	}
	runtime.KeepAlive(peers)
}
