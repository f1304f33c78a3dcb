package curlew_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"iter"
	"slices"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"google.golang.org/protobuf/proto"
)

// longEcho answers with the payloads it is sent.
type longEcho struct {
	echov1.UnimplementedEchoService
}

func (longEcho) Unary(_ context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	return &echov1.EchoResponse{Text: req.Text, Payload: req.Payload, Count: 1}, nil
}

func (longEcho) ClientStream(_ context.Context, reqs iter.Seq2[*echov1.EchoRequest, error]) (*echov1.EchoResponse, error) {
	res := new(echov1.EchoResponse)
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		res.Text += req.Text
		res.Payload = append(res.Payload, req.Payload...)
		res.Count++
	}
	return res, nil
}

func (longEcho) ServerStream(_ context.Context, req *echov1.EchoRequest, s curlew.Sender[*echov1.EchoResponse]) error {
	res := &echov1.EchoResponse{Text: req.Text, Payload: req.Payload}
	for range req.Repeat {
		res.Count++
		if err := s.Send(res); err != nil {
			return err
		}
		// It is ours again: nothing that is sent may change by it.
		res.Payload = slices.Clone(res.Payload)
		clear(req.Payload)
		req.Payload = res.Payload
	}
	return nil
}

func (longEcho) Bidi(_ context.Context, d *curlew.Duplex[*echov1.EchoRequest, *echov1.EchoResponse]) error {
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		if err := d.Send(&echov1.EchoResponse{Text: req.Text, Payload: req.Payload}); err != nil {
			return err
		}
		clear(req.Payload)
	}
	return nil
}

func serveLong(t *testing.T, opts ...curlew.ServerOption) string {
	t.Helper()
	s, addr := serveAnew(t, opts)
	echov1.RegisterEchoService(s, longEcho{})
	return addr
}

// patterned returns n bytes that begin otherwise than those of other seeds.
func patterned(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>8)*31 + byte(i) + seed
	}
	return b
}

// Long fields of bytes arrive as they were when they were sent, in every kind of call,
// although they are not copied: the sender may use them for something else at once.
func TestLongFields(t *testing.T) {
	curlewtest.NoLeaks(t)
	ca := newAuthority(t)
	for name, opts := range map[string]struct {
		server []curlew.ServerOption
		client []curlew.ClientOption
		call   []curlew.CallOption
	}{
		"cleartext": {},
		"TLS": {
			server: []curlew.ServerOption{curlew.WithTLS(&tls.Config{Certificates: []tls.Certificate{ca.pair(t, "server")}})},
			client: []curlew.ClientOption{curlew.WithTLS(&tls.Config{RootCAs: ca.pool})},
		},
		"gzip":                   {call: []curlew.CallOption{curlew.Compression("gzip")}},
		"borrowing interceptors": {server: []curlew.ServerOption{curlew.WithInterceptors(borrow)}, client: []curlew.ClientOption{curlew.WithInterceptors(borrow)}},
	} {
		t.Run(name, func(t *testing.T) {
			client := dialTest(t, serveLong(t, opts.server...), opts.client...)
			c := echov1.NewEchoServiceClient(client).With(opts.call...)
			for _, size := range []int{32<<10 - 1, 32 << 10, 1 << 20} {
				longCalls(t, c, size)
			}
		})
	}
}

func longCalls(t *testing.T, c echov1.EchoServiceClient, size int) {
	t.Helper()
	want := patterned(size, 1)
	req := &echov1.EchoRequest{Text: "before", Payload: patterned(size, 1), Repeat: 3, Message: "behind"}
	res, err := c.Unary(t.Context(), req)
	if err != nil || res.Text != req.Text || !bytes.Equal(res.Payload, want) {
		t.Errorf("unary: %d bytes, %v", len(res.GetPayload()), err)
	}
	n := 0
	for res, err := range c.ServerStream(t.Context(), req) {
		if n++; err != nil || int(res.Count) != n || !bytes.Equal(res.Payload, want) {
			t.Errorf("server stream: message %d of %d bytes, %v", n, len(res.GetPayload()), err)
		}
	}
	if n != 3 {
		t.Errorf("server stream: %d messages", n)
	}
	res, err = c.ClientStream(t.Context(), func(yield func(*echov1.EchoRequest, error) bool) {
		for i := range 3 {
			req := &echov1.EchoRequest{Text: "x", Payload: patterned(size, byte(i)), Message: "behind"}
			if !yield(req, nil) {
				return
			}
			clear(req.Payload)
		}
	})
	if err != nil || res.Count != 3 || !bytes.Equal(res.Payload, slices.Concat(patterned(size, 0), patterned(size, 1), patterned(size, 2))) {
		t.Errorf("client stream: %d bytes, %v", len(res.GetPayload()), err)
	}
	chat, err := c.Bidi(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range byte(4) {
		req := &echov1.EchoRequest{Text: "x", Payload: patterned(size, i), Message: "behind"}
		if err := chat.Send(req); err != nil {
			t.Fatal(err)
		}
		clear(req.Payload)
		res, err := chat.Recv()
		if err != nil || !bytes.Equal(res.Payload, patterned(size, i)) {
			t.Errorf("bidirectional: %d bytes, %v", len(res.GetPayload()), err)
		}
	}
	if err := chat.CloseSend(); err != nil {
		t.Error(err)
	}
	if _, err := chat.Recv(); err != io.EOF {
		t.Errorf("bidirectional: %v at the end", err)
	}
}

// borrow is an interceptor that sends messages of its own, and uses them for something
// else when they have been sent.
func borrow(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	call.Stream = borrower{call.Stream}
	return next(ctx, call)
}

type borrower struct{ curlew.Stream }

func (b borrower) Send(msg any) error {
	mine := proto.Clone(msg.(proto.Message))
	err := b.Stream.Send(mine)
	switch m := mine.(type) {
	case *echov1.EchoRequest:
		clear(m.Payload)
	case *echov1.EchoResponse:
		clear(m.Payload)
	}
	return err
}

// A request with long fields is sent again as it was.
func TestLongFieldsAgain(t *testing.T) {
	y := &tally{steps: []step{func(p *rawpeer.Peer, id uint32) {
		p.Write(frame.AppendWindowUpdate(nil, 0, 1<<20))
		p.Reset(id, frame.CodeRefusedStream)
	}, good}}
	client := dialTest(t, y.serve(t))
	req := &echov1.EchoRequest{Text: "before", Payload: patterned(40<<10, 7), Message: "behind"}
	if _, err := echov1.NewEchoServiceClient(client).Unary(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	body, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	want := string(rawpeer.Message(0, string(body)))
	if bodies := y.bodies(); len(bodies) != 2 || bodies[0] != want || bodies[1] != want {
		t.Errorf("%d requests, not twice the same", len(bodies))
	}
}
