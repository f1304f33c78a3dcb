package malformed

import (
	"context"
	"iter"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// echo is the service under attack. Its answer to a unary call shows the metadata
// that the handler sees.
type echo struct{}

func (echo) Unary(ctx context.Context, req *echov1.EchoRequest) (*echov1.EchoResponse, error) {
	res := &echov1.EchoResponse{Text: req.GetText(), Header: map[string]string{}}
	for name, value := range curlew.CallFrom(ctx).RequestHeader().All() {
		if former, ok := res.Header[name]; ok {
			value = former + "|" + value
		}
		res.Header[name] = value
	}
	for name, value := range res.Header {
		res.Header[name] = quote(value)
	}
	return res, nil
}

func (echo) ServerStream(_ context.Context, req *echov1.EchoRequest, out curlew.Sender[*echov1.EchoResponse]) error {
	for i := range req.GetRepeat() {
		if err := out.Send(&echov1.EchoResponse{Text: req.GetText(), Count: i + 1}); err != nil {
			return err
		}
	}
	return nil
}

func (echo) ClientStream(_ context.Context, reqs iter.Seq2[*echov1.EchoRequest, error]) (*echov1.EchoResponse, error) {
	n := int32(0)
	for _, err := range reqs {
		if err != nil {
			return nil, err
		}
		n++
	}
	return &echov1.EchoResponse{Count: n}, nil
}

func (echo) Bidi(_ context.Context, d *curlew.Duplex[*echov1.EchoRequest, *echov1.EchoResponse]) error {
	for req, err := range d.All() {
		if err != nil {
			return err
		}
		if err := d.Send(&echov1.EchoResponse{Text: req.GetText()}); err != nil {
			return err
		}
	}
	return nil
}
