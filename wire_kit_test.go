package curlew_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// The tests in wire_*_test.go put a peer that can say anything opposite the
// public API, where what it says cannot be seen further below.

// scripted serves connections by scripts, the first one by the first and so on;
// the last script goes for all further ones.
func scripted(t testing.TB, scripts ...func(nc net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer nc.Close()
				scripts[min(i, len(scripts)-1)](nc)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// A step is a part of a response.
type step func(p *rawpeer.Peer, id uint32)

// answers is a script that gives every complete request the same response.
func answers(t testing.TB, steps ...step) func(net.Conn) {
	return func(nc net.Conn) {
		p := rawpeer.Server(t, nc)
		requests(p, func(id uint32) {
			for _, s := range steps {
				s(p, id)
			}
		})
	}
}

// requests calls f for every complete request, until the client hangs up.
func requests(p *rawpeer.Peer, f func(id uint32)) {
	for {
		fr, ok := p.Next()
		if !ok {
			return
		}
		if (fr.Type == frame.TypeHeaders || fr.Type == frame.TypeData) && fr.Flags.Has(frame.FlagEndStream) {
			f(fr.StreamID)
		}
	}
}

// nextRequest reads until a complete request has come, and returns its stream; 0
// if the client hangs up.
func nextRequest(p *rawpeer.Peer) uint32 {
	for {
		fr, ok := p.Next()
		switch {
		case !ok:
			return 0
		case (fr.Type == frame.TypeHeaders || fr.Type == frame.TypeData) && fr.Flags.Has(frame.FlagEndStream):
			return fr.StreamID
		}
	}
}

// nextHeader reads until the header of a request has come, and returns its stream.
func nextHeader(p *rawpeer.Peer) uint32 {
	for {
		fr, ok := p.Next()
		switch {
		case !ok:
			return 0
		case fr.Type == frame.TypeHeaders:
			return fr.StreamID
		}
	}
}

func section(end bool, pairs ...string) step {
	return func(p *rawpeer.Peer, id uint32) { p.Headers(id, end, rawpeer.Fields(pairs...)...) }
}

// header is an ordinary response header with more fields.
func header(pairs ...string) step {
	return section(false, append([]string{":status", "200", "content-type", "application/grpc+proto"}, pairs...)...)
}

// only is a response of one section.
func only(pairs ...string) step {
	return section(true, append([]string{":status", "200", "content-type", "application/grpc+proto"}, pairs...)...)
}

func trailers(pairs ...string) step { return section(true, pairs...) }

func data(b []byte) step {
	return func(p *rawpeer.Peer, id uint32) { p.Data(id, false, b) }
}

// lastData is DATA that ends the stream.
func lastData(b []byte) step {
	return func(p *rawpeer.Peer, id uint32) { p.Data(id, true, b) }
}

func reset(code frame.ErrCode) step {
	return func(p *rawpeer.Peer, id uint32) { p.Reset(id, code) }
}

func hangUp(p *rawpeer.Peer, _ uint32) { p.Close() }

// framed is a message with its prefix.
func framed(s string) []byte { return rawpeer.Message(0, encoded(s)) }

func encoded(s string) string {
	b, err := proto.Marshal(wrapperspb.String(s))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// good is a response with one message.
func good(p *rawpeer.Peer, id uint32) {
	header()(p, id)
	data(framed("fine"))(p, id)
	trailers("grpc-status", "0")(p, id)
}

var kinds = []*curlew.MethodOf[*str, *str]{unary, list, gather, chat}

// An outcome is what a caller learns of a call.
type outcome struct {
	messages []string
	err      error
	header   curlew.Header
	trailer  curlew.Header
}

// perform calls a method of any kind with one message.
func perform(ctx context.Context, c *curlew.Client, m *curlew.MethodOf[*str, *str], opts ...curlew.CallOption) (o outcome) {
	opts = append(opts, curlew.CaptureHeader(&o.header), curlew.CaptureTrailer(&o.trailer))
	o.err = c.Caller().With(opts...).Stream(ctx, &m.Method, func(_ context.Context, s curlew.Stream) error {
		if err := s.Send(wrapperspb.String("hello")); err != nil && err != io.EOF {
			return err
		}
		if err := s.CloseSend(); err != nil {
			return err
		}
		for {
			msg := newStr()
			if err := s.Recv(msg); err != nil {
				return err // io.EOF is how a call ends well
			}
			o.messages = append(o.messages, msg.Value)
		}
	})
	return o
}

// all returns the fields of a Header.
func all(h curlew.Header) (fields []string) {
	for name, value := range h.All() {
		fields = append(fields, name+": "+value)
	}
	return fields
}

// names returns the names of fields in their order.
func names(fields []hpack.Field) (names []string) {
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return names
}
