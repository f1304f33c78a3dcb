package stack

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"

	"connectrpc.com/connect"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/workpb"
)

// connectGo is connectrpc.com/connect over net/http, speaking gRPC. It has no
// balancing of its own: its client calls the servers in turn, as one would write it.
type connectGo struct{}

func (connectGo) Name() string { return "connect-go" }

// cleartext is HTTP/2 without TLS.
func cleartext() *http.Protocols {
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	return &p
}

func (connectGo) NewServer(h Handler, o ServerOptions) (Server, error) {
	switch {
	case o.MaxAge > 0:
		return nil, &Missing{"greatest age of connections"}
	case o.AdaptiveLimit:
		return nil, &Missing{"limit that adapts"}
	}
	w := connectWork{h}
	mux := http.NewServeMux()
	mux.Handle(service+"Do", connect.NewUnaryHandler(service+"Do", w.do))
	mux.Handle(service+"Look", connect.NewUnaryHandler(service+"Look", w.do, connect.WithIdempotency(connect.IdempotencyIdempotent)))
	mux.Handle(service+"Converse", connect.NewBidiStreamHandler(service+"Converse", w.converse))
	srv := &http.Server{Handler: mux, Protocols: cleartext()}
	if o.MaxStreams > 0 {
		srv.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: int(o.MaxStreams)}
	}
	return connectServer{srv}, nil
}

type connectServer struct{ srv *http.Server }

func (s connectServer) Serve(l net.Listener) error { return s.srv.Serve(l) }

func (s connectServer) Shutdown(ctx context.Context) {
	if s.srv.Shutdown(ctx) != nil {
		s.srv.Close()
	}
}

// connectWork is the WorkService.
type connectWork struct{ h Handler }

func (w connectWork) work(ctx context.Context, req *workpb.WorkRequest) (*workpb.WorkResponse, error) {
	server, code := w.h.Handle(ctx, req.GetId())
	if code != curlew.OK {
		return nil, connect.NewError(connect.Code(code), errors.New("as the test says"))
	}
	return &workpb.WorkResponse{Id: req.GetId(), Server: server}, nil
}

func (w connectWork) do(ctx context.Context, req *connect.Request[workpb.WorkRequest]) (*connect.Response[workpb.WorkResponse], error) {
	res, err := w.work(ctx, req.Msg)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(res), nil
}

func (w connectWork) converse(ctx context.Context, s *connect.BidiStream[workpb.WorkRequest, workpb.WorkResponse]) error {
	return answerAll(s.Receive, func(req *workpb.WorkRequest) error {
		res, err := w.work(ctx, req)
		if err != nil {
			return err
		}
		return s.Send(res)
	})
}

// answerAll answers what receive returns until it is over.
func answerAll(receive func() (*workpb.WorkRequest, error), answer func(*workpb.WorkRequest) error) error {
	for {
		req, err := receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := answer(req); err != nil {
			return err
		}
	}
}

func (connectGo) NewClient(t Target, o ClientOptions) (Client, error) {
	switch {
	case t.DNS != "":
		return nil, &Missing{"DNS but that of net/http"}
	case o.Balance == LatencyAware:
		return nil, &Missing{"balancing"}
	case o.Retries != nil, o.Idempotent:
		return nil, &Missing{"retry policy"}
	case o.Hedging != nil:
		return nil, &Missing{"hedging"}
	case o.Reconnect:
		return nil, &Missing{"connecting again without a call"}
	}
	transport := &http.Transport{Protocols: cleartext()}
	if o.Keepalive > 0 {
		transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: o.Keepalive, PingTimeout: o.KeepaliveAfter}
	}
	c := &connectClient{transport: transport}
	for _, addr := range t.Addrs {
		of := func(method string) *connect.Client[workpb.WorkRequest, workpb.WorkResponse] {
			return connect.NewClient[workpb.WorkRequest, workpb.WorkResponse](&http.Client{Transport: transport}, "http://"+addr+service+method, connect.WithGRPC())
		}
		c.servers = append(c.servers, connectMethods{of("Do"), of("Look"), of("Converse")})
	}
	return c, nil
}

type connectMethods struct {
	do, look, converse *connect.Client[workpb.WorkRequest, workpb.WorkResponse]
}

type connectClient struct {
	transport *http.Transport
	servers   []connectMethods
	turn      atomic.Uint64
}

func (c *connectClient) next() connectMethods {
	return c.servers[c.turn.Add(1)%uint64(len(c.servers))]
}

func (c *connectClient) Call(ctx context.Context, id uint64, idempotent bool) (uint32, curlew.Code, error) {
	s := c.next()
	method := s.do
	if idempotent {
		method = s.look
	}
	res, err := method.CallUnary(ctx, connect.NewRequest(&workpb.WorkRequest{Id: id}))
	if err != nil {
		return 0, c.Code(err), err
	}
	return res.Msg.GetServer(), curlew.OK, nil
}

func (c *connectClient) Converse(ctx context.Context) (Conversation, error) {
	return connectConversation{c.next().converse.CallBidiStream(ctx)}, nil
}

func (c *connectClient) Code(err error) curlew.Code {
	if err == nil {
		return curlew.OK
	}
	return curlew.Code(connect.CodeOf(err))
}

func (c *connectClient) Close() { c.transport.CloseIdleConnections() }

type connectConversation struct {
	s *connect.BidiStreamForClient[workpb.WorkRequest, workpb.WorkResponse]
}

func (c connectConversation) Send(id uint64) error { return c.s.Send(&workpb.WorkRequest{Id: id}) }

func (c connectConversation) Recv() (uint64, error) {
	res, err := c.s.Receive()
	if errors.Is(err, io.EOF) {
		c.s.CloseResponse()
		return 0, io.EOF
	}
	return res.GetId(), err
}

func (c connectConversation) CloseSend() error { return c.s.CloseRequest() }
