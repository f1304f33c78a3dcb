package websocket_test

import (
	"context"
	"fmt"
	"iter"
	"net"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/codec"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/web"
)

// echo does what its requests say, and returns metadata of theirs.
type echo struct{}

func (echo) begin(ctx context.Context) {
	call := curlew.CallFrom(ctx)
	for _, name := range []string{"x-send", "x-send-bin"} {
		for v := range call.RequestHeader().Values(name) {
			call.ResponseHeader().Add(name, v)
			call.Trailer().Add("t"+name, v)
		}
	}
}

func (echo) answer(ctx context.Context, req *echov1.EchoRequest, count int) (*echov1.EchoResponse, error) {
	if d := req.GetDelay().AsDuration(); d > 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if req.Code != 0 {
		err := curlew.Errorf(curlew.Code(req.Code), "%s", req.Message)
		return nil, err.With(wrapperspb.String("detail"), wrapperspb.Bytes([]byte{0, 255}))
	}
	return &echov1.EchoResponse{Text: req.Text, Payload: req.Payload, Count: int32(count)}, nil
}

func (e echo) Unary(ctx context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	e.begin(ctx)
	return e.answer(ctx, req, 1)
}

func (e echo) ClientStream(ctx context.Context, reqs iter.Seq2[*echov1.EchoRequest, error]) (*echov1.EchoResponse, error) {
	e.begin(ctx)
	all := &echov1.EchoRequest{}
	n := 0
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		n++
		all.Text += req.Text
		all.Payload = append(all.Payload, req.Payload...)
		all.Code, all.Message = req.Code, req.Message
	}
	return e.answer(ctx, all, n)
}

func (e echo) ServerStream(ctx context.Context, req *echov1.EchoRequest, out curlew.Sender[*echov1.EchoResponse]) error {
	e.begin(ctx)
	for i := range int(req.Repeat) {
		if err := out.Send(&echov1.EchoResponse{Text: req.Text, Payload: req.Payload, Count: int32(i)}); err != nil {
			return err
		}
	}
	_, err := e.answer(ctx, req, 0)
	return err
}

func (e echo) Bidi(ctx context.Context, d *curlew.Duplex[*echov1.EchoRequest, *echov1.EchoResponse]) error {
	e.begin(ctx)
	n := 0
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		n++
		res, err := e.answer(ctx, req, n)
		if err != nil {
			return err
		}
		if err := d.Send(res); err != nil {
			return err
		}
	}
	return nil
}

// serve starts a server, and returns its address.
func serve(t *testing.T, register func(*curlew.Server)) string {
	t.Helper()
	srv := curlew.NewServer(web.Enable(), curlew.WithCodecs(codec.Proto(), codec.JSON()))
	register(srv)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	return l.Addr().String()
}

func registerEcho(srv *curlew.Server) { echov1.RegisterEchoService(srv, echo{}) }

// An outcome is all that a client gets of a call.
type outcome struct {
	Messages        []string
	Header, Trailer string
	Code, Message   string
	Details         int
}

// text returns metadata of the names that the service sends.
func text(prefix string, values func(name string) []string) string {
	return fmt.Sprintf("%q %q", values(prefix+"x-send"), values(prefix+"x-send-bin"))
}
