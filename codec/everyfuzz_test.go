package codec

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/curlew-rpc/curlew/codec/fast"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/opaque"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/open"
	"github.com/curlew-rpc/curlew/codec/internal/everypb/proto3"
	"google.golang.org/protobuf/proto"
)

// All messages of the tests have codec methods: else they would test the library
// against itself.
func TestEveryMessageIsFast(t *testing.T) {
	for _, m := range every {
		if _, ok := m.(fast.Message); !ok {
			t.Errorf("%T has no codec methods", m)
		}
	}
}

// Messages that the methods would not do all of have none; those around them have.
func TestLeftToLibrary(t *testing.T) {
	for _, m := range []proto.Message{
		new(open.Extended), new(opaque.Extended), new(open.OwnGroup), new(opaque.Lazy), new(open.Clash), new(proto3.Clash),
	} {
		if _, ok := m.(fast.Message); ok {
			t.Errorf("%T has codec methods", m)
		}
	}
	if _, ok := proto.Message(new(open.Lazy)).(fast.Message); !ok {
		t.Error("with the open API nothing is lazy, and a message has no codec methods")
	}
}

// What is encoded is what the library encodes, and whole encodings, damaged ones and
// parts of them are decoded as by the library, or refused.
func TestEveryAgainstLibrary(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for _, empty := range every {
		r := rand.New(rand.NewPCG(1, 2))
		checkEncoding(t, empty)
		for range rounds {
			m := newOf(empty)
			scramble(r, m.ProtoReflect(), 2)
			checkEncoding(t, m)
			wire, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			checkDecoding(t, empty, wire)
			for range 20 {
				checkDecoding(t, empty, damage(r, wire))
			}
		}
	}
}

// damage returns wire with some of its bytes changed, left out or said twice.
func damage(r *rand.Rand, wire []byte) []byte {
	wire = bytes.Clone(wire)
	for range 1 + r.IntN(3) {
		if len(wire) == 0 {
			break
		}
		i := r.IntN(len(wire))
		j := min(len(wire), i+1+r.IntN(8))
		switch r.IntN(5) {
		case 0:
			wire[i] = byte(r.Uint32())
		case 1:
			wire[i] ^= 1 << r.IntN(8)
		case 2:
			wire = wire[:i]
		case 3:
			wire = append(wire[:i], wire[j:]...)
		case 4:
			wire = append(wire[:j:j], wire[i:]...)
		}
	}
	return wire
}

// FuzzEvery decodes any bytes as each of the messages, and encodes what comes of it.
func FuzzEvery(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for i, empty := range every {
		f.Add(uint8(i), []byte(nil))
		for levels := range 3 {
			m := newOf(empty)
			scramble(r, m.ProtoReflect(), levels)
			wire, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), wire)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, wire []byte) {
		checkDecoding(t, every[int(which)%len(every)], wire)
	})
}
