package curlewtest_test

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// echo is a service of all four kinds. It changes messages that it has received or
// sent, which are its own.
type echo struct {
	unary func(context.Context, *echov1.EchoRequest) (*echov1.EchoResponse, error) // nil: an echo
}

func (e echo) register(s *curlew.Server) { echov1.RegisterEchoService(s, e) }

func failure(req *echov1.EchoRequest) error {
	if req.GetCode() == 0 {
		return nil
	}
	return curlew.Errorf(curlew.Code(req.GetCode()), "%s", req.GetMessage())
}

func (e echo) Unary(ctx context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	if e.unary != nil {
		return e.unary(ctx, req)
	}
	return &echov1.EchoResponse{Text: req.GetText()}, failure(req)
}

func (echo) ClientStream(ctx context.Context, reqs iter.Seq2[*echov1.EchoRequest, error]) (*echov1.EchoResponse, error) {
	var texts []string
	for req, err := range reqs {
		if err != nil {
			return nil, err
		}
		texts = append(texts, req.GetText())
		req.Text = "changed"
	}
	return &echov1.EchoResponse{Text: strings.Join(texts, "+")}, nil
}

func (echo) ServerStream(ctx context.Context, req *echov1.EchoRequest, out curlew.Sender[*echov1.EchoResponse]) error {
	if call := curlew.CallFrom(ctx); call != nil {
		call.ResponseHeader().Set("x-header", "h")
		call.Trailer().Set("x-trailer", "t")
	}
	var res echov1.EchoResponse
	for i := range req.GetRepeat() {
		res.Text = fmt.Sprint(req.GetText(), i)
		if err := out.Send(&res); err != nil {
			return err
		}
	}
	return failure(req)
}

func (echo) Bidi(ctx context.Context, d *curlew.Duplex[*echov1.EchoRequest, *echov1.EchoResponse]) error {
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		if err := d.Send(&echov1.EchoResponse{Text: "re: " + req.GetText()}); err != nil {
			return err
		}
	}
	return nil
}
