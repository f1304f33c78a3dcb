package codec

import (
	"testing"

	"google.golang.org/protobuf/proto"
)

func BenchmarkProto(b *testing.B) {
	c := Proto().(interface {
		Codec
		SizedAppender
	})
	messages := map[string]proto.Message{}
	for name, m := range filled(b) {
		messages[name] = m[0]
	}
	for _, name := range []string{"proto3", "open", "hybrid", "opaque"} {
		m := messages[name]
		var dst []byte
		var err error
		b.Run(name+"/Append", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if dst, err = c.Append(dst[:0], m); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/SizeAndAppend", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.Size(m) == 0 {
					b.Fatal("no size")
				}
				if dst, err = c.Append(dst[:0], m); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/SizeAndAppendSized", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if dst, err = c.AppendSized(dst[:0], m, c.Size(m)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/Unmarshal", func(b *testing.B) {
			got := m.ProtoReflect().New().Interface()
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Unmarshal(dst, got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFast(b *testing.B) {
	m := new(fixedFast)
	var dst []byte
	var err error
	b.ReportAllocs()
	for b.Loop() {
		if dst, err = Proto().Append(dst[:0], m); err != nil {
			b.Fatal(err)
		}
		if err = Proto().Unmarshal(dst, m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJSON(b *testing.B) {
	m := filled(b)["proto3"]
	var dst []byte
	var err error
	b.Run("Append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if dst, err = JSON().Append(dst[:0], m[0]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Unmarshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := JSON().Unmarshal(dst, m[1]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
