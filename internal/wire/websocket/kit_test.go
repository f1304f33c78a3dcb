package websocket

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func wantError(t *testing.T, what string, err error, code CloseCode) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Message == "" {
		t.Errorf("%s: error is %v, want one with %d", what, err, code)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
