package frame

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// unhex decodes hexadecimal digits, between which there may be spaces.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// wantError fails the test if err is not an *Error with this code and stream; for
// CodeNo, if it is not nil.
func wantError(t *testing.T, what any, err error, code ErrCode, streamID uint32) {
	t.Helper()
	if code == CodeNo {
		if err != nil {
			t.Errorf("%+v: %v", what, err)
		}
		return
	}
	var fe *Error
	if !errors.As(err, &fe) || fe.Code != code || fe.StreamID != streamID || fe.Reason == "" {
		t.Errorf("%+v: error %v, want %v on stream %d", what, err, code, streamID)
	}
}
