package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// watched runs a DNS resolver in a bubble and notes when it asked.
type watched struct {
	asked []time.Duration
	ended error
	hint  chan struct{}
	stop  context.CancelFunc
}

func watch(c DNSConfig, target string, answer func(n int) ([]netip.Addr, time.Duration, error), push func(Update) error) *watched {
	w := &watched{hint: make(chan struct{}, 1)}
	start := time.Now()
	c.Lookup = func(context.Context, string, string) ([]netip.Addr, time.Duration, error) {
		w.asked = append(w.asked, time.Since(start))
		return answer(len(w.asked))
	}
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	parsed, err := ParseTarget(target)
	if err != nil {
		panic(err)
	}
	go func() { w.ended = DNS(c).Watch(ctx, parsed, w.hint, push) }()
	return w
}

func accept(Update) error { return nil }

var someAddrs = []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::ffff:192.0.2.2"), netip.MustParseAddr("2001:db8::1")}

func TestDNSGivesEveryAddressAnEndpoint(t *testing.T) {
	for _, c := range []struct {
		target string
		config DNSConfig
		port   string
	}{
		{"users:8080", DNSConfig{}, "8080"},
		{"users", DNSConfig{}, "443"},
		{"users", DNSConfig{DefaultPort: 50051}, "50051"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var got Update
			w := watch(c.config, c.target, func(int) ([]netip.Addr, time.Duration, error) { return someAddrs, time.Minute, nil },
				func(u Update) error { got = u; return nil })
			synctest.Wait()
			w.stop()
			var addrs []string
			for _, ep := range got.Endpoints {
				addrs = append(addrs, ep.Addrs[0].Address)
			}
			want := []string{"192.0.2.1:" + c.port, "192.0.2.2:" + c.port, "[2001:db8::1]:" + c.port}
			if !slices.Equal(addrs, want) || got.TTL != time.Minute {
				t.Errorf("%s gives %v for %v, want %v for a minute", c.target, addrs, got.TTL, want)
			}
		})
	}
}

func TestDNSWithoutPort(t *testing.T) {
	err := DNS(DNSConfig{DefaultPort: -1}).Watch(context.Background(), Target{Scheme: "dns", Endpoint: "users"}, nil, accept)
	if err == nil || !strings.Contains(err.Error(), "write users:443") {
		t.Errorf("got %v", err)
	}
	err = DNS(DNSConfig{}).Watch(context.Background(), Target{Scheme: "dns", Endpoint: "a:b:c"}, nil, accept)
	if err == nil || !strings.Contains(err.Error(), "not host:port") {
		t.Errorf("got %v", err)
	}
}

func TestDNSRefresh(t *testing.T) {
	for _, c := range []struct {
		name   string
		config DNSConfig
		ttl    time.Duration
		about  time.Duration
	}{
		{"unknown TTL", DNSConfig{}, 0, 30 * time.Second},
		{"unknown TTL, own interval", DNSConfig{Refresh: 3 * time.Second}, 0, 3 * time.Second},
		{"TTL", DNSConfig{}, time.Minute, time.Minute},
		{"short TTL", DNSConfig{}, time.Second, 5 * time.Second},
		{"long TTL", DNSConfig{}, time.Hour, 5 * time.Minute},
		{"never", DNSConfig{Refresh: -1}, time.Minute, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := watch(c.config, "users:1", func(int) ([]netip.Addr, time.Duration, error) { return someAddrs, c.ttl, nil }, accept)
			time.Sleep(time.Hour)
			w.stop()
			synctest.Wait()
			if w.ended != nil {
				t.Errorf("%s: Watch returned %v", c.name, w.ended)
			}
			if c.about == 0 {
				if len(w.asked) != 1 {
					t.Errorf("%s: asked %d times", c.name, len(w.asked))
				}
				return
			}
			varied := false
			for i := 1; i < len(w.asked); i++ {
				gap := w.asked[i] - w.asked[i-1]
				if gap < c.about*9/10 || gap > c.about*11/10 {
					t.Fatalf("%s: %v between look-ups, want %v give or take 10 %%", c.name, gap, c.about)
				}
				varied = varied || gap != w.asked[1]-w.asked[0]
			}
			if len(w.asked) < 5 || !varied {
				t.Errorf("%s: asked %d times, varied %v", c.name, len(w.asked), varied)
			}
		})
	}
}

// A hint that comes too early is followed when the floor has passed, once.
func TestDNSHint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(DNSConfig{Refresh: -1}, "users:1", func(int) ([]netip.Addr, time.Duration, error) { return someAddrs, 0, nil }, accept)
		time.Sleep(10 * time.Second)
		w.hint <- struct{}{}
		time.Sleep(5 * time.Second)
		w.hint <- struct{}{}
		time.Sleep(85 * time.Second) // 100 s: the floor has passed
		w.hint <- struct{}{}
		time.Sleep(time.Hour)
		w.stop()
		synctest.Wait()
		want := []time.Duration{0, 30 * time.Second, 100 * time.Second}
		if !slices.Equal(w.asked, want) {
			t.Errorf("asked at %v, want %v", w.asked, want)
		}
	})
}

// A failed look-up ends Watch with the reason, and pushes nothing.
func TestDNSFailure(t *testing.T) {
	for _, c := range []struct {
		target string
		err    error
		says   string
	}{
		{"users:1", &net.DNSError{Err: "no such host", IsNotFound: true}, `the system's resolver knows no address of "users"; is the name right?`},
		{"dns://192.0.2.53/users:1", &net.DNSError{Err: "i/o timeout", IsTimeout: true}, "the DNS server 192.0.2.53 did not answer"},
		{"users:1", context.DeadlineExceeded, "did not answer"},
		{"users:1", errors.New("odd"), "odd"},
		{"users:1", nil, "no addresses"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := watch(DNSConfig{}, c.target, func(n int) ([]netip.Addr, time.Duration, error) {
				if n == 1 {
					return someAddrs, 0, nil
				}
				return nil, 0, c.err
			}, accept)
			defer w.stop()
			time.Sleep(time.Hour)
			synctest.Wait()
			if w.ended == nil || !strings.Contains(w.ended.Error(), c.says) {
				t.Errorf("Watch returned %v; want it to say %q", w.ended, c.says)
			}
			if c.err != nil && !errors.Is(w.ended, c.err) {
				t.Errorf("%v does not wrap %v", w.ended, c.err)
			}
			if len(w.asked) != 2 {
				t.Errorf("asked %d times", len(w.asked))
			}
		})
	}
}

func TestDNSTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r := DNS(DNSConfig{Lookup: func(ctx context.Context, _, _ string) ([]netip.Addr, time.Duration, error) {
			<-ctx.Done()
			return nil, 0, ctx.Err()
		}})
		err := r.Watch(t.Context(), Target{Scheme: "dns", Endpoint: "users"}, nil, accept)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestDNSReportsARefusedUpdate(t *testing.T) {
	refused := fmt.Errorf("refused")
	synctest.Test(t, func(t *testing.T) {
		w := watch(DNSConfig{}, "users:1", func(int) ([]netip.Addr, time.Duration, error) { return someAddrs, 0, nil },
			func(Update) error { return refused })
		defer w.stop()
		synctest.Wait()
		if w.ended != refused {
			t.Errorf("Watch returned %v", w.ended)
		}
	})
}
