package http3_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

// eachProtocol runs test with a client that speaks it to h.
func eachProtocol(t *testing.T, h handler, test func(t *testing.T, c *curlew.Client), opts ...curlew.ServerOption) {
	for _, p := range protocols {
		t.Run(p.String(), func(t *testing.T) {
			curlewtest.NoLeaks(t)
			test(t, serve(t, h, opts...).client(t, p))
		})
	}
}

func TestKinds(t *testing.T) {
	eachProtocol(t, echo, func(t *testing.T, c *curlew.Client) {
		ctx := t.Context()
		if res, err := call(ctx, c, "in"); err != nil || res != "in" {
			t.Errorf("unary: %q, %v", res, err)
		}
		if res, err := call(ctx, c, ""); err != nil || res != "" {
			t.Errorf("unary, of an empty message: %q, %v", res, err)
		}
		var got []string
		for m, err := range curlew.CallServerStream(ctx, c.Caller(), list, wrapperspb.String("a,b,,c")) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, m.Value)
		}
		if !slices.Equal(got, []string{"a", "b", "", "c"}) {
			t.Errorf("server stream: %q", got)
		}
		res, err := curlew.CallClientStream(ctx, c.Caller(), gather,
			curlew.Values(wrapperspb.String("a"), wrapperspb.String("b"), wrapperspb.String("c")))
		if err != nil || res.Value != "a,b,c" {
			t.Errorf("client stream: %v, %v", res, err)
		}
		long := strings.Repeat("x", 100_000)
		if got, err := converse(ctx, c, "a", long, "", "b"); err != nil || !slices.Equal(got, []string{"a", long, "", "b"}) {
			t.Errorf("bidi: %d answers, %v", len(got), err)
		}
	})
}

func TestLargeMessages(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 5<<20/16)
	eachProtocol(t, echo, func(t *testing.T, c *curlew.Client) {
		limit := curlew.MaxReceiveBytes(6 << 20)
		if res, err := call(t.Context(), c, large, limit); err != nil || res != large {
			t.Errorf("%d bytes, %v", len(res), err)
		}
		if _, err := call(t.Context(), c, large); curlew.CodeOf(err) != curlew.ResourceExhausted {
			t.Errorf("beyond the limit: %v", err)
		}
		if res, err := call(t.Context(), c, "small"); err != nil || res != "small" {
			t.Errorf("after it: %q, %v", res, err)
		}
	}, curlew.WithMaxReceiveBytes(6<<20))
}

func TestMetadata(t *testing.T) {
	h := func(ctx context.Context, in *str) (*str, error) {
		c := curlew.CallFrom(ctx)
		for name, value := range c.RequestHeader().All() {
			if strings.HasPrefix(name, "x-") {
				c.ResponseHeader().Add(name, value)
				c.Trailer().Add("t-"+name, value)
			}
		}
		return in, nil
	}
	eachProtocol(t, h, func(t *testing.T, c *curlew.Client) {
		var header, trailer curlew.Header
		var peer curlew.Peer
		_, err := call(t.Context(), c, "in", curlew.AddHeader("x-a", "1", "2"), curlew.SetHeader("x-b-bin", "\x00\xff"),
			curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer), curlew.CapturePeer(&peer))
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Collect(header.Values("x-a")); !slices.Equal(got, []string{"1", "2"}) || header.Get("x-b-bin") != "\x00\xff" {
			t.Errorf("header %v", header)
		}
		if got := slices.Collect(trailer.Values("t-x-a")); !slices.Equal(got, []string{"1", "2"}) || trailer.Get("t-x-b-bin") != "\x00\xff" {
			t.Errorf("trailer %v", trailer)
		}
		if trailer.Has("grpc-status") || header.Has("alt-svc") {
			t.Errorf("header %v, trailer %v", header, trailer)
		}
		if peer.Addr == nil || peer.Addr.Network() != "udp" || peer.TLS == nil || peer.TLS.NegotiatedProtocol != "h3" {
			t.Errorf("the peer is %+v", peer)
		}
	})
}

func TestErrors(t *testing.T) {
	h := func(_ context.Context, in *str) (*str, error) {
		if in.Value == "fine" {
			return in, nil
		}
		return nil, curlew.Errorf(curlew.Aborted, "because: %s ü", in.Value).With(&durationpb.Duration{Seconds: 3})
	}
	check := func(t *testing.T, err error) {
		t.Helper()
		e, ok := err.(*curlew.Error)
		if !ok || e.Code() != curlew.Aborted || e.Message() != "because: x ü" || !e.Remote() {
			t.Errorf("%v", err)
		}
		details := slices.Collect(curlew.Details[*durationpb.Duration](err))
		if len(details) != 1 || details[0].Seconds != 3 {
			t.Errorf("details %v", details)
		}
	}
	eachProtocol(t, h, func(t *testing.T, c *curlew.Client) {
		_, err := call(t.Context(), c, "x")
		check(t, err)
		n := 0
		for _, err = range curlew.CallServerStream(t.Context(), c.Caller(), list, wrapperspb.String("fine,x,fine")) {
			n++
		}
		if check(t, err); n != 2 {
			t.Errorf("%d results of the stream", n)
		}
		got, err := converse(t.Context(), c, "fine", "x")
		if check(t, err); len(got) != 1 {
			t.Errorf("%q before the error", got)
		}
	})
}

func TestUnknownMethod(t *testing.T) {
	eachProtocol(t, echo, func(t *testing.T, c *curlew.Client) {
		m := methodOf("Nothing", curlew.KindUnary)
		if _, err := curlew.CallUnary(t.Context(), c.Caller(), m, wrapperspb.String("in")); curlew.CodeOf(err) != curlew.Unimplemented {
			t.Errorf("%v", err)
		}
	})
}

// gRPC is there without package web, and so is Connect.
func TestWithoutWeb(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, p := range []web.Protocol{web.GRPC, web.Connect} {
		s := serveBare(t)
		if res, err := call(t.Context(), s.client(t, p), "in"); err != nil || res != "in" {
			t.Errorf("%v: %q, %v", p, res, err)
		}
	}
}
