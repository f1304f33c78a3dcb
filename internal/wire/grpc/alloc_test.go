package grpc

import (
	"strings"
	"testing"
	"time"
)

// What happens in every call does not allocate.
func TestAllocations(t *testing.T) {
	var (
		dst  = make([]byte, 0, 256)
		text string
		ok   bool
		long = strings.Repeat("trace context ", 30)
		b64  = EncodeBin(long)
	)
	tests := map[string]struct {
		most float64
		f    func()
	}{
		"AppendTimeout":  {0, func() { dst = AppendTimeout(dst[:0], 1234567*time.Microsecond) }},
		"ParseTimeout":   {0, func() { _, _ = ParseTimeout("1234567u") }},
		"bad timeout":    {0, func() { _, _ = ParseTimeout("123456789u") }},
		"StatusString":   {0, func() { text = StatusString(Unauthenticated) }},
		"AppendStatus":   {0, func() { dst = AppendStatus(dst[:0], Unauthenticated) }},
		"ParseStatus":    {0, func() { _ = ParseStatus("16") }},
		"EncodeMessage":  {0, func() { text = EncodeMessage("user 7 is not known (yet)") }},
		"DecodeMessage":  {0, func() { text = DecodeMessage("user 7 is not known (yet)") }},
		"escapes":        {1, func() { text = EncodeMessage("100 % käse") }},
		"ContentSubtype": {0, func() { text, ok = ContentSubtype("application/grpc+proto; charset=utf-8") }},
		"ContentType":    {0, func() { text = ContentType(""); text = ContentType("proto"); text = ContentType("json") }},
		"SplitPath":      {0, func() { text, _, ok = SplitPath("/shop.v1.UserService/GetUser") }},
		"CheckName":      {0, func() { _ = CheckName("x-request-id") }},
		"CheckValue":     {0, func() { _ = CheckValue("x-request-id", " 0123456789abcdef ") }},
		"Visible":        {0, func() { ok = Visible("x-request-id") }},
		"EncodeBin":      {1, func() { text = EncodeBin(long) }},
		"DecodeBin":      {2, func() { _, _ = DecodeBin(b64, 1<<20) }},
		"Accepts":        {0, func() { ok = Accepts("identity, deflate;q=0.5, gzip", "gzip") }},
		"ParsePrefix":    {0, func() { _, _ = ParsePrefix([]byte{1, 0, 0, 1, 0}) }},
		"ParsePushback":  {0, func() { _, ok = ParsePushback("250") }},
		"CheckResponse":  {0, func() { _ = CheckResponse(200, "application/grpc", "proto") }},
	}
	for name, test := range tests {
		if got := testing.AllocsPerRun(100, test.f); got > test.most {
			t.Errorf("%s: %v allocations, want at most %v", name, got, test.most)
		}
	}
	_, _ = text, ok
}
