package h2

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A duo is a client's connection and a server's that are tied to each other.
type duo struct {
	t              testing.TB
	client, server *Conn
	workers        *Workers
}

// A duoConfig says how a duo is tied; zero fields mean the defaults.
type duoConfig struct {
	client, server Config
	pair           func() (net.Conn, net.Conn) // the client's end first
	serve          func(*handler)
	start          Start
}

func newDuoConfig(serve func(*handler)) *duoConfig {
	dc := &duoConfig{client: Defaults(), server: Defaults(), serve: serve}
	dc.pair = func() (net.Conn, net.Conn) {
		a, b := newPipe(64 << 10)
		return a, b
	}
	return dc
}

// tie ties a duo, which ends with the test. Nothing may be left of it then.
func (dc *duoConfig) tie(t testing.TB) *duo {
	t.Helper()
	noLeaks(t)
	d := &duo{t: t, workers: new(Workers)}
	dc.server.Workers = d.workers
	a, b := dc.pair()
	d.server = NewServer(b, &dc.server, acceptorFunc(func(m *Message) (*Stream, Start) {
		h := &handler{request: m, serve: dc.serve, aborted: make(chan struct{})}
		h.Init(h)
		return &h.Stream, dc.start
	}), Observer{})
	d.client = NewClient(a, &dc.client, Observer{})
	d.server.Start()
	d.client.Start()
	t.Cleanup(d.end)
	if err := d.client.Greeted(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// end ends both ends at once.
func (d *duo) end() {
	d.client.Close()
	d.server.Close()
	<-d.client.Done()
	<-d.server.Done()
	d.workers.Close(true)
}

// A handler is the owner of a server's stream.
type handler struct {
	Stream
	request *Message
	serve   func(*handler)
	aborted chan struct{} // closed when the stream ended before its time
}

func (h *handler) Serve()        { h.serve(h) }
func (h *handler) Aborted(error) { close(h.aborted) }

var (
	okHeader  = []hpack.Field{{Name: ":status", Value: "200"}}
	okTrailer = []hpack.Field{{Name: "grpc-status", Value: "0"}}
)

// echo answers with the request's content as it comes.
func echo(h *handler) {
	if err := h.echo(); err != nil {
		h.Reset(frame.CodeInternal)
	}
}

func (h *handler) echo() error {
	if err := h.Send(Outgoing{Header: okHeader}, nil); err != nil {
		return err
	}
	for {
		p, err := h.Peek(1, nil)
		if err == io.EOF {
			return h.Send(Outgoing{Trailer: okTrailer}, nil)
		}
		if err != nil {
			return err
		}
		if err := h.Send(Outgoing{Data: p}, nil); err != nil {
			return err
		}
		h.Discard(len(p))
	}
}

// A call is a client's stream.
type call struct {
	Stream
}

func requestTo(path string) []hpack.Field {
	return []hpack.Field{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"},
		{Name: ":authority", Value: "h"}, {Name: ":path", Value: path},
	}
}

// open opens a stream, for which there must be room.
func (d *duo) open(path string, data []byte, end bool) (*call, error) {
	c := new(call)
	if !d.client.Reserve() {
		return nil, errNeverSent
	}
	return c, d.client.Open(&c.Stream, Outgoing{Header: requestTo(path), Data: data, End: end}, nil)
}

// readAll takes what comes up to the end of the stream.
func readAll(s *Stream) (all []byte, err error) {
	for {
		p, err := s.Peek(1, nil)
		all = append(all, p...)
		s.Discard(len(p))
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// exchange sends data and returns what came back, with a complete response.
func (d *duo) exchange(path string, data []byte) ([]byte, error) {
	c, err := d.open(path, nil, false)
	if err != nil {
		return nil, err
	}
	defer c.Free()
	var sending sync.WaitGroup
	var sendErr error
	sending.Go(func() { sendErr = c.Send(Outgoing{Data: data, End: true}, nil) })
	back, err := readAll(&c.Stream)
	if err != nil {
		c.Reset(frame.CodeCancel)
	}
	sending.Wait()
	if err := errors.Join(err, sendErr); err != nil {
		return back, err
	}
	if _, trailer := c.Received(); trailer == nil || len(trailer.Fields) != 1 {
		return back, fmt.Errorf("the response ended without trailers")
	}
	return back, nil
}

// sized reads a number of bytes off a path like /4096.
func sized(h *handler) int {
	n, err := strconv.Atoi(h.request.Path[1:])
	if err != nil {
		panic(err)
	}
	return n
}
