package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
	"github.com/curlew-rpc/curlew/web/internal/librarypb"
)

// Each is a call of Echo by another protocol.
var protocols = []struct {
	name, method, path, body string
	header                   []string
}{
	{"Connect", "POST", library + "Echo", `{"text":"abc"}`, []string{"content-type", jsonType}},
	{"gRPC-Web", "POST", library + "Echo", "\x00\x00\x00\x00\x05\x0a\x03abc", []string{"content-type", "application/grpc-web"}},
	{"gRPC-Web in base64", "POST", library + "Echo", "AAAAAAUKA2FiYw==", []string{"content-type", "application/grpc-web-text"}},
	{"REST", "POST", "/v1/echo", `{"text":"abc"}`, []string{"content-type", jsonType}},
	{"REST by GET", "GET", "/v1/echo?text=abc", "", nil},
}

// codeOf returns the code that a response says, in whatever way; OK if it says none.
func codeOf(t testing.TB, r *reply) curlew.Code {
	t.Helper()
	for code := curlew.OK; code <= curlew.Unauthenticated; code++ {
		name := strings.ToLower(strings.ReplaceAll(code.String(), "_", ""))
		for _, as := range []string{fmt.Sprintf(`"code":%d,`, code), `"code":"` + name} {
			if strings.Contains(strings.ReplaceAll(strings.ToLower(r.body), "_", ""), as) {
				return code
			}
		}
		if r.header("grpc-status") == fmt.Sprint(int(code)) {
			return code
		}
	}
	if r.StatusCode != 200 {
		t.Errorf("status %d, header %v, body %q", r.StatusCode, r.Header, r.body)
	}
	return curlew.OK
}

// Interceptors, limits and timeouts hold for calls by every protocol.
func TestCallsAreCalls(t *testing.T) {
	curlewtest.NoLeaks(t)
	var refuse, slow, shout bool
	intercept := func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		deadline, ok := ctx.Deadline()
		switch {
		case call.Method().Path != library+"Echo":
			t.Errorf("the method is %s", call.Method().Path)
		case !ok || time.Until(deadline) > time.Hour:
			t.Errorf("the deadline is %v", deadline)
		case call.Peer().Addr == nil || call.Peer().Authority != "in-process":
			t.Errorf("the peer is %+v", call.Peer())
		case refuse:
			return curlew.Errorf(curlew.PermissionDenied, "no")
		case slow:
			<-ctx.Done()
			return ctx.Err()
		case shout:
			call.ResponseHeader().Set("x-first", "1")
			if err := call.SendHeader(); err != nil {
				t.Error(err)
			}
			call.Trailer().Set("x-last", "2")
			if err := call.SetCompression("gzip"); err != nil && !errors.Is(err, curlew.FailedPrecondition) {
				t.Error(err)
			}
		}
		return next(ctx, call)
	}
	h := newHost(t, nil, curlew.WithInterceptors(intercept), curlew.WithMaxTimeout(time.Hour))
	over(t, func(t *testing.T, version int) {
		for _, p := range protocols {
			do := func(header ...string) *reply {
				return h.do(version, p.method, p.path, p.body, append(header, p.header...)...)
			}
			if code := codeOf(t, do()); code != curlew.OK {
				t.Errorf("%s: %v", p.name, code)
			}
			refuse = true
			if code := codeOf(t, do()); code != curlew.PermissionDenied {
				t.Errorf("%s, refused: %v", p.name, code)
			}
			refuse, slow = false, true
			if code := codeOf(t, do("connect-timeout-ms", "1", "grpc-timeout", "1m")); code != curlew.DeadlineExceeded {
				t.Errorf("%s, slow: %v", p.name, code)
			}
			slow, shout = false, true
			r := do("accept-encoding", "gzip", "grpc-accept-encoding", "gzip")
			shout = false
			zipped := r.header("content-encoding") + r.header("grpc-encoding")
			last := r.header("trailer-x-last") != "" || strings.Contains(r.body+ofBase64(r.body), "x-last: 2")
			if code := codeOf(t, r); code != curlew.OK || r.header("x-first") != "1" || !last {
				t.Errorf("%s, with more: %v, header %v, body %q", p.name, code, r.Header, r.body)
			}
			if grpc := strings.HasPrefix(p.name, "gRPC"); (zipped == "gzip") == grpc { // whose header had been sent
				t.Errorf("%s, compressed: %q", p.name, zipped)
			}
		}
	})
}

func ofBase64(s string) string {
	if len(s)%4 != 0 || strings.ContainsAny(s, "{\x00") {
		return ""
	}
	return ofPieces(discard{}, s)
}

// discard is a testing.TB for what may fail.
type discard struct{ testing.TB }

func (discard) Helper()           {}
func (discard) Fatal(args ...any) {}

func TestLimitsHold(t *testing.T) {
	curlewtest.NoLeaks(t)
	begun, end := make(chan struct{}), make(chan struct{})
	hold := func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		if call.RequestHeader().Has("x-hold") {
			begun <- struct{}{}
			<-end
		}
		return next(ctx, call)
	}
	h := newHost(t, nil, curlew.WithInterceptors(hold), curlew.WithLimits(curlew.ConcurrencyLimit(1)))
	over(t, func(t *testing.T, version int) {
		for _, p := range protocols {
			held := make(chan *reply)
			go func() {
				held <- h.do(version, p.method, p.path, p.body, append([]string{"x-hold", "1"}, p.header...)...)
			}()
			<-begun
			if code := codeOf(t, h.do(version, p.method, p.path, p.body, p.header...)); code != curlew.ResourceExhausted && code != curlew.Unavailable {
				t.Errorf("%s: %v", p.name, code)
			}
			end <- struct{}{}
			if code := codeOf(t, <-held); code != curlew.OK {
				t.Errorf("%s, the first: %v", p.name, code)
			}
		}
	})
}

func TestMaxSendHolds(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil, curlew.WithMaxSendBytes(4))
	over(t, func(t *testing.T, version int) {
		for _, p := range protocols {
			r := h.do(version, p.method, p.path, p.body, p.header...)
			if code := codeOf(t, r); code != curlew.ResourceExhausted {
				t.Errorf("%s: %v, body %q", p.name, code, r.body)
			}
		}
	})
}

// A client that goes away cancels its call, and a stream.
func TestClientGone(t *testing.T) {
	curlewtest.NoLeaks(t)
	ended := make(chan error, 1)
	begun := make(chan struct{}, 1)
	h := newHost(t, nil, curlew.WithInterceptors(func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		begun <- struct{}{}
		err := next(ctx, call)
		select { // the handler may have heard of it first, by what it sent
		case <-ctx.Done():
		case <-time.After(wsTime):
		}
		ended <- ctx.Err()
		return err
	}))
	over(t, func(t *testing.T, version int) {
		for _, tt := range []struct{ method, path, body, ct string }{
			{"POST", library + "Fail", `{"message":"wait"}`, jsonType},
			{"GET", "/v1/fail?message=wait", "", ""},
			{"GET", "/v1/watch?message=header", "", ""},
			{"POST", library + "Watch", framed(0, []byte(`{"message":"header"}`)), "application/connect+json"},
			{"POST", library + "Fail", framed(0, []byte("\x12\x04wait")), "application/grpc-web"},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			req := newRequest(t, tt.method, tt.path, strings.NewReader(tt.body), "content-type", tt.ct).WithContext(ctx)
			if tt.body == "" {
				req = newRequest(t, tt.method, tt.path, nil).WithContext(ctx)
			}
			gone := make(chan error)
			go func() {
				res, err := h.clients[version].Do(req)
				if err == nil {
					_, err = res.Body.Read(make([]byte, 1))
					res.Body.Close()
				}
				gone <- err
			}()
			<-begun
			cancel()
			if err := <-gone; err == nil {
				t.Errorf("%s: the client got an answer", tt.path)
			}
			if err := <-ended; err == nil {
				t.Errorf("%s: the call's context has not ended", tt.path)
			}
		}
	})
}

// What is registered while the server serves is there for the next request, also over
// connections whose clients have asked for it before.
func TestRegisteredLater(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHostOf(t, func(*curlew.Server) {}, nil)
	ask := func(version int) []int {
		var all []int
		for _, p := range protocols {
			r := h.do(version, p.method, p.path, p.body, p.header...)
			if r.header("grpc-status") != "" {
				r.StatusCode = 404
			}
			all = append(all, r.StatusCode)
		}
		return all
	}
	over(t, func(t *testing.T, version int) {
		if got := fmt.Sprint(ask(version)); got != "[404 404 404 404 404]" {
			t.Errorf("before: %v", got)
		}
	})
	// The same request once more, over the same connection, is not judged anew.
	c := librarypb.NewLibraryClient(h.Client)
	again := []func() bool{
		func() bool { return h.do(2, "GET", "/v1/echo", "").StatusCode == 200 },
		func() bool { return h.do(2, "POST", library+"Echo", `{}`, "content-type", jsonType).StatusCode == 200 },
		func() bool {
			_, err := c.Echo(t.Context(), &librarypb.Everything{})
			return err == nil
		},
	}
	for range 3 {
		again[0]()
		again[2]()
	}
	librarypb.RegisterLibrary(h.Server.Server, librarypb.Shelf{})
	for i, ok := range again {
		if !ok() {
			t.Errorf("request %d is refused as before", i)
		}
	}
	over(t, func(t *testing.T, version int) {
		if got := fmt.Sprint(ask(version)); got != "[200 200 200 200 200]" {
			t.Errorf("afterwards: %v", got)
		}
	})
}

// other is a library whose rules are those of the library.
type other struct{ librarypb.Shelf }

func TestConflicts(t *testing.T) {
	srv := curlew.NewServer(web.Enable())
	librarypb.RegisterLibrary(srv, librarypb.Shelf{})
	librarypb.RegisterLibrary(srv, other{})
	if err := serveError(srv); err == nil || !strings.Contains(err.Error(), librarypb.LibraryName) {
		t.Errorf("one service twice: %v", err)
	}
	srv = curlew.NewServer(web.Enable())
	librarypb.RegisterLibrary(srv, librarypb.Shelf{})
	librarypb.RegisterRival(srv, librarypb.UnimplementedRival{})
	if err := serveError(srv); err == nil || !strings.Contains(err.Error(), "curlew.web.test.Library.GetBook") || !strings.Contains(err.Error(), "curlew.web.test.Rival.Find") {
		t.Errorf("two methods with one path: %v", err)
	}
	for name, opt := range map[string]web.Option{
		"nil": nil, "WithHandler": web.WithHandler("/x", nil), "WithHealth": web.WithHealth(nil), "WithAltSvc": web.WithAltSvc("a\r\nb"),
		"/{": web.WithHandler("/{", text("x")),
	} {
		if err := serveError(curlew.NewServer(web.Enable(opt))); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := serveError(curlew.NewServer(web.Enable(web.WithHandler("/x", text("x")), web.WithHandler("/x", text("y"))))); err == nil || !strings.Contains(err.Error(), "/x") {
		t.Errorf("one pattern twice: %v", err)
	}
	srv = curlew.NewServer()
	rec := newRecorder()
	web.Handler(srv, nil).ServeHTTP(rec, newRequest(t, "GET", "/", nil))
	if rec.Code != http.StatusInternalServerError {
		t.Errorf("a handler with a bad option: status %d", rec.Code)
	}
}

// What needs no protobuf works without it; REST is not among it.
func TestMessagesOfOtherKinds(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHostOf(t, func(s *curlew.Server) {
		s.Register(curlew.Service{Name: "t.S", Methods: []curlew.MethodHandler{
			curlew.HandleUnary(unary, func(_ context.Context, req *str) (*str, error) { return wrapperspb.String("got " + req.Value), nil }),
		}})
	}, nil)
	over(t, func(t *testing.T, version int) {
		if r := h.do(version, "POST", "/t.S/Unary", `"x"`, "content-type", jsonType); r.StatusCode != 200 || r.body != `"got x"` {
			t.Errorf("status %d, body %s", r.StatusCode, r.body)
		}
	})
}

// Messages that are larger than all windows and buffers go through.
func TestLargeMessages(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	text := strings.Repeat("0123456789", 280000)
	msg := protoOf(t, &librarypb.Everything{Text: text})
	asJSON := `{"text":"` + text + `"}`
	over(t, func(t *testing.T, version int) {
		for _, tt := range []struct{ path, ct, body, want string }{
			{library + "Echo", jsonType, asJSON, asJSON},
			{library + "Echo", "application/proto", msg, msg},
			{"/v1/echo", jsonType, asJSON, asJSON},
			{library + "Echo", "application/grpc-web", framed(0, []byte(msg)), framed(0, []byte(msg)) + framed(0x80, []byte("grpc-status: 0\r\n"))},
			{library + "Discuss", "application/connect+json", strings.Repeat(framed(0, []byte(`{"title":"`+text[:100000]+`"}`)), 20), strings.Repeat(framed(0, []byte(`{"title":"`+text[:100000]+`"}`)), 20) + framed(2, []byte("{}"))},
			{"/v1/discuss", "application/x-ndjson", strings.Repeat(`{"title":"`+text[:100000]+`"}`, 20), strings.Repeat(`{"title":"`+text[:100000]+`"}`+"\n", 20)},
		} {
			r := h.do(version, "POST", tt.path, tt.body, "content-type", tt.ct)
			if r.StatusCode != 200 || r.body != tt.want || r.err != nil {
				t.Errorf("%s with %s: status %d, %v, %d bytes, want %d: %.100q", tt.path, tt.ct, r.StatusCode, r.err, len(r.body), len(tt.want), r.body)
			}
		}
		r := h.do(version, "POST", library+"Echo", inPieces(framed(0, []byte(msg))), "content-type", "application/grpc-web-text")
		if got := ofPieces(t, r.body); !strings.HasPrefix(got, framed(0, []byte(msg))) {
			t.Errorf("base64: status %d, %d bytes", r.StatusCode, len(got))
		}
	})
}
