package curlewtest_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// texts returns the texts of messages.
func texts(msgs []any) string {
	var all []string
	for _, m := range msgs {
		all = append(all, m.(interface{ GetText() string }).GetText())
	}
	return strings.Join(all, " ")
}

func TestRecorder(t *testing.T) {
	var atClient, atServer curlewtest.Recorder
	s := curlewtest.NewServer(t, echo{}.register,
		curlewtest.WithClient(curlew.WithInterceptors(atClient.Intercept)), curlewtest.WithServer(curlew.WithInterceptors(atServer.Intercept)))
	client := echov1.NewEchoServiceClient(s.Client).With(curlew.SetHeader("x-request", "r"))

	type expected struct {
		method          string
		kind            curlew.Kind
		requests        string
		responses       string
		code            curlew.Code
		header, trailer string
	}
	for _, test := range []struct {
		call func(ctx context.Context) error
		want expected
	}{
		{func(ctx context.Context) error {
			_, err := client.Unary(ctx, &echov1.EchoRequest{Text: "a"})
			return err
		}, expected{method: "Unary", kind: curlew.KindUnary, requests: "a", responses: "a"}},
		{func(ctx context.Context) error {
			_, err := client.Unary(ctx, &echov1.EchoRequest{Text: "a", Code: int32(curlew.Aborted)})
			return err
		}, expected{method: "Unary", kind: curlew.KindUnary, requests: "a", code: curlew.Aborted}},
		{func(ctx context.Context) error {
			req := &echov1.EchoRequest{}
			_, err := client.ClientStream(ctx, func(yield func(*echov1.EchoRequest, error) bool) {
				for _, req.Text = range []string{"a", "b"} {
					if !yield(req, nil) {
						return
					}
				}
			})
			return err
		}, expected{method: "ClientStream", kind: curlew.KindClientStream, requests: "a b", responses: "a+b"}},
		{func(ctx context.Context) (last error) {
			for _, last = range client.ServerStream(ctx, &echov1.EchoRequest{Text: "a", Repeat: 3, Code: int32(curlew.DataLoss)}) {
			}
			return last
		}, expected{method: "ServerStream", kind: curlew.KindServerStream, requests: "a", responses: "a0 a1 a2", code: curlew.DataLoss, header: "h", trailer: "t"}},
		{func(ctx context.Context) error {
			chat, err := client.Bidi(ctx)
			if err != nil {
				return err
			}
			for _, text := range []string{"a", "b"} {
				if err := chat.Send(&echov1.EchoRequest{Text: text}); err != nil {
					return err
				}
				if _, err := chat.Recv(); err != nil {
					return err
				}
			}
			chat.CloseSend()
			if _, err := chat.Recv(); err != io.EOF {
				return err
			}
			return chat.Close()
		}, expected{method: "Bidi", kind: curlew.KindBidi, requests: "a b", responses: "re: a re: b"}},
	} {
		done := len(atClient.Calls())
		if err := test.call(t.Context()); curlew.CodeOf(err) != test.want.code {
			t.Fatalf("%s fails with %v", test.want.method, err)
		}
		for rec, server := range map[*curlewtest.Recorder]bool{&atClient: false, &atServer: true} {
			calls := rec.Wait(t, done+1)
			if len(calls) != done+1 {
				t.Fatalf("%d calls are recorded, want %d", len(calls), done+1)
			}
			got := calls[done]
			requests, responses := got.Sent, got.Received
			if server {
				requests, responses = responses, requests
			}
			if h := got.RequestHeader.Get("x-request"); h != "r" || got.Server != server || !got.Ended {
				t.Errorf("%s: request header %q, server %v, ended %v", got.Method, h, got.Server, got.Ended)
			}
			is := expected{
				method:    strings.TrimPrefix(got.Method, "/curlew.test.echo.v1.EchoService/"),
				kind:      got.Kind,
				requests:  texts(requests),
				responses: texts(responses),
				code:      got.Code(),
				header:    got.ResponseHeader.Get("x-header"),
				trailer:   got.Trailer.Get("x-trailer"),
			}
			if is != test.want {
				t.Errorf("at the server %v: recorded %+v, want %+v", server, is, test.want)
			}
		}
	}
}

func TestRecorderBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec curlewtest.Recorder
		s := curlewtest.NewServer(t, echo{}.register,
			curlewtest.WithServer(curlew.WithInterceptors(rec.Intercept)))
		chat, err := echov1.NewEchoServiceClient(s.Client).Bidi(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		chat.Send(&echov1.EchoRequest{Text: "a"})
		synctest.Wait()
		calls := rec.Calls()
		if len(calls) != 1 || calls[0].Ended || calls[0].Err != nil || texts(calls[0].Received) != "a" || texts(calls[0].Sent) != "re: a" {
			t.Errorf("recorded %+v", calls)
		}
		begin := time.Now()
		wantFailure(t, probed(t, func(t testing.TB) { rec.Wait(t, 1) }), "0 calls have ended after 10s, not 1")
		if time.Since(begin) != 10*time.Second {
			t.Errorf("waited %v", time.Since(begin))
		}
		time.AfterFunc(time.Second, func() { chat.Close() })
		if calls = rec.Wait(t, 1); !calls[0].Ended || calls[0].Code() != curlew.Canceled {
			t.Errorf("recorded %+v", calls[0])
		}
	})
}

func TestRecorderOfPanics(t *testing.T) {
	var rec curlewtest.Recorder
	s := curlewtest.NewServer(t, echo{unary: func(context.Context, *echov1.EchoRequest) (*echov1.EchoResponse, error) {
		panic("oh")
	}}.register, curlewtest.WithServer(curlew.WithInterceptors(rec.Intercept)))
	_, err := echov1.NewEchoServiceClient(s.Client).Unary(t.Context(), new(echov1.EchoRequest))
	if got := rec.Wait(t, 1)[0]; got.Code() != curlew.Internal || curlew.CodeOf(err) != curlew.Internal {
		t.Errorf("recorded %v, the client has %v", got.Err, err)
	}
}

// Messages of codecs other than protobuf's are recorded too.
func TestRecorderOfOtherMessages(t *testing.T) {
	type raw = []byte
	bytesMethod := &curlew.MethodOf[*raw, *raw]{
		Method:     curlew.Method{Path: "/t.T/Bytes"},
		NewRequest: func() *raw { return new(raw) }, NewResponse: func() *raw { return new(raw) },
	}
	var rec curlewtest.Recorder
	s := curlewtest.NewServer(t, func(s *curlew.Server) {
		s.Register(curlew.Service{Name: "t.T", Methods: []curlew.MethodHandler{
			curlew.HandleUnary(bytesMethod, func(_ context.Context, b *raw) (*raw, error) {
				answer := raw("answer")
				copy(*b, "X")
				return &answer, nil
			}),
		}})
	}, curlewtest.WithServer(curlew.WithCodecs(codec.Raw("bytes")), curlew.WithInterceptors(rec.Intercept)),
		curlewtest.WithClient(curlew.WithCodecs(codec.Raw("bytes"))))
	question := raw("question")
	res, err := curlew.CallUnary(t.Context(), s.Client.Caller(), bytesMethod, &question)
	if err != nil || string(*res) != "answer" {
		t.Fatal(res, err)
	}
	got := rec.Wait(t, 1)[0]
	if len(got.Received) != 1 || string(*got.Received[0].(*raw)) != "question" || len(got.Sent) != 1 || string(*got.Sent[0].(*raw)) != "answer" {
		t.Errorf("received %s, sent %s", got.Received, got.Sent)
	}
}
