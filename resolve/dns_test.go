package resolve

import (
	"context"
	"errors"
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
	const tenth, second = time.Second / 10, time.Second
	for _, c := range []struct {
		name     string
		config   DNSConfig
		ttl      time.Duration
		min, max time.Duration
	}{
		{"unknown TTL", DNSConfig{}, 0, 27 * second, 33 * second},
		{"unknown TTL, own interval", DNSConfig{Refresh: 3 * second}, 0, 27 * tenth, 33 * tenth},
		{"least TTL", DNSConfig{}, second, second, 11 * tenth},
		{"less than that", DNSConfig{}, second / 2, second, 11 * tenth},
		{"short TTL", DNSConfig{}, 5 * second, 5 * second, 55 * tenth},
		{"TTL", DNSConfig{}, 60 * second, 60 * second, 61 * second},
		{"TTL, own interval", DNSConfig{Refresh: 3 * second}, 60 * second, 60 * second, 61 * second},
		{"greatest TTL", DNSConfig{}, 300 * second, 300 * second, 301 * second},
		{"long TTL", DNSConfig{}, time.Hour, 270 * second, 330 * second},
		{"never", DNSConfig{Refresh: -1}, time.Minute, 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := watch(c.config, "users:1", func(int) ([]netip.Addr, time.Duration, error) { return someAddrs, c.ttl, nil }, accept)
			time.Sleep(time.Hour)
			w.stop()
			synctest.Wait()
			if w.ended != nil {
				t.Errorf("%s: Watch returned %v", c.name, w.ended)
			}
			if c.max == 0 {
				if len(w.asked) != 1 {
					t.Errorf("%s: asked %d times", c.name, len(w.asked))
				}
				return
			}
			varied := false
			for i := 1; i < len(w.asked); i++ {
				gap := w.asked[i] - w.asked[i-1]
				if gap < c.min || gap > c.max {
					t.Fatalf("%s: %v between look-ups, want %v to %v", c.name, gap, c.min, c.max)
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

// What the client refuses is looked up again when the floor has passed.
func TestDNSRefusedUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pushed := 0
		w := watch(DNSConfig{}, "users:1", func(int) ([]netip.Addr, time.Duration, error) { return someAddrs, time.Minute, nil },
			func(Update) error {
				if pushed++; pushed <= 2 {
					return errors.New("refused")
				}
				return nil
			})
		time.Sleep(100 * time.Second)
		w.stop()
		synctest.Wait()
		if want := []time.Duration{0, 30 * time.Second, 60 * time.Second}; !slices.Equal(w.asked, want) || pushed != 3 {
			t.Errorf("asked at %v, want %v; %d updates", w.asked, want, pushed)
		}
	})
}

// An answer that says the same again, if in another order, is no news.
func TestDNSPushesChanges(t *testing.T) {
	a, b, c := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
	answers := [][]netip.Addr{{a, b}, {a, b}, {b, a}, {a, c}, {c, a}, {a, a}, {c}, {c, a, b}}
	synctest.Test(t, func(t *testing.T) {
		var got []string
		w := watch(DNSConfig{}, "users:1", func(n int) ([]netip.Addr, time.Duration, error) {
			return answers[min(n, len(answers))-1], time.Second, nil
		}, func(u Update) error {
			got = append(got, addresses(u))
			return nil
		})
		time.Sleep(time.Minute)
		w.stop()
		synctest.Wait()
		want := []string{
			"192.0.2.1:1 192.0.2.2:1", "192.0.2.1:1 192.0.2.3:1", "192.0.2.1:1 192.0.2.1:1",
			"192.0.2.3:1", "192.0.2.3:1 192.0.2.1:1 192.0.2.2:1",
		}
		if !slices.Equal(got, want) {
			t.Errorf("pushed %q, want %q", got, want)
		}
	})
}

// addresses lists those of an update.
func addresses(u Update) string {
	var list []string
	for _, ep := range u.Endpoints {
		for _, a := range ep.Addrs {
			list = append(list, a.String())
		}
	}
	return strings.Join(list, " ")
}

// An answer in part takes nothing away. That holds too after a look-up that failed,
// which ends Watch.
func TestDNSAnswersInPart(t *testing.T) {
	v4, v6, other4 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.2")
	half, down := errors.New("half"), errors.New("down")
	type answer struct {
		addrs []netip.Addr
		err   error
	}
	for _, c := range []struct {
		name    string
		answers []answer
		want    []string
	}{
		{"known before", []answer{{[]netip.Addr{v4, v6}, nil}, {[]netip.Addr{v6}, half}, {[]netip.Addr{v6}, nil}},
			[]string{"192.0.2.1:1 [2001:db8::1]:1", "[2001:db8::1]:1"}},
		{"not known before", []answer{{[]netip.Addr{v6}, half}, {[]netip.Addr{v4, v6}, nil}},
			[]string{"[2001:db8::1]:1", "192.0.2.1:1 [2001:db8::1]:1"}},
		{"the other half changes", []answer{{[]netip.Addr{v4, v6}, nil}, {[]netip.Addr{other4}, half}},
			[]string{"192.0.2.1:1 [2001:db8::1]:1", "192.0.2.2:1 [2001:db8::1]:1"}},
		{"after a failure", []answer{{[]netip.Addr{v4, v6}, nil}, {nil, down}, {[]netip.Addr{v4}, half}},
			[]string{"192.0.2.1:1 [2001:db8::1]:1", "192.0.2.1:1 [2001:db8::1]:1"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			r := DNS(DNSConfig{Lookup: func(context.Context, string, string) ([]netip.Addr, time.Duration, error) {
				asked++
				a := c.answers[min(asked, len(c.answers))-1]
				return a.addrs, time.Second, a.err
			}})
			var got []string
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			for ctx.Err() == nil {
				_ = r.Watch(ctx, Target{Scheme: "dns", Endpoint: "users:1"}, nil, func(u Update) error {
					got = append(got, addresses(u))
					return nil
				})
				time.Sleep(time.Second) // as a client does
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: pushed %q, want %q", c.name, got, c.want)
			}
		})
	}
}

// Half an answer is asked for again when the floor has passed.
func TestDNSAsksAgainForTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(DNSConfig{Refresh: -1}, "users:1", func(n int) ([]netip.Addr, time.Duration, error) {
			if n == 1 {
				return someAddrs[:1], 0, errors.New("half")
			}
			return someAddrs, 0, nil
		}, accept)
		time.Sleep(time.Hour)
		w.stop()
		synctest.Wait()
		if want := []time.Duration{0, 30 * time.Second}; !slices.Equal(w.asked, want) {
			t.Errorf("asked at %v, want %v", w.asked, want)
		}
	})
}
