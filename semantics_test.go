package curlew_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
)

// serveUnary serves only the unary method, with f.
func serveUnary(t testing.TB, f func(context.Context, *str) (*str, error), opts ...curlew.ServerOption) *curlew.Client {
	t.Helper()
	return dialTest(t, serveMethods(t, opts, curlew.HandleUnary(unary, f)))
}

func serveMethods(t testing.TB, opts []curlew.ServerOption, methods ...curlew.MethodHandler) string {
	t.Helper()
	return serveServices(t, opts, curlew.Service{Name: "t.S", Methods: methods})
}

func callUnary(t testing.TB, c *curlew.Client, in string, opts ...curlew.CallOption) (*str, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return curlew.CallUnary(ctx, c.Caller().With(opts...), unary, wrapperspb.String(in))
}

func TestErrorsCrossTheWire(t *testing.T) {
	secret := errors.New("password is hunter2")
	c := serveUnary(t, func(_ context.Context, in *str) (*str, error) {
		switch in.Value {
		case "typed":
			return nil, curlew.Errorf(curlew.FailedPrecondition, "100%% não\n").With(durationpb.New(3 * time.Second)).Because(secret)
		case "plain":
			return nil, secret
		case "code":
			return nil, curlew.Aborted
		case "wrapped":
			return nil, errors.Join(secret, curlew.Errorf(curlew.NotFound, "gone"))
		case "panic":
			panic(secret)
		case "context":
			return nil, context.DeadlineExceeded
		}
		return nil, nil
	})
	for in, want := range map[string]curlew.Code{
		"typed": curlew.FailedPrecondition, "plain": curlew.Unknown, "code": curlew.Aborted, "wrapped": curlew.NotFound,
		"panic": curlew.Internal, "context": curlew.DeadlineExceeded,
	} {
		_, err := callUnary(t, c, in)
		if curlew.CodeOf(err) != want || !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", in, err, want)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the cause was sent: %v", in, err)
		}
	}
	_, err := callUnary(t, c, "typed")
	var e *curlew.Error
	if !errors.As(err, &e) || e.Message() != "100% não\n" || !e.Remote() {
		t.Errorf("%#v", err)
	}
	details := slices.Collect(curlew.Details[*durationpb.Duration](err))
	if len(details) != 1 || details[0].AsDuration() != 3*time.Second {
		t.Errorf("details %v", details)
	}
	if n := len(slices.Collect(curlew.Details[*wrapperspb.BoolValue](err))); n != 0 {
		t.Errorf("%d details of a type that was not sent", n)
	}
	if _, err := callUnary(t, c, "panic"); err == nil {
		t.Error("the server did not live on after a panic")
	}
}

func TestMetadataBothWays(t *testing.T) {
	c := serveUnary(t, func(ctx context.Context, in *str) (*str, error) {
		call := curlew.CallFrom(ctx)
		for name, value := range call.RequestHeader().All() {
			if strings.HasPrefix(name, "x-") {
				call.ResponseHeader().Add(name, value)
				call.Trailer().Add("t-"+name, value)
			}
		}
		call.Trailer().Set("raw-bin", "\x00\xff")
		return in, nil
	})
	var header, trailer curlew.Header
	_, err := callUnary(t, c, "", curlew.SetHeader("X-One", "1"), curlew.AddHeader("x-one", " two ", "3"),
		curlew.SetHeader("x-b-bin", "\x00\x01", ""), curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer))
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(header.Values("x-one")); !slices.Equal(got, []string{"1", "two", "3"}) {
		t.Errorf("x-one: %q", got)
	}
	if got := slices.Collect(header.Values("x-b-bin")); !slices.Equal(got, []string{"\x00\x01", ""}) {
		t.Errorf("x-b-bin: %q", got)
	}
	if trailer.Get("t-x-one") != "1" || trailer.Get("raw-bin") != "\x00\xff" || trailer.Has("grpc-status") {
		t.Errorf("trailer %v", trailer)
	}
	for _, bad := range []curlew.CallOption{
		curlew.SetHeader("x-evil", "a\r\nb: c"), curlew.SetHeader("grpc-status", "0"), curlew.SetHeader(":path", "/"),
		curlew.SetHeader("bad name", "x"), curlew.SetHeader("content-type", "text/html"), curlew.SetHeader("x-ü", "x"),
	} {
		if _, err := callUnary(t, c, "", bad); !errors.Is(err, curlew.Internal) {
			t.Errorf("a bad field was sent: %v", err)
		}
	}
}

func TestBadResponseMetadataIsAnError(t *testing.T) {
	c := serveUnary(t, func(ctx context.Context, in *str) (*str, error) {
		curlew.CallFrom(ctx).Trailer().Set("x-t", in.Value)
		return in, nil
	})
	if _, err := callUnary(t, c, "a\nb"); !errors.Is(err, curlew.Internal) {
		t.Errorf("%v", err)
	}
	if _, err := callUnary(t, c, "fine"); err != nil {
		t.Errorf("the connection did not survive: %v", err)
	}
}

// A deadline crosses two hops, and its end cancels both.
func TestDeadlineThroughTwoHops(t *testing.T) {
	ended := make(chan error, 2)
	var left time.Duration
	back := serveUnary(t, func(ctx context.Context, in *str) (*str, error) {
		d, _ := ctx.Deadline()
		left = time.Until(d)
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	})
	front := serveUnary(t, func(ctx context.Context, in *str) (*str, error) {
		res, err := curlew.CallUnary(ctx, back.Caller(), unary, in)
		ended <- err
		return res, err
	})
	start := time.Now()
	_, err := callUnary(t, front, "x", curlew.Timeout(150*time.Millisecond))
	if !errors.Is(err, curlew.DeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if took := time.Since(start); took < 140*time.Millisecond || took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			t.Errorf("a hop ended with %v", err)
		}
	}
	if left <= 0 || left > 150*time.Millisecond {
		t.Errorf("the second hop had %v left", left)
	}
}

func TestCancellationReachesTheHandler(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	c := serveUnary(t, func(ctx context.Context, in *str) (*str, error) {
		close(started)
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		<-child.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	f := curlew.Go(ctx, func(ctx context.Context, in *str) (*str, error) {
		return curlew.CallUnary(ctx, c.Caller(), unary, in)
	}, wrapperspb.String("x"))
	<-started
	cancel()
	if _, err := f.Wait(t.Context()); !errors.Is(err, context.Canceled) || !errors.Is(err, curlew.Canceled) {
		t.Errorf("the caller got %v", err)
	}
	if err := <-ended; err != context.Canceled {
		t.Errorf("the handler got %v", err)
	}
}

// What a caller has given up does not reach the server any more, nor does it
// look complete there.
func TestCancelledCallsAreNotSent(t *testing.T) {
	var calls atomic.Int64
	addr := serveMethods(t, nil,
		curlew.HandleUnary(unary, func(_ context.Context, in *str) (*str, error) { calls.Add(1); return in, nil }),
		curlew.HandleClientStream(gather, func(_ context.Context, in iter.Seq2[*str, error]) (*str, error) {
			for _, err := range in {
				if err != nil {
					return nil, err
				}
			}
			calls.Add(1)
			return newStr(), nil
		}))
	c := dialTest(t, addr)
	if err := c.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	upload := func(yield func(*str, error) bool) {
		if yield(wrapperspb.String("x"), nil) {
			cancel()
		}
	}
	if _, err := curlew.CallClientStream(ctx, c.Caller(), gather, upload); !errors.Is(err, context.Canceled) {
		t.Errorf("an upload that was cut: %v", err)
	}
	if _, err := curlew.CallUnary(ctx, c.Caller(), unary, newStr()); !errors.Is(err, context.Canceled) {
		t.Errorf("a call under a cancelled context: %v", err)
	}
	if _, err := callUnary(t, c, "the end"); err != nil || calls.Load() != 1 {
		t.Errorf("%v; %d calls reached a handler", err, calls.Load())
	}
}

func TestLeavingTheLoopCancels(t *testing.T) {
	ended := make(chan error, 1)
	addr := serveMethods(t, nil, curlew.HandleServerStream(list, func(ctx context.Context, in *str, out curlew.Sender[*str]) error {
		for {
			if err := out.Send(in); err != nil {
				ended <- err
				return err
			}
		}
	}))
	n := 0
	for _, err := range curlew.CallServerStream(t.Context(), dialTest(t, addr).Caller(), list, wrapperspb.String("x")) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 10 {
			break
		}
	}
	if err := <-ended; !errors.Is(err, curlew.Canceled) {
		t.Errorf("the handler got %v", err)
	}
}

func TestEarlyAnswerOfAClientStream(t *testing.T) {
	addr := serveMethods(t, nil, curlew.HandleClientStream(gather, func(ctx context.Context, in iter.Seq2[*str, error]) (*str, error) {
		for m, err := range in {
			if err != nil {
				return nil, err
			}
			if m.Value == "fail" {
				return nil, curlew.Errorf(curlew.OutOfRange, "enough")
			}
			return wrapperspb.String("got " + m.Value), nil
		}
		return nil, curlew.InvalidArgument
	}))
	c := dialTest(t, addr).Caller()
	endless := func(first string) iter.Seq2[*str, error] {
		return func(yield func(*str, error) bool) {
			for yield(wrapperspb.String(first), nil) {
			}
		}
	}
	if res, err := curlew.CallClientStream(t.Context(), c, gather, endless("x")); err != nil || res.Value != "got x" {
		t.Errorf("%v, %v", res, err)
	}
	if _, err := curlew.CallClientStream(t.Context(), c, gather, endless("fail")); !errors.Is(err, curlew.OutOfRange) {
		t.Errorf("%v", err)
	}
	if _, err := curlew.CallClientStream(t.Context(), c, gather, curlew.Values[*str]()); !errors.Is(err, curlew.InvalidArgument) {
		t.Errorf("no messages: %v", err)
	}
	mine := errors.New("mine")
	_, err := curlew.CallClientStream(t.Context(), c, gather, func(yield func(*str, error) bool) { yield(nil, mine) })
	if err != mine {
		t.Errorf("an error of the input: %v", err)
	}
}

func TestMessageLimits(t *testing.T) {
	c := serveUnary(t, func(_ context.Context, in *str) (*str, error) {
		return wrapperspb.String(strings.Repeat("x", 3000)), nil
	}, curlew.WithMaxReceiveBytes(2000))
	if _, err := callUnary(t, c, strings.Repeat("x", 1990)); err != nil {
		t.Errorf("within the limit: %v", err)
	}
	for what, opts := range map[string][]curlew.CallOption{
		"request":            {},
		"compressed request": {curlew.Compression("gzip")},
	} {
		if _, err := callUnary(t, c, strings.Repeat("x", 5000), opts...); !errors.Is(err, curlew.ResourceExhausted) {
			t.Errorf("%s over the limit: %v", what, err)
		}
	}
	// The answer comes while most of the request is still to be sent.
	if _, err := callUnary(t, c, strings.Repeat("x", 8<<20)); !errors.Is(err, curlew.ResourceExhausted) {
		t.Errorf("request far over the limit: %v", err)
	}
	if _, err := callUnary(t, c, "", curlew.MaxReceiveBytes(2999)); !errors.Is(err, curlew.ResourceExhausted) {
		t.Errorf("response over the limit: %v", err)
	}
	if _, err := callUnary(t, c, "12345678", curlew.MaxSendBytes(9)); !errors.Is(err, curlew.ResourceExhausted) {
		t.Errorf("request over the client's limit: %v", err)
	}
	if _, err := callUnary(t, c, "", curlew.MaxReceiveBytes(0)); !errors.Is(err, curlew.Internal) {
		t.Errorf("a limit of zero: %v", err)
	}
}

func TestHugeAndEmptyMessages(t *testing.T) {
	c := serveUnary(t, func(_ context.Context, in *str) (*str, error) { return in, nil }, curlew.WithMaxReceiveBytes(64<<20))
	for _, n := range []int{0, 1, 16379, 16384, 131072, 1 << 20, 24 << 20} {
		for _, z := range []string{"identity", "gzip"} {
			res, err := callUnary(t, c, strings.Repeat("x", n), curlew.MaxReceiveBytes(64<<20), curlew.Compression(z))
			if err != nil || len(res.Value) != n {
				t.Errorf("%d bytes, %s: %d, %v", n, z, len(res.GetValue()), err)
			}
		}
	}
}

func TestJSONCodec(t *testing.T) {
	c := serveUnary(t, func(_ context.Context, in *str) (*str, error) { return in, nil })
	if res, err := callUnary(t, c, "ü", curlew.Codec("json")); err != nil || res.Value != "ü" {
		t.Errorf("%v, %v", res, err)
	}
	if _, err := callUnary(t, c, "", curlew.Codec("xml")); !errors.Is(err, curlew.Internal) || !strings.Contains(err.Error(), "xml") {
		t.Errorf("%v", err)
	}
}

func TestUnknownMethodAndService(t *testing.T) {
	addr := serve(t)
	for _, path := range []string{"/t.S/Nope", "/t.Other/Unary", "/t.S/unary"} {
		m := &curlew.MethodOf[*str, *str]{Method: curlew.Method{Path: path}, NewRequest: newStr, NewResponse: newStr}
		_, err := curlew.CallUnary(t.Context(), dialTest(t, addr).Caller(), m, wrapperspb.String("x"))
		if !errors.Is(err, curlew.Unimplemented) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// An interceptor sees the messages of every kind, and may change them.
func TestInterceptorsSeeMessages(t *testing.T) {
	var log []string
	var mu sync.Mutex
	see := func(side string) curlew.Interceptor {
		return func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
			call.Stream = &upper{call.Stream, side == "server"}
			err := next(ctx, call)
			mu.Lock()
			defer mu.Unlock()
			log = append(log, side+" "+call.Method().Path+" "+curlew.CodeOf(err).String())
			return err
		}
	}
	addr := serve(t, curlew.WithInterceptors(see("server")))
	c := dialTest(t, addr, curlew.WithInterceptors(see("client"))).Caller()
	if res, err := curlew.CallUnary(t.Context(), c, unary, wrapperspb.String("x")); err != nil || res.Value != "echo X" {
		t.Errorf("%v, %v", res, err)
	}
	b, err := curlew.CallBidi(t.Context(), c, chat)
	if err != nil {
		t.Fatal(err)
	}
	b.Send(wrapperspb.String("y"))
	if m, err := b.Recv(); err != nil || m.Value != "re: Y" {
		t.Errorf("%v, %v", m, err)
	}
	b.CloseSend()
	if _, err := b.Recv(); err != io.EOF {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	await(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(log) == 4 })
	slices.Sort(log)
	want := []string{"client /t.S/Chat OK", "client /t.S/Unary OK", "server /t.S/Chat OK", "server /t.S/Unary OK"}
	if !slices.Equal(log, want) {
		t.Errorf("%q", log)
	}
}

// upper makes what a server receives upper case.
type upper struct {
	curlew.Stream
	on bool
}

func (u *upper) Recv(msg any) error {
	err := u.Stream.Recv(msg)
	if s, ok := msg.(*str); ok && u.on {
		s.Value = strings.ToUpper(s.Value)
	}
	return err
}

// Sender and receiver of a call do not wait for each other, however much is
// under way in either direction.
func TestSendingBesideReceiving(t *testing.T) {
	const n, size = 200, 16 << 10
	addr := serveMethods(t, nil, curlew.HandleBidi(chat, func(ctx context.Context, d *curlew.Duplex[*str, *str]) error {
		for range n { // all of the answers before it looks at the first request
			if err := d.Send(wrapperspb.String(strings.Repeat("s", size))); err != nil {
				return err
			}
		}
		for _, err := range d.All() {
			if err != nil {
				return err
			}
		}
		return nil
	}))
	c := dialTest(t, addr)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := c.Caller().Stream(ctx, &chat.Method, func(_ context.Context, s curlew.Stream) error {
		sent := make(chan error, 1)
		go func() {
			for range n {
				if err := s.Send(wrapperspb.String(strings.Repeat("c", size))); err != nil {
					sent <- err
					return
				}
			}
			sent <- s.CloseSend()
		}()
		got := 0
		for {
			if err := s.Recv(newStr()); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
			got++
		}
		if err := <-sent; err != nil || got != n {
			t.Errorf("received %d, sent: %v", got, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Both sides may switch compression from message to message.
func TestCompressionPerMessage(t *testing.T) {
	addr := serveMethods(t, nil, curlew.HandleBidi(chat, func(ctx context.Context, d *curlew.Duplex[*str, *str]) error {
		for m, err := range d.All() {
			if err != nil {
				return err
			}
			if err := curlew.CallFrom(ctx).SetCompression(m.Value); err != nil {
				return err
			}
			if err := d.Send(m); err != nil {
				return err
			}
		}
		return nil
	}))
	var call *curlew.Call
	c := dialTest(t, addr, curlew.WithInterceptors(func(ctx context.Context, cl *curlew.Call, next curlew.Handler) error {
		call = cl
		if err := cl.SetCompression("zip"); err == nil {
			t.Error("an unknown compressor was accepted")
		}
		if err := cl.SetCompression("gzip"); err != nil {
			t.Error(err)
		}
		return next(ctx, cl)
	}))
	b, err := curlew.CallBidi(t.Context(), c.Caller(), chat)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gzip", "identity", "gzip", "identity"} {
		if err := call.SetCompression(name); err != nil {
			t.Error(err)
		}
		if err := b.Send(wrapperspb.String(name)); err != nil {
			t.Fatal(err)
		}
		if m, err := b.Recv(); err != nil || m.Value != name {
			t.Fatal(m, err)
		}
	}
	b.CloseSend()
	if _, err := b.Recv(); err != io.EOF {
		t.Error(err)
	}
}
