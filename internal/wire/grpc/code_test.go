package grpc

import (
	"strconv"
	"testing"
)

// names has the names of doc/statuscodes.md by number.
var names = []string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
	"UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

func TestCodeNames(t *testing.T) {
	for i, want := range names {
		if got := Code(i).String(); got != want {
			t.Errorf("Code(%d) = %q, want %q", i, got, want)
		}
	}
	for c, want := range map[Code]string{17: "CODE(17)", 23: "CODE(23)", 1<<32 - 1: "CODE(4294967295)"} {
		if got := c.String(); got != want {
			t.Errorf("String = %q, want %q", got, want)
		}
	}
	// The constants, in the order of the standard.
	constants := []Code{OK, Canceled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists,
		PermissionDenied, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange, Unimplemented, Internal,
		Unavailable, DataLoss, Unauthenticated}
	for i, c := range constants {
		if c != Code(i) {
			t.Errorf("constant %d has the value %d", i, c)
		}
	}
}

func TestStatusRoundTrip(t *testing.T) {
	for c := Code(0); c < 300; c++ {
		want := strconv.Itoa(int(c))
		if got := StatusString(c); got != want {
			t.Errorf("StatusString(%d) = %q", c, got)
		}
		if got := string(AppendStatus([]byte("x"), c)); got != "x"+want {
			t.Errorf("AppendStatus(%d) = %q", c, got)
		}
		parsed := c
		if c > 16 {
			parsed = Unknown
		}
		if got := ParseStatus(want); got != parsed {
			t.Errorf("ParseStatus(%q) = %v, want %v", want, got, parsed)
		}
	}
}

func TestParseStatusTakesNothingOddForOK(t *testing.T) {
	for _, s := range []string{"", " ", "-0", "-1", "+0", "00", "05", "000", "0 ", " 0", "0x0", "0,0", "1e0", "1:", "1/",
		"20", "99", "160", "4294967296", "18446744073709551616", "OK", "\x00", "\xff", "０"} {
		if got := ParseStatus(s); got != Unknown {
			t.Errorf("ParseStatus(%q) = %v, want UNKNOWN", s, got)
		}
	}
}

func TestCodeFromHTTP(t *testing.T) {
	want := map[int]Code{400: Internal, 401: Unauthenticated, 403: PermissionDenied, 404: Unimplemented,
		429: Unavailable, 502: Unavailable, 503: Unavailable, 504: Unavailable}
	for status := -1; status < 1000; status++ {
		code, listed := want[status]
		if !listed {
			code = Unknown // among them 200, 409, 431 and 500
		}
		if got := CodeFromHTTP(status); got != code {
			t.Errorf("CodeFromHTTP(%d) = %v, want %v", status, got, code)
		}
	}
}

func TestCodeFromReset(t *testing.T) {
	want := []Code{Internal, Internal, Internal, Internal, Internal, Internal, Internal, Unavailable, Canceled,
		Internal, Internal, ResourceExhausted, PermissionDenied, Internal, Unknown, Unknown}
	for h2code, code := range want {
		if got := CodeFromReset(uint32(h2code)); got != code {
			t.Errorf("CodeFromReset(%#x) = %v, want %v", h2code, got, code)
		}
	}
	if got := CodeFromReset(1<<32 - 1); got != Unknown {
		t.Errorf("CodeFromReset(max) = %v", got)
	}
}
