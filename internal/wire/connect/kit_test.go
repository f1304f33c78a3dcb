package connect

import (
	"errors"
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

func wantError(t *testing.T, what string, err error, code grpc.Code) {
	t.Helper()
	var e *grpc.Error
	if !errors.As(err, &e) || e.Code != code || e.Message == "" {
		t.Errorf("%s: error is %v, want one with %v", what, err, code)
	}
}

type pair struct{ name, value string }

// each yields pairs as the writers want them.
func each(pairs []pair) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for _, p := range pairs {
			if !yield(p.name, p.value) {
				return
			}
		}
	}
}
