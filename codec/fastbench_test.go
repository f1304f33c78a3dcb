package codec

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/benchpb"
	"google.golang.org/protobuf/proto"
)

func smallMessage() *benchpb.Small {
	return &benchpb.Small{
		Id: 1 << 40, Name: "Robin Q. Example", Email: "robin.example@example.com", Active: true, Age: 42, Score: 99.5,
		Created: 1_700_000_000, Role: benchpb.Small_ROLE_ADMIN, Country: "Switzerland", City: "Winterthur",
		Tags: []string{"customer", "newsletter", "early bird"},
	}
}

func mediumMessage() *benchpb.Medium {
	m := &benchpb.Medium{User: smallMessage(), Labels: map[string]string{}, Content: bytes.Repeat([]byte{7, 0xff}, 512)}
	for i := range 4 {
		m.Addresses = append(m.Addresses, &benchpb.Medium_Address{
			Street: "Long Street of Addresses", City: "Winterthur", Country: "Switzerland", Number: int32(i), Latitude: 47.5, Longitude: 8.72,
		})
		m.Labels[fmt.Sprintf("label-%d", i)] = "a value of some length"
	}
	for i := range 10 {
		m.Items = append(m.Items, &benchpb.Medium_Item{
			Sku: fmt.Sprintf("SKU-%05d", i), Title: "Binoculars, waterproof, 8x42", Count: 2, Cents: 12_900, Tags: []string{"optics", "birds"},
		})
	}
	for i := range 50 {
		m.Numbers = append(m.Numbers, int64(i*i*1000))
	}
	return m
}

// BenchmarkGenerated measures the generated methods beside the library.
func BenchmarkGenerated(b *testing.B) {
	for _, m := range []struct {
		name    string
		message proto.Message
	}{{"small", smallMessage()}, {"medium", mediumMessage()}} {
		wire, err := proto.Marshal(m.message)
		if err != nil {
			b.Fatal(err)
		}
		c := Proto().(interface {
			Codec
			SizedAppender
		})
		run := func(name string, f func() error) {
			b.Run(m.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(wire)))
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		var dst []byte
		run("Append", func() (err error) { dst, err = c.Append(dst[:0], m.message); return })
		run("Append/new", func() (err error) { _, err = c.Append(nil, m.message); return })
		run("Append/library", func() (err error) { dst, err = proto.MarshalOptions{}.MarshalAppend(dst[:0], m.message); return })
		run("Append/library/new", func() (err error) { _, err = proto.Marshal(m.message); return })
		run("Unmarshal", func() error { return c.Unmarshal(wire, newOf(m.message)) })
		run("Unmarshal/library", func() error { return proto.Unmarshal(wire, newOf(m.message)) })
	}
}
