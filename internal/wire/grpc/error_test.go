package grpc

import (
	"errors"
	"strings"
	"testing"
)

// wantError fails the test unless err is an *Error with the code and some text.
func wantError(t *testing.T, what string, err error, code Code) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Message == "" {
		t.Errorf("%s: error is %v, want one with %v", what, err, code)
	}
}

func TestErrorText(t *testing.T) {
	err := &Error{Code: Internal, Message: "bad frame"}
	if got := err.Error(); got != "INTERNAL: bad frame" {
		t.Errorf("Error = %q", got)
	}
}

func TestErrorsRepeatLittleOfThePeer(t *testing.T) {
	long := strings.Repeat("\x00é", 10000)
	for _, err := range []error{CheckName(long), CheckValue(long, "\n"), CheckResponse(200, long, "")} {
		text := err.Error()
		if len(text) > 600 {
			t.Errorf("error text of %d bytes", len(text))
		}
		for i := range len(text) {
			if text[i] < 0x20 || text[i] > 0x7e {
				t.Fatalf("error text %q is not printable ASCII", text)
			}
		}
	}
}
