package curlew_test

import (
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
)

// capture returns what a call of m puts on the wire.
func capture(t *testing.T, m *curlew.MethodOf[*str, *str], client []curlew.ClientOption, opts ...curlew.CallOption) *rawpeer.Stream {
	t.Helper()
	got := make(chan *rawpeer.Stream, 1)
	addr := scripted(t, func(nc net.Conn) {
		p := rawpeer.Server(t, nc)
		requests(p, func(id uint32) {
			got <- p.Stream(id)
			only("grpc-status", "5")(p, id)
		})
	})
	if o := perform(t.Context(), dialTest(t, addr, client...), m, opts...); !errors.Is(o.err, curlew.NotFound) {
		t.Fatal(o.err)
	}
	return <-got
}

func TestRequestFields(t *testing.T) {
	curlewtest.NoLeaks(t)
	const ua = "^grpc-go-curlew/[^ ]+$"
	common := []string{":method", ":scheme", ":path", ":authority", "te", "content-type", "user-agent", "grpc-accept-encoding"}
	timed := slices.Insert(slices.Clone(common), 4, "grpc-timeout")
	for _, row := range []struct {
		name   string
		client []curlew.ClientOption
		call   []curlew.CallOption
		names  []string
		values map[string]string // regular expressions
	}{
		{"plain", nil, nil, common, map[string]string{
			":method": "^POST$", ":scheme": "^http$", ":authority": `^127\.0\.0\.1:\d+$`, "te": "^trailers$",
			"content-type": `^application/grpc\+proto$`, "user-agent": ua, "grpc-accept-encoding": "^identity,gzip$"}},
		{"a timeout", nil, []curlew.CallOption{curlew.Timeout(10 * time.Second)}, timed, map[string]string{"grpc-timeout": `^\d{1,8}[num]$`}},
		{"metadata", nil, []curlew.CallOption{curlew.AddHeader("X-B", "2"), curlew.AddHeader("x-a", "1", " 3 "), curlew.AddHeader("x-b", ""), curlew.AddHeader("x-bin", "\x00\xff\xfe\xfd")},
			append(slices.Clone(common), "x-b", "x-a", "x-a", "x-b", "x-bin"), map[string]string{"x-bin": `^AP/\+/Q$`}},
		{"all of it", nil, []curlew.CallOption{curlew.Timeout(time.Hour), curlew.Compression("gzip"), curlew.Codec("json"), curlew.SetHeader("x", "y")},
			append(slices.Clone(timed), "grpc-encoding", "x"), map[string]string{"grpc-encoding": "^gzip$", "content-type": `^application/grpc\+json$`, "x": "^y$"}},
		{"an application's name", []curlew.ClientOption{curlew.WithUserAgent("shop/1.2")}, nil, common, map[string]string{"user-agent": `^shop/1\.2 grpc-go-curlew/[^ ]+$`}},
		{"an authority", []curlew.ClientOption{curlew.WithAuthority("shop.internal")}, nil, common, map[string]string{":authority": `^shop\.internal$`}},
		{"no compressors", []curlew.ClientOption{curlew.WithCompressors()}, nil, common[:7], nil},
	} {
		for _, m := range kinds {
			fields := capture(t, m, row.client, row.call...).First()
			if got := names(fields); !slices.Equal(got, row.names) {
				t.Errorf("%s, %v: fields %q\nwant %q", row.name, m.Kind, got, row.names)
			}
			if got := rawpeer.Value(fields, ":path"); got != m.Path {
				t.Errorf("%s, %v: path %s", row.name, m.Kind, got)
			}
			for name, want := range row.values {
				if got := rawpeer.Value(fields, name); !regexp.MustCompile(want).MatchString(got) {
					t.Errorf("%s, %v: %s %q, want %s", row.name, m.Kind, name, got, want)
				}
			}
		}
	}
}

// The frames of a request: no trailers, and the last DATA ends it.
func TestRequestFrames(t *testing.T) {
	curlewtest.NoLeaks(t)
	for _, m := range kinds {
		s := capture(t, m, nil)
		want := []string{"HD$"}
		if m.Kind.ManyRequests() {
			// Whether there is a next message is not known when the first one leaves,
			// unless that waits for the header to be written.
			want = append(want, "HDD$")
		}
		if !slices.Contains(want, s.Order) || string(s.Data) != string(framed("hello")) {
			t.Errorf("%v: %s %q, want %q", m.Kind, s.Order, s.Data, want)
		}
	}
	s := capture(t, unary, nil, curlew.Compression("gzip"))
	if want := rawpeer.Message(1, zipped(t, encoded("hello"))); string(s.Data) != string(want) {
		t.Errorf("compressed: %q, want %q", s.Data, want)
	}
	long := strings.Repeat("x", 40_000)
	if s := capture(t, unary, nil, curlew.SetHeader("x", long)); rawpeer.Value(s.First(), "x") != long {
		t.Error("a header of several frames")
	}
}

// Secrets are marked so that nobody on the way puts them into a compression table
// (RFC 7541 §7.1.3), whoever set them.
func TestSecretsAreNeverIndexed(t *testing.T) {
	curlewtest.NoLeaks(t)
	for name, opt := range map[string]curlew.CallOption{
		"authorization":       curlew.Token(curlew.StaticToken("abc")),
		"Authorization":       curlew.SetHeader("Authorization", "Basic abc"),
		"proxy-authorization": curlew.AddHeader("proxy-authorization", "Basic abc"),
		"cookie":              curlew.AddHeader("cookie", "a=b"),
		"x-plain":             curlew.SetHeader("x-plain", "abc"),
	} {
		s := capture(t, unary, []curlew.ClientOption{curlew.AllowTokenOverCleartext()}, opt)
		f := s.First()[len(s.First())-1]
		if f.Name != strings.ToLower(name) || f.Sensitive != (name != "x-plain") {
			t.Errorf("%s is sent as %+v", name, f)
		}
	}
}

// grpc-timeout is what is left of the deadline, and there is none without one.
func TestTimeoutOnTheWire(t *testing.T) {
	curlewtest.NoLeaks(t)
	if got := rawpeer.Values(capture(t, unary, nil).First(), "grpc-timeout"); got != nil {
		t.Errorf("without a deadline: %q", got)
	}
	units := map[byte]time.Duration{'n': time.Nanosecond, 'u': time.Microsecond, 'm': time.Millisecond, 'S': time.Second, 'M': time.Minute, 'H': time.Hour}
	for _, d := range []time.Duration{20 * time.Second, 99 * time.Second, 10 * time.Minute, 90 * time.Hour, 3000 * time.Hour, 200 * 365 * 24 * time.Hour} {
		v := rawpeer.Value(capture(t, unary, nil, curlew.Timeout(d)).First(), "grpc-timeout")
		n, err := strconv.Atoi(v[:len(v)-1])
		unit := units[v[len(v)-1]]
		if got := time.Duration(n) * unit; err != nil || len(v) > 9 || unit == 0 || got > d+unit || got < d-rawpeer.Patience {
			t.Errorf("%v is sent as %s", d, v)
		}
	}
}

// A call that ends at the client's side is reset, and said to have ended so.
func TestEndsByTheClient(t *testing.T) {
	curlewtest.NoLeaks(t)
	arrived := make(chan struct{}, 1)
	over := make(chan *rawpeer.Stream, 1)
	addr := scripted(t, func(nc net.Conn) {
		p := rawpeer.Server(t, nc)
		requests(p, func(id uint32) {
			header()(p, id)
			arrived <- struct{}{}
			over <- p.Until(id, func(s *rawpeer.Stream) bool { return s.Reset })
		})
	})
	c := dialTest(t, addr)
	for _, m := range kinds {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		o := perform(ctx, c, m)
		if !errors.Is(o.err, curlew.Canceled) || !errors.Is(o.err, context.Canceled) {
			t.Errorf("cancelled, %v: %v", m.Kind, o.err)
		}
		if s := <-over; s.Code != frame.CodeCancel {
			t.Errorf("cancelled, %v: RST_STREAM %v", m.Kind, s.Code)
		}
		o = perform(t.Context(), c, m, curlew.Timeout(20*time.Millisecond))
		if !errors.Is(o.err, curlew.DeadlineExceeded) || !errors.Is(o.err, context.DeadlineExceeded) {
			t.Errorf("deadline, %v: %v", m.Kind, o.err)
		}
		<-arrived
		if s := <-over; s.Code != frame.CodeCancel {
			t.Errorf("deadline, %v: RST_STREAM %v", m.Kind, s.Code)
		}
	}
}

// A late context is one whose deadline has passed although it has not ended, as
// when the server's clock is the faster one.
type late struct{ context.Context }

func (late) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

// A server that ends a call at its deadline must not have it look cancelled.
func TestServerIsFirstAtTheDeadline(t *testing.T) {
	curlewtest.NoLeaks(t)
	for name, s := range map[string]step{
		"RST_STREAM":     reset(frame.CodeCancel),
		"a status":       only("grpc-status", "1"),
		"trailers":       func(p *rawpeer.Peer, id uint32) { header()(p, id); trailers("grpc-status", "1")(p, id) },
		"its own status": only("grpc-status", "4"),
	} {
		for _, m := range kinds {
			c := dialTest(t, scripted(t, answers(t, s)))
			if o := perform(late{t.Context()}, c, m); !errors.Is(o.err, curlew.DeadlineExceeded) || !errors.Is(o.err, context.DeadlineExceeded) {
				t.Errorf("%s, %v: %v", name, m.Kind, o.err)
			}
			want := curlew.Canceled
			if name == "its own status" {
				want = curlew.DeadlineExceeded
			}
			if o := perform(t.Context(), c, m); !errors.Is(o.err, want) {
				t.Errorf("%s, %v, without a deadline: %v", name, m.Kind, o.err)
			}
		}
	}
}

// A server may answer before the request is complete. The client then sends no
// more, and says that it does not.
func TestEarlyResponse(t *testing.T) {
	curlewtest.NoLeaks(t)
	for name, row := range map[string]struct {
		steps []step
		code  curlew.Code
	}{
		"OK":                      {steps(good), 0},
		"an error":                {steps(only("grpc-status", "5")), curlew.NotFound},
		"OK, and a word about it": {steps(good, reset(frame.CodeNo)), 0},
	} {
		for _, m := range []*curlew.MethodOf[*str, *str]{gather, chat} {
			over := make(chan *rawpeer.Stream, 1)
			answered := make(chan struct{})
			c := dialTest(t, scripted(t, func(nc net.Conn) {
				p := rawpeer.Server(t, nc)
				id := nextHeader(p)
				p.Until(id, func(s *rawpeer.Stream) bool { return len(s.Data) > 0 })
				for _, s := range row.steps {
					s(p, id)
				}
				p.Sync()
				close(answered)
				p.Sync()
				over <- p.Until(id, func(*rawpeer.Stream) bool { return true })
				p.Drain()
			}))
			err := c.Caller().Stream(t.Context(), &m.Method, func(_ context.Context, s curlew.Stream) error {
				return sendIntoTheVoid(t, s, answered)
			})
			if curlew.CodeOf(err) != row.code {
				t.Errorf("%s, %v: %v", name, m.Kind, err)
			}
			s := <-over
			if string(s.Data) != string(framed("1")) || s.Ended || (s.Reset && s.Code != frame.CodeNo) || (!s.Reset && len(row.steps) == 1) {
				t.Errorf("%s, %v: the server saw %s %v", name, m.Kind, s.Order, s.Code)
			}
		}
	}
}

// sendIntoTheVoid sends a message, and another when the server has answered.
func sendIntoTheVoid(t *testing.T, s curlew.Stream, answered <-chan struct{}) error {
	if err := s.Send(wrapperspb.String("1")); err != nil {
		return err
	}
	<-answered
	if err := s.Send(wrapperspb.String("2")); err != io.EOF {
		t.Errorf("Send after the end: %v", err)
	}
	if err := s.CloseSend(); err != nil {
		t.Errorf("CloseSend after the end: %v", err)
	}
	for {
		if err := s.Recv(newStr()); err != nil {
			return err
		}
	}
}
