package grpc

import (
	"strings"
	"testing"
	"time"
)

func BenchmarkTimeout(b *testing.B) {
	var buf [16]byte
	b.ReportAllocs()
	for b.Loop() {
		field := AppendTimeout(buf[:0], 1234567*time.Microsecond)
		if _, err := ParseTimeout(string(field)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSplitPath(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := SplitPath("/shop.v1.UserService/GetUser"); !ok {
			b.Fatal("refused")
		}
	}
}

func BenchmarkContentSubtype(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ContentSubtype("application/grpc+proto"); !ok {
			b.Fatal("refused")
		}
	}
}

func BenchmarkMetadata(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if CheckName("x-request-id") != nil || CheckValue("x-request-id", "0123456789abcdef") != nil || !Visible("x-request-id") {
			b.Fatal("refused")
		}
	}
}

func BenchmarkBin(b *testing.B) {
	value := strings.Repeat("trace", 6)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeBin(EncodeBin(value), 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	for name, text := range map[string]string{"plain": "user 7 is not known", "escaped": "100 % käse"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if DecodeMessage(EncodeMessage(text)) != text {
					b.Fatal("changed")
				}
			}
		})
	}
}

func BenchmarkDetails(b *testing.B) {
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendDetails(dst[:0], golden.code, golden.message, golden.details)
		if _, _, _, err := ParseDetails(dst); err != nil {
			b.Fatal(err)
		}
	}
}
