package h2

import (
	"errors"
	"io"
	"net"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

func TestErrorsSayWhatHappened(t *testing.T) {
	lost := &ConnError{Code: frame.CodeNo, Reason: "reading", Cause: io.ErrUnexpectedEOF}
	for _, c := range []struct {
		err  error
		text string
		is   error
	}{
		{connError(frame.CodeProtocol, "why"), "PROTOCOL_ERROR: why", nil},
		{lost, "reading: unexpected EOF", io.ErrUnexpectedEOF},
		{&ConnError{Cause: net.ErrClosed}, "use of closed network connection", net.ErrClosed},
		{&ConnError{Code: frame.CodeEnhanceYourCalm, Remote: true, Reason: "pings"}, "peer closed the connection with ENHANCE_YOUR_CALM: pings", nil},
		{&StreamError{Code: frame.CodeNo, Conn: lost}, "reading: unexpected EOF", io.ErrUnexpectedEOF},
		{&StreamError{Code: frame.CodeCancel, Remote: true}, "stream reset by peer with CANCEL", nil},
		{&StreamError{Code: frame.CodeRefusedStream, Reason: "full"}, "full", nil},
		{&StreamError{Code: frame.CodeCancel}, "stream reset with CANCEL", nil},
		{&violation{7, frame.CodeStreamClosed, "late"}, "stream 7: STREAM_CLOSED: late", nil},
	} {
		if got := c.err.Error(); got != c.text {
			t.Errorf("%q, not %q", got, c.text)
		}
		if c.is != nil && !errors.Is(c.err, c.is) {
			t.Errorf("%v is not %v", c.err, c.is)
		}
	}
	var ce *ConnError
	if err := error(&StreamError{Conn: lost}); !errors.As(err, &ce) || ce != lost {
		t.Error("a stream's error does not lead to its connection's")
	}
	if err := error(&StreamError{}); errors.As(err, &ce) && ce == nil {
		t.Error("a stream's error leads to a connection's that is nil")
	}
	var timeout net.Error
	if err := error(&ConnError{Cause: errSilent}); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Error("silence is no timeout")
	}
	if err := asConnError(io.EOF); err != io.EOF {
		t.Error("a foreign error was changed:", err)
	}
}
