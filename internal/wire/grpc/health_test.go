package grpc

import "testing"

func TestHealthMessages(t *testing.T) {
	if got := string(AppendHealthRequest(nil, "")); got != "" {
		t.Errorf("for the server: %q", got)
	}
	if got := string(AppendHealthRequest(nil, "a.B")); got != "\n\x03a.B" {
		t.Errorf("for a.B: %q", got)
	}
	for _, row := range []struct {
		in      string
		serving bool
		bad     bool
	}{
		{"", false, false}, {"\x08\x01", true, false}, {"\x08\x02", false, false}, {"\x08\x03", false, false},
		{"\x08\x01\x08\x02", false, false}, // the last counts
		{"\x12\x01x\x08\x01", true, false}, // unknown fields do not
		{"\x08", false, true}, {"\x0a\x05a", false, true}, {"\xff\xff", false, true},
	} {
		got, err := ParseHealthResponse([]byte(row.in))
		if got != row.serving || (err != nil) != row.bad {
			t.Errorf("%q: %v, %v", row.in, got, err)
		}
	}
}
