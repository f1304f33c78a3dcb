package curlewtest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"

	"github.com/curlew-rpc/curlew/curlewtest"
)

var _ net.Listener = (*curlewtest.Listener)(nil)

func TestListener(t *testing.T) {
	l := curlewtest.Listen(0)
	var clients []net.Conn
	for range 2 {
		c, err := l.Dial(t.Context(), "tcp", "anywhere:1")
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	for i, c := range clients {
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte{'0' + byte(i)})
		mustRead(t, s, string(rune('0'+i)))
		if s.RemoteAddr() != c.LocalAddr() || s.LocalAddr() != l.Addr() || c.RemoteAddr() != l.Addr() {
			t.Errorf("%v to %v is %v to %v", c.LocalAddr(), c.RemoteAddr(), s.RemoteAddr(), s.LocalAddr())
		}
	}
	if clients[0].LocalAddr() == clients[1].LocalAddr() {
		t.Error("two clients have the same address")
	}
}

func TestListenerClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := curlewtest.Listen(0)
		waiting := make(chan error, 1)
		go func() {
			_, err := l.Accept()
			waiting <- err
		}()
		synctest.Wait()
		l.Close()
		if err := <-waiting; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: %v", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: %v", err)
		}
		if _, err := l.Dial(t.Context(), "tcp", ""); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Dial: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
	})
}

// Connections that were never accepted do not hang.
func TestListenerCloseEndsTheQueue(t *testing.T) {
	l := curlewtest.Listen(0)
	c, err := l.Dial(t.Context(), "tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := read(c); err != io.EOF {
		t.Errorf("Read: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
}

func TestDialWithEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := curlewtest.Listen(0).Dial(ctx, "tcp", ""); err != context.Canceled {
		t.Errorf("Dial: %v", err)
	}
}
