package h2

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// The engine alone, both ends in one process: requests and responses of 100 bytes,
// no gRPC and no messages.
func BenchmarkExchange(b *testing.B) {
	for _, c := range []struct {
		name     string
		inFlight int
		network  string
	}{{"tcp/1", 1, "tcp"}, {"tcp/64", 64, "tcp"}, {"unix/64", 64, "unix"}} {
		b.Run(c.name, func(b *testing.B) {
			d := benchDuo(b, c.network, func(h *handler) {
				p, _ := h.Peek(1<<20, nil)
				h.Send(Outgoing{Header: okHeader, Data: p, Trailer: okTrailer}, nil)
			})
			request := requestTo("/s/m")
			data := make([]byte, 100)
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range c.inFlight {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						if err := d.call(request, data); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

func benchDuo(b *testing.B, network string, serve func(*handler)) *duo {
	dc := newDuoConfig(serve)
	dc.start = Start{Whole: true, Limit: 1 << 20}
	dc.pair = func() (net.Conn, net.Conn) { return socketPair(b, network) }
	return dc.tie(b)
}

// call makes one and takes its response.
func (d *duo) call(request []hpack.Field, data []byte) error {
	if !d.client.Reserve() {
		return errNeverSent
	}
	s := new(Stream)
	if err := d.client.Open(s, Outgoing{Header: request, Data: data, End: true}, nil); err != nil {
		return err
	}
	if err := s.Await(1<<20, nil); err != nil {
		return err
	}
	p, err := s.Peek(1, nil)
	if err != nil {
		return err
	}
	s.Discard(len(p))
	s.Free()
	return nil
}

// An operation is one Send of a stream.
func BenchmarkSend(b *testing.B) {
	for _, c := range []struct {
		name string
		size int
	}{{"100 B", 100}, {"16 KiB", 16 << 10}, {"1 MiB", 1 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			d := benchDuo(b, "tcp", func(h *handler) {
				h.Send(Outgoing{Header: okHeader}, nil)
				for data := make([]byte, c.size); ; {
					if h.Send(Outgoing{Data: data}, nil) != nil {
						return
					}
				}
			})
			s, err := d.open("/", nil, true)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(c.size))
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, err := s.Peek(c.size, nil); err != nil {
					b.Fatal(err)
				}
				s.Discard(c.size)
			}
		})
	}
}

// What a server does with the header block of a request, by how often it comes.
func BenchmarkDecodeSection(b *testing.B) {
	block := func(enc *hpack.Encoder, timeout string) []byte {
		return enc.Append(nil, append(requestTo("/s/m"), hpack.Field{Name: "te", Value: "trailers"},
			hpack.Field{Name: "grpc-timeout", Value: timeout, NoIndex: true}))
	}
	b.Run("the same", func(b *testing.B) {
		c, enc := decodingConn(), hpack.NewEncoder()
		for range 3 {
			c.decodeOnReader(request, block(enc, "1S"))
		}
		same := block(enc, "1S")
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.decodeOnReader(request, same); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("another deadline", func(b *testing.B) {
		c, enc := decodingConn(), hpack.NewEncoder()
		timeouts := []string{"999999u", "999998u", "999997u", "999996u", "999995u", "999994u", "999993u"}
		var blocks [][]byte
		for _, t := range timeouts {
			c.decodeOnReader(request, block(enc, t))
		}
		for _, t := range timeouts {
			blocks = append(blocks, block(enc, t))
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := c.decodeOnReader(request, blocks[i%len(blocks)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
