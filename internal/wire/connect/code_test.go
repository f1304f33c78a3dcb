package connect

import (
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func TestCodes(t *testing.T) {
	statuses := []int{0, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401}
	for c := grpc.Canceled; c <= grpc.Unauthenticated; c++ {
		want := strings.ToLower(c.String())
		if c == grpc.Canceled {
			want = "canceled" // gRPC's has two l
		}
		if name := CodeName(c); name != want {
			t.Errorf("CodeName(%v) = %q", c, name)
		}
		if got, ok := ParseCode(want); got != c || !ok {
			t.Errorf("ParseCode(%q) = %v, %v", want, got, ok)
		}
		if got := HTTPStatus(c); got != statuses[c] {
			t.Errorf("HTTPStatus(%v) = %d, want %d", c, got, statuses[c])
		}
	}
}

func TestNoCodes(t *testing.T) {
	for _, s := range []string{"", "ok", "OK", "cancelled", "NOT_FOUND", "not-found", "5", "unknown "} {
		if c, ok := ParseCode(s); c != grpc.OK || ok {
			t.Errorf("ParseCode(%q) = %v, %v", s, c, ok)
		}
	}
	for _, c := range []grpc.Code{grpc.OK, 17, 1 << 31} {
		if name := CodeName(c); name != "unknown" {
			t.Errorf("CodeName(%v) = %q", c, name)
		}
	}
	if got := HTTPStatus(grpc.OK); got != 200 {
		t.Errorf("HTTPStatus(OK) = %d", got)
	}
	if got := HTTPStatus(17); got != 500 {
		t.Errorf("HTTPStatus(17) = %d", got)
	}
}
