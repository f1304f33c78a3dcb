package codec

import (
	"testing"

	"github.com/curlew-rpc/curlew/codec/internal/benchpb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

func BenchmarkJSONMessages(b *testing.B) {
	small := &benchpb.Small{Id: 1234567, Name: "Ada Lovelace", Email: "ada@example.com", Active: true, Age: 36, Score: 98.6, Created: 1700000000000, Role: 1, Country: "GB", City: "London", Tags: []string{"math", "poetry", "engines"}}
	medium := &benchpb.Medium{User: small, Labels: map[string]string{"env": "prod", "tier": "gold", "region": "eu"}, Numbers: []int64{1, 22, 333, 4444, 55555}, Content: make([]byte, 100)}
	for range 3 {
		medium.Addresses = append(medium.Addresses, &benchpb.Medium_Address{Street: "St James's Square", City: "London", Country: "GB", Number: 12, Latitude: 51.5074, Longitude: -0.1278})
	}
	for range 5 {
		medium.Items = append(medium.Items, &benchpb.Medium_Item{Sku: "SKU-1234", Title: "Analytical engine", Count: 2, Cents: 129900, Tags: []string{"a", "b"}})
	}
	for name, m := range map[string]proto.Message{"small": small, "medium": medium} {
		text, _ := JSON().Append(nil, m)
		got := newOf(m)
		b.Run(name+"/Append", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				text, _ = JSON().Append(text[:0], m)
			}
		})
		b.Run(name+"/protojson.Marshal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = protojson.MarshalOptions{}.MarshalAppend(nil, m)
			}
		})
		b.Run(name+"/Unmarshal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = JSON().Unmarshal(text, got)
			}
		})
		b.Run(name+"/protojson.Unmarshal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, got)
			}
		})
	}
}

// BenchmarkJSONOpaque measures messages whose fields are reached by reflection.
func BenchmarkJSONOpaque(b *testing.B) {
	m := filled(b)["opaque"]
	text, _ := JSON().Append(nil, m[0])
	b.Run("Append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text, _ = JSON().Append(text[:0], m[0])
		}
	})
	b.Run("protojson.Marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = protojson.MarshalOptions{}.MarshalAppend(nil, m[0])
		}
	})
	b.Run("Unmarshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = JSON().Unmarshal(text, m[1])
		}
	})
	b.Run("protojson.Unmarshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, m[1])
		}
	})
}
