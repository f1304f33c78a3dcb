package h2

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A peer that reads slowly what is sent before a PING is not silent: its kernel takes
// more all the time. One that stops reading is.
func TestSlowReaderIsNotSilent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var stopped atomic.Bool
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		nc.(*net.TCPConn).SetReadBuffer(32 << 10)
		b := frame.AppendSettings(nil, frame.Setting{ID: frame.SettingInitialWindowSize, Value: 1 << 30})
		nc.Write(frame.AppendWindowUpdate(b, 0, 1<<30))
		for piece := make([]byte, 16<<10); !stopped.Load(); time.Sleep(20 * time.Millisecond) {
			if _, err := io.ReadFull(nc, piece); err != nil {
				return
			}
		}
		time.Sleep(10 * time.Second)
	}()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	silent := make(chan bool, 10)
	cfg := Defaults()
	cfg.Suspicion, cfg.SilenceTimeout = 50*time.Millisecond, time.Minute
	c := NewClient(nc, &cfg, Observer{Silent: func(is bool) { silent <- is }})
	c.Start()
	defer func() {
		c.Close()
		<-c.Done()
	}()
	if err := c.Greeted(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Reserve()
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var s Stream
		fields := []hpack.Field{{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: "/"}, {Name: ":authority", Value: "h"}}
		c.Open(&s, Outgoing{Header: fields, Data: make([]byte, 64<<20), End: true}, done)
		<-done
		s.Reset(frame.CodeCancel)
		s.Free()
	}()
	select {
	case <-silent:
		t.Error("a peer that reads slowly counts as silent")
	case <-time.After(2500 * time.Millisecond):
	}
	stopped.Store(true)
	select {
	case <-silent:
	case <-time.After(8 * time.Second):
		t.Error("a peer that reads nothing any more does not count as silent")
	}
	close(done)
	<-ended
}
