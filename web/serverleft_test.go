package web_test

import (
	"context"
	"io"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web/internal/librarypb"
)

// A leaver is a Library whose Discuss returns while a goroutine of it still receives.
type leaver struct {
	librarypb.Shelf
	received chan error
}

func (l leaver) Discuss(_ context.Context, stream *curlew.Duplex[*librarypb.Book, *librarypb.Book]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	waits := make(chan struct{})
	go func() {
		close(waits)
		_, err := stream.Recv()
		l.received <- err
	}()
	<-waits
	return stream.Send(first)
}

// A call ends when its handler returns, though a goroutine of that still receives what the
// client does not send.
func TestReceiverLeftBehind(t *testing.T) {
	curlewtest.NoLeaks(t)
	l := leaver{received: make(chan error, 1)}
	h := newHostOf(t, func(s *curlew.Server) { librarypb.RegisterLibrary(s, l) }, nil)
	over(t, func(t *testing.T, version int) {
		for _, tt := range []struct{ path, ct, first string }{
			{library + "Discuss", "application/connect+json", framed(0, []byte(`{"title":"a"}`))},
			{library + "Discuss", "application/grpc-web+json", framed(0, []byte(`{"title":"a"}`))},
			{library + "Discuss", jsonType, `{"title":"a"}`},
		} {
			r, w := io.Pipe()
			go io.WriteString(w, tt.first)
			res, err := h.clients[version].Do(newRequest(t, "POST", tt.path, r, "content-type", tt.ct))
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error)
			go func() {
				_, err := io.Copy(io.Discard, res.Body)
				ended <- err
			}()
			if err := wait(t, ended); err != nil {
				t.Errorf("%s: the response has broken off: %v", tt.ct, err)
			}
			if err := wait(t, l.received); err == nil || err == io.EOF {
				t.Errorf("%s: the goroutine received %v", tt.ct, err)
			}
			res.Body.Close()
			w.Close()
		}
	})
}

// The same goes for a WebSocket.
func TestWebSocketReceiverLeftBehind(t *testing.T) {
	curlewtest.NoLeaks(t)
	l := leaver{received: make(chan error, 1)}
	h := newHostOf(t, func(s *curlew.Server) { librarypb.RegisterLibrary(s, l) }, nil)
	c := wsDial(t, h.Server, library+"Discuss?encoding=json")
	c.open("{}")
	c.send(2, framed(0, []byte(`{"title":"a"}`)))
	c.header()
	c.next(2)
	if e := c.end(); e.Error != nil {
		t.Errorf("the end is %+v", e)
	}
	if err := wait(t, l.received); err == nil || err == io.EOF {
		t.Errorf("the goroutine received %v", err)
	}
}
