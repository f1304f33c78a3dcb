package floods

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

// literal is a header block of fields without indexing: nothing about it is a trick.
func literal(fields []hpack.Field) (block []byte) {
	for _, f := range fields {
		block = appendText(appendText(append(block, 0), f.Name), f.Value)
	}
	return block
}

// section returns the header section of a call that has so many fields, and in all so
// many octets by RFC 9113 §6.5.2.
func section(fields, octets int) []hpack.Field {
	list := rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", "/grpc.testing.TestService/FullDuplexCall",
		":authority", "x", "content-type", "application/grpc", "te", "trailers")
	for i := len(list); i < fields; i++ {
		list = append(list, hpack.Field{Name: fmt.Sprint("x-", i)})
	}
	for _, f := range list {
		octets -= len(f.Name) + len(f.Value) + 32
	}
	if octets > 0 {
		list[len(list)-1].Value = strings.Repeat("v", octets)
	}
	return list
}

// Many calls at once with header sections of an honest look, on either side of the
// limits: those within are served and held, those beyond are answered, cost no handler,
// and leave nothing behind while the connection stays.
func TestSectionsAtTheLimits(t *testing.T) {
	const streams = 900
	for _, row := range []struct {
		name           string
		fields, octets int
		served         bool
	}{
		{"16384 octets", 20, 16 << 10, true},
		{"16385 octets", 20, 16<<10 + 1, false},
		{"32 KiB", 20, 32 << 10, false},
		{"200 fields", 200, 0, true},
		{"201 fields", 201, 0, false},
		{"400 fields", 400, 0, false},
		{"200 fields of 16384 octets", 200, 16 << 10, true},
		{"201 fields of 16385 octets", 201, 16<<10 + 1, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := arena.New(t)
			bounds := arena.Bounds{Peak: 32 << 20, CPU: streams * 50 * time.Millisecond, Cause: "sections beyond the limits are not kept"}
			if row.served {
				bounds.Peak, bounds.Cause = 96<<20, "900 handlers, each with a section of 16 KiB at most and its index"
			}
			block := literal(section(row.fields, row.octets))
			a.Endure(bounds, func() func() {
				level := a.State()
				at := a.Attack()
				at.Flood(streams, func(i int) []byte {
					return frame.AppendHeaders(nil, id(i), false, frame.DefaultMaxSize, block)
				})
				if row.served {
					a.Await("all handlers to run", func(s arena.State) bool { return s.Running >= streams })
				} else {
					at.Await("answers", streams, func() int { return at.Frames(frame.TypeHeaders) })
					a.Await("the memory to be given back, though the attacker stays", func(s arena.State) bool {
						return s.Running <= 4 && s.Heap < level.Heap+8<<20
					})
				}
				if n := at.Frames(frame.TypeGoAway); n > 0 {
					t.Errorf("%d GOAWAY: who keeps to the protocol loses the connection", n)
				}
				return at.Close
			})
		})
	}
}
