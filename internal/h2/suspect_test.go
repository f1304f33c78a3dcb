package h2

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A strictServer counts PINGs as gRPC's servers do (gRFC A8): after HEADERS or DATA of
// its own one is free, then two more are forgiven, whatever the client has sent.
type strictServer struct {
	t   testing.TB
	nc  net.Conn
	rng *rand.Rand

	mu      sync.Mutex
	enc     *hpack.Encoder
	streams []uint32 // that may be answered
	begun   map[uint32]bool
	last    time.Time
	paid    bool
	strikes int
	pings   int
}

func (s *strictServer) serve() {
	r := bufio.NewReader(s.nc)
	io.ReadFull(r, make([]byte, len(frame.Preface)))
	s.nc.Write(frame.AppendSettings(nil))
	for {
		var head [frame.HeaderLen]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		h := frame.ParseHeader(head[:])
		payload := make([]byte, h.Length)
		io.ReadFull(r, payload)
		s.mu.Lock()
		switch {
		case h.Type == frame.TypeHeaders:
			s.streams = append(s.streams, h.StreamID)
		case h.Type == frame.TypeSettings && !h.Flags.Has(frame.FlagAck):
			s.nc.Write(frame.AppendSettingsAck(nil))
		case h.Type == frame.TypePing && !h.Flags.Has(frame.FlagAck):
			s.judge()
			s.nc.Write(frame.AppendPing(nil, true, [8]byte(payload)))
		}
		s.mu.Unlock()
	}
}

func (s *strictServer) judge() {
	now := time.Now()
	last := s.last
	s.last = now
	s.pings++
	switch {
	case s.paid:
		s.paid, s.strikes = false, 0
	case !last.IsZero() && now.Sub(last) < 5*time.Minute:
		if s.strikes++; s.strikes > 2 {
			s.t.Error("too many PINGs")
		}
	}
}

// answer goes on with the answer to some request: its header, or a little or much content.
func (s *strictServer) answer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.streams) == 0 {
		return
	}
	id := s.streams[s.rng.IntN(len(s.streams))]
	s.paid = true
	if !s.begun[id] {
		s.begun[id] = true
		s.nc.Write(frame.AppendHeaders(nil, id, false, frame.DefaultMaxSize, s.enc.Append(nil, okHeader)))
		return
	}
	s.nc.Write(frame.AppendData(nil, id, false, make([]byte, []int{1, 2 * probeSize}[s.rng.IntN(2)])))
}

// carry takes what comes from one to the other, in order and with a delay that varies.
func carry(from, to net.Conn, delay func() time.Duration) {
	type piece struct {
		b  []byte
		at time.Time
	}
	way := make(chan piece, 10_000)
	var arrived sync.WaitGroup
	defer arrived.Wait()
	arrived.Go(func() {
		for p := range way {
			time.Sleep(time.Until(p.at))
			to.Write(p.b)
		}
		to.Close()
	})
	for {
		b := make([]byte, 4096)
		n, err := from.Read(b)
		if err != nil {
			close(way)
			return
		}
		way <- piece{b[:n], time.Now().Add(delay())}
	}
}

func upTo(rng *rand.Rand, d time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(d))) }

// However requests, answers and PINGs cross, a server of gRPC's has nothing to object to
// a client that suspects it.
func TestSuspicionIsWithinWhatServersAllow(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { suspectStrictServer(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func suspectStrictServer(t *testing.T, rng *rand.Rand) {
	end, near := newPipe(1 << 20)
	far, served := newPipe(1 << 20)
	one, other := rand.New(rand.NewPCG(rng.Uint64(), 2)), rand.New(rand.NewPCG(rng.Uint64(), 3))
	var ended sync.WaitGroup
	ended.Go(func() { carry(near, far, func() time.Duration { return upTo(one, 400*time.Millisecond) }) })
	ended.Go(func() { carry(far, near, func() time.Duration { return upTo(other, 400*time.Millisecond) }) })
	s := &strictServer{t: t, nc: served, rng: rng, enc: hpack.NewEncoder(), begun: make(map[uint32]bool)}
	ended.Go(s.serve)

	cfg := Defaults()
	cfg.Suspicion, cfg.SilenceTimeout = 100*time.Millisecond, time.Hour
	d := &duo{t: t, client: NewClient(end, &cfg, Observer{})}
	d.client.Start()
	defer func() {
		d.client.Close()
		served.Close()
		<-d.client.Done()
		ended.Wait()
	}()
	if err := d.client.Greeted(t.Context()); err != nil {
		t.Fatal(err)
	}
	var open []*call
	for range 300 {
		switch rng.IntN(4) {
		case 0:
			c, err := d.open("/", nil, false)
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, c)
		case 1:
			if len(open) > 0 {
				open[rng.IntN(len(open))].Send(Outgoing{Data: []byte("x")}, nil)
			}
		case 2:
			s.answer()
		}
		time.Sleep(upTo(rng, 600*time.Millisecond))
	}
	for _, c := range open {
		c.Reset(frame.CodeCancel)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pings < 10 {
		t.Errorf("%d PINGs: the server was hardly suspected", s.pings)
	}
}
