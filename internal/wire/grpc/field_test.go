package grpc

import "testing"

func TestReceivedField(t *testing.T) {
	tests := []struct{ name, value, wantName, wantValue string }{
		{"x", "", "x", ""},
		{"Grpc-Status", " 0", "grpc-status", "0"},
		{"X_a.b-C", "\t a\tb \t", "x_a.b-c", "a\tb"},
		{"!#$%&'*+-.^_`|~09azAZ", "\x80\xff~", "!#$%&'*+-.^_`|~09azaz", "\x80\xff~"},
	}
	for _, test := range tests {
		name, value, err := ReceivedField(test.name, test.value)
		if err != nil || name != test.wantName || value != test.wantValue {
			t.Errorf("ReceivedField(%q, %q) = %q, %q, %v", test.name, test.value, name, value, err)
		}
	}
}

func TestReceivedFieldRefuses(t *testing.T) {
	tests := []struct{ name, value string }{
		{"", "v"}, {":status", "200"}, {"a b", "v"}, {"a:", "v"}, {"käse", "v"}, {"a\x00", "v"}, {" a", "v"}, {"a\t", "v"},
		{"a", "x\r\nb: c"}, {"a", "x\nb"}, {"a", "x\rb"}, {"a", "\x00"}, {"a", "\x1f"}, {"a", "\x7f"}, {"a", "x\n"},
	}
	for _, test := range tests {
		name, value, err := ReceivedField(test.name, test.value)
		if name != "" || value != "" {
			t.Errorf("ReceivedField(%q, %q) = %q, %q beside its error", test.name, test.value, name, value)
		}
		wantError(t, "ReceivedField "+test.name, err, Internal)
	}
}
