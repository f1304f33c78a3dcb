// Package malformed attacks a server, over cleartext and TLS, with what is not as
// the standards have it: header fields, paths, frames, messages and handshakes.
// Each attack has the answer that it must get; meanwhile honest clients use the
// same server and lose no call.
package malformed

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
	"github.com/curlew-rpc/curlew/interop/internal/testserve"
)

// patience is how long a loaded machine may take for what takes a moment.
const patience = 30 * time.Second

const (
	unaryPath = "/curlew.test.echo.v1.EchoService/Unary"
	bidiPath  = "/curlew.test.echo.v1.EchoService/Bidi"
)

// A target is a server under attack.
type target struct {
	addr  string
	roots *tls.Config // nil: cleartext
	log   *journal
	crowd *crowd
}

// eachWire runs a test against a server over cleartext and one over TLS.
func eachWire(t *testing.T, f func(t *testing.T, tg *target), opts ...curlew.ServerOption) {
	t.Run("cleartext", func(t *testing.T) { f(t, newTarget(t, false, opts...)) })
	t.Run("TLS", func(t *testing.T) { f(t, newTarget(t, true, opts...)) })
}

func newTarget(t *testing.T, secure bool, opts ...curlew.ServerOption) *target {
	t.Helper()
	curlewtest.NoLeaks(t)
	tg := &target{log: &journal{lines: map[string][]slog.Record{}}}
	opts = append(opts, curlew.WithLogger(slog.New(tg.log)))
	var client []curlew.ClientOption
	if secure {
		pair := testcert.For(t)
		tg.roots = pair.ClientConfig()
		opts = append(opts, curlew.WithTLS(pair.ServerConfig()))
		client = append(client, curlew.WithTLS(tg.roots))
	}
	srv := curlew.NewServer(opts...)
	echov1.RegisterEchoService(srv, echo{})
	tg.addr = testserve.Start(t, srv)
	tg.crowd = newCrowd(t, tg.addr, client...)
	return tg
}

// dial returns a connection of which nothing has been said yet.
func (tg *target) dial(t *testing.T) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", tg.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	return nc
}

// socket returns a connection of an attacker's, after the TLS handshake if there
// is one.
func (tg *target) socket(t *testing.T) net.Conn {
	t.Helper()
	if tg.roots == nil {
		return tg.dial(t)
	}
	tc, err := tg.handshake(t, func(*tls.Config) {})
	if err != nil {
		t.Fatal(err)
	}
	return tc
}

// An attacker is a raw client.
type attacker struct {
	*rawpeer.Peer
	address string // of its own
}

func (tg *target) attacker(t *testing.T) *attacker {
	t.Helper()
	nc := tg.socket(t)
	return &attacker{rawpeer.Client(t, nc), nc.LocalAddr().String()}
}

// request is the header of a call. Of edits, each with a name, one that is in it
// already replaces the field; "-name" leaves it out; "+name" adds another.
func request(edits ...string) []hpack.Field {
	fields := rawpeer.Fields(":method", "POST", ":scheme", "http", ":path", unaryPath, ":authority", "echo.test",
		"te", "trailers", "content-type", "application/grpc")
	for i := 0; i < len(edits); i += 2 {
		fields = edit(fields, edits[i], edits[i+1])
	}
	return fields
}

func edit(fields []hpack.Field, name, value string) []hpack.Field {
	if name != "" && name[0] == '+' {
		return append(fields, hpack.Field{Name: name[1:], Value: value})
	}
	for i := range fields {
		switch {
		case fields[i].Name == name:
			fields[i].Value = value
			return fields
		case "-"+fields[i].Name == name:
			return append(fields[:i], fields[i+1:]...)
		}
	}
	return append(fields, hpack.Field{Name: name, Value: value})
}

// hello is an encoded request with its prefix.
func hello() []byte { return rawpeer.Message(0, encoded("hello")) }

func encoded(text string) string {
	b, err := proto.Marshal(&echov1.EchoRequest{Text: text})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// call makes a call with header fields and a message.
func (a *attacker) call(id uint32, fields []hpack.Field) {
	a.Headers(id, false, fields...)
	a.Data(id, true, hello())
}

// outcome says in a word what came of a stream: "GOAWAY code", "RST_STREAM code",
// "HTTP status" or "grpc status".
func (a *attacker) outcome(id uint32) string {
	s := a.Stream(id)
	switch {
	case s.Reset:
		return fmt.Sprint("RST_STREAM ", s.Code)
	case s.Ended && rawpeer.Value(s.First(), ":status") != "200":
		return "HTTP " + rawpeer.Value(s.First(), ":status")
	case s.Ended:
		return "grpc " + rawpeer.Value(s.Last(), "grpc-status")
	case a.GoAway != nil:
		return fmt.Sprint("GOAWAY ", a.GoAway.Code)
	}
	return "closed"
}

// An attack is something wrong, sent on stream 1 of a new connection.
type attack struct {
	name string
	want string // outcome
	send func(a *attacker)
}

// sends is an attack by a header section alone.
func sends(edits ...string) func(a *attacker) {
	return func(a *attacker) { a.call(1, request(edits...)) }
}

// perform makes attacks, each on a connection of its own: what comes back is what
// must, an honest call on the same connection succeeds afterwards unless it was
// the connection that failed, honest clients lose nothing, and what is
// wrong is logged once with the peer's address.
func (tg *target) perform(t *testing.T, attacks []attack) {
	for _, at := range attacks {
		t.Run(at.name, func(t *testing.T) {
			a := tg.attacker(t)
			at.send(a)
			got := a.outcome(1)
			if got != at.want {
				t.Errorf("%s, want %s", got, at.want)
			}
			if got[0] == 'G' || got[0] == 'c' {
				a.Drain()
			} else {
				a.Write(setting(frame.SettingInitialWindowSize, 65535)) // some attacks close the windows
				a.call(3, request())
				if got := a.outcome(3); got != "grpc 0" {
					t.Errorf("the next call on the connection: %s", got)
				}
				a.Close()
			}
			lines := 1
			if got == served || got == "grpc 4" { // nothing wrong with them
				lines = 0
			}
			await(t, "the attack is logged", func() bool { return tg.log.count(a.address) >= lines })
			if n := tg.log.count(a.address); n != lines {
				t.Errorf("%d lines with the peer's address, want %d", n, lines)
			}
			tg.crowd.check(t)
		})
	}
}

// A journal keeps what a server logs, by the address of the peer.
type journal struct {
	mu    sync.Mutex
	lines map[string][]slog.Record
}

func (j *journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler       { return j }
func (j *journal) WithGroup(string) slog.Handler            { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "peer" {
			j.lines[a.Value.String()] = append(j.lines[a.Value.String()], r.Clone())
		}
		return true
	})
	return nil
}

// count returns how many lines there are about a peer, but for those that only
// debugging shows.
func (j *journal) count(peer string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range j.lines[peer] {
		if r.Level >= slog.LevelInfo {
			n++
		}
	}
	return n
}

// A crowd is honest clients that call without a pause worth mention.
type crowd struct {
	calls, failures atomic.Int64
	first           atomic.Pointer[error]
}

// newCrowd sets two clients to work until the test ends.
func newCrowd(t *testing.T, addr string, opts ...curlew.ClientOption) *crowd {
	c := new(crowd)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		client, err := curlew.NewClient("passthrough:///"+addr, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		service := echov1.NewEchoServiceClient(client)
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				c.note(honest(service, i))
				time.Sleep(time.Millisecond)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		t.Logf("%d honest calls", c.calls.Load())
	})
	return c
}

func (c *crowd) note(err error) {
	if err != nil {
		c.first.CompareAndSwap(nil, &err)
		c.failures.Add(1)
	}
	c.calls.Add(1)
}

// honest makes a call and checks its answer; every other one is a stream.
func honest(service echov1.EchoServiceClient, i int) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text := fmt.Sprint("call ", i)
	if i%2 == 0 {
		res, err := service.Unary(ctx, &echov1.EchoRequest{Text: text})
		if err == nil && res.GetText() != text {
			err = fmt.Errorf("%q is answered by %q", text, res.GetText())
		}
		return err
	}
	n := 0
	for res, err := range service.ServerStream(ctx, &echov1.EchoRequest{Text: text, Repeat: 3}) {
		if err != nil || res.GetText() != text {
			return fmt.Errorf("%q is answered by %q, %w", text, res.GetText(), err)
		}
		n++
	}
	if n != 3 {
		return fmt.Errorf("%d responses, want 3", n)
	}
	return nil
}

// check fails the test if calls have failed, or do not go on: two that begin after
// now must end.
func (c *crowd) check(t *testing.T) {
	t.Helper()
	now := c.calls.Load()
	await(t, "the honest clients go on", func() bool { return c.calls.Load() >= now+4 })
	if n := c.failures.Load(); n > 0 {
		t.Fatalf("honest clients lost %d of %d calls: %v", n, c.calls.Load(), *c.first.Load())
	}
}

func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}
