package stack

import (
	"context"
	"net"
	"strings"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/workpb"
	"github.com/curlew-rpc/curlew/interop/internal/workpb/workpbcurlew"
)

// curlewStack is ours.
type curlewStack struct{}

func (curlewStack) Name() string { return "curlew" }

func (curlewStack) NewServer(h Handler, o ServerOptions) (Server, error) {
	srv := curlew.NewServer(curlewServerOptions(o)...)
	workpbcurlew.RegisterWorkService(srv, curlewWork{h})
	return curlewServer{srv}, nil
}

type curlewServer struct{ srv *curlew.Server }

func (s curlewServer) Serve(l net.Listener) error { return s.srv.Serve(l) }

func (s curlewServer) Shutdown(ctx context.Context) {
	if s.srv.Shutdown(ctx) != nil {
		s.srv.Close()
	}
}

// curlewWork is the WorkService.
type curlewWork struct{ h Handler }

func (w curlewWork) Do(ctx context.Context, req *workpb.WorkRequest) (*workpb.WorkResponse, error) {
	server, code := w.h.Handle(ctx, req.GetId())
	if code != curlew.OK {
		return nil, curlew.Errorf(code, "as the test says")
	}
	return &workpb.WorkResponse{Id: req.GetId(), Server: server}, nil
}

func (w curlewWork) Look(ctx context.Context, req *workpb.WorkRequest) (*workpb.WorkResponse, error) {
	return w.Do(ctx, req)
}

func (w curlewWork) Converse(ctx context.Context, d *curlew.Duplex[*workpb.WorkRequest, *workpb.WorkResponse]) error {
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		res, err := w.Do(ctx, req)
		if err != nil {
			return err
		}
		if err := d.Send(res); err != nil {
			return err
		}
	}
	return nil
}

func (curlewStack) NewClient(t Target, o ClientOptions) (Client, error) {
	target := "static:///" + strings.Join(t.Addrs, ",")
	if t.DNS != "" {
		target = "dns://" + t.DNS + "/" + t.Name
	}
	conn, err := curlew.NewClient(target, curlewClientOptions(o)...)
	if err != nil {
		return nil, err
	}
	return &curlewClient{conn, workpbcurlew.NewWorkServiceClient(conn)}, nil
}

type curlewClient struct {
	conn *curlew.Client
	work workpbcurlew.WorkServiceClient
}

func (c *curlewClient) Call(ctx context.Context, id uint64, idempotent bool) (uint32, curlew.Code, error) {
	method := c.work.Do
	if idempotent {
		method = c.work.Look
	}
	res, err := method(ctx, &workpb.WorkRequest{Id: id})
	return res.GetServer(), curlew.CodeOf(err), err
}

func (c *curlewClient) Converse(ctx context.Context) (Conversation, error) {
	call, err := c.work.Converse(ctx)
	if err != nil {
		return nil, err
	}
	return curlewConversation{call}, nil
}

func (c *curlewClient) Code(err error) curlew.Code { return curlew.CodeOf(err) }
func (c *curlewClient) Close()                     { c.conn.Close() }

type curlewConversation struct {
	*curlew.BidiCall[*workpb.WorkRequest, *workpb.WorkResponse]
}

func (c curlewConversation) Send(id uint64) error {
	return c.BidiCall.Send(&workpb.WorkRequest{Id: id})
}

func (c curlewConversation) Recv() (uint64, error) {
	res, err := c.BidiCall.Recv()
	return res.GetId(), err
}
