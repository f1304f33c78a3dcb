package curlew_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
)

// messages is a log of which the messages are kept.
type messages struct {
	mu   sync.Mutex
	list []string
}

func (m *messages) Enabled(context.Context, slog.Level) bool { return true }
func (m *messages) WithAttrs([]slog.Attr) slog.Handler       { return m }
func (m *messages) WithGroup(string) slog.Handler            { return m }
func (m *messages) Handle(_ context.Context, r slog.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, r.Message)
	return nil
}

func (m *messages) count(part string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, text := range m.list {
		if strings.Contains(text, part) {
			n++
		}
	}
	return n
}

// A client that a server finds too eager asks half as often from then on, until the
// server has no objection (gRFC A8).
func TestKeepaliveCalmsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log messages
		s := curlewtest.NewServer(t, func(s *curlew.Server) { s.Register(testService()) },
			curlewtest.WithClient(curlew.WithKeepalive(10*time.Second, time.Second), curlew.WithLogger(slog.New(&log))))
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		broken := 0
		for ctx.Err() == nil {
			call, err := curlew.CallBidi(ctx, s.Client.Caller(), chat)
			if err != nil {
				time.Sleep(time.Minute)
				continue
			}
			if _, err := call.Recv(); ctx.Err() == nil && err != nil {
				broken++
			}
			call.Close()
		}
		// 10 s, 20, 40, 80, 160; at 320 the server, whose limit is five minutes, is content.
		if n := log.count("the interval is doubled"); n != 5 || broken < 5 {
			t.Errorf("the interval was doubled %d times, and %d calls were cut", n, broken)
		}
	})
}
