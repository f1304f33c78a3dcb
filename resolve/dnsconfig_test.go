package resolve

import (
	"context"
	"encoding/json"
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

func TestChooseConfig(t *testing.T) {
	for _, c := range []struct {
		name  string
		texts []string
		want  string
	}{
		{"none", nil, ""},
		{"records of others", []string{"v=spf1 -all", "grpc_config", "xgrpc_config=[]"}, ""},
		{"no choices", []string{`grpc_config=[]`}, ""},
		{"for all", []string{`grpc_config=[{"serviceConfig":{"a":1}}]`}, `{"a":1}`},
		{"empty lists are for all", []string{`grpc_config=[{"clientLanguage":[],"clientHostname":[],"serviceConfig":{}}]`}, `{}`},
		{"language", []string{`grpc_config=[{"clientLanguage":["java"],"serviceConfig":{"a":1}},{"clientLanguage":["C++","GO"],"serviceConfig":{"a":2}}]`}, `{"a":2}`},
		{"host", []string{`grpc_config=[{"clientHostname":["b"],"serviceConfig":{"a":1}},{"clientHostname":["a","here"],"serviceConfig":{"a":2}}]`}, `{"a":2}`},
		{"less than the number drawn", []string{`grpc_config=[{"percentage":49,"serviceConfig":{"a":1}},{"serviceConfig":{"a":2}}]`}, `{"a":2}`},
		{"the number drawn", []string{`grpc_config=[{"percentage":50,"serviceConfig":{"a":1}},{"serviceConfig":{"a":2}}]`}, `{"a":1}`},
		{"all must fit", []string{`grpc_config=[{"clientLanguage":["go"],"percentage":0,"clientHostname":["here"],"serviceConfig":{"a":1}}]`}, ""},
		{"fields of the future", []string{`grpc_config=[{"x":1,"serviceConfig":{"a":1}}]`}, `{"a":1}`},
		{"whatever the order", []string{`grpc_config=[{"serviceConfig":{"b":1}}]`, "", `grpc_config=[{"serviceConfig":{"a":1}}]`}, `{"a":1}`},
		{"what it means is for the client to see", []string{`grpc_config=[{"serviceConfig":7}]`}, `7`},
	} {
		if got, err := chooseConfig(c.texts, 50, "here"); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestChooseConfigErrors(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{``, "line 1, column 1: unexpected end"},
		{`[{"serviceConfig":{}}`, "line 1, column 21: unexpected end"},
		{`[{"serviceConfig":{},}]`, "column 22: invalid character '}'"},
		{`{"serviceConfig":{}}`, "it is an object; a list is needed"},
		{`[{"serviceConfig":{}}] x`, "column 24: invalid character 'x'"},
		{`[{"clientLanguage":"go","serviceConfig":{}}]`, "clientLanguage: it is a string; a list is needed"},
		{`[{"percentage":1.5,"serviceConfig":{}}]`, "percentage: it is the number 1.5; a whole number is needed"},
		{`[{"percentage":101,"serviceConfig":{}}]`, "grpc_config[0].percentage: 101; it must be from 0 to 100"},
		{`[{"percentage":-1,"serviceConfig":{}}]`, "-1; it must be from 0 to 100"},
		{`[{"serviceConfig":{}},{"percentage":1}]`, "grpc_config[1].serviceConfig: it is missing"},
		{`[{"serviceConfig":null}]`, "grpc_config[0].serviceConfig: it is missing"},
	} {
		got, err := chooseConfig([]string{configAttribute + c.text}, 50, "here")
		if err == nil || got != "" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q, %v; want it to say %q", c.text, got, err, c.says)
		}
	}
}

func FuzzChooseConfig(f *testing.F) {
	f.Add(`grpc_config=[{"clientLanguage":["go"],"percentage":50,"clientHostname":["a"],"serviceConfig":{"x":[1]}}]`)
	f.Add(`grpc_config=[{"serviceConfig":{}}] x`)
	f.Add("grpc_config=[\n{\"percentage\":1.5}]")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := chooseConfig([]string{text}, 50, "a")
		if err != nil && (got != "" || err.Error() == "") {
			t.Fatalf("%q beside %v", got, err)
		}
		if got != "" && !json.Valid([]byte(got)) {
			t.Fatalf("%q is no JSON", got)
		}
	})
}

// texts answers look-ups of TXT records as it is told; time is a bubble's.
type texts struct {
	asked  []string
	answer func(ctx context.Context, n int) ([]string, error)
}

func (x *texts) lookup(ctx context.Context, server, name string) ([]string, error) {
	x.asked = append(x.asked, server+" "+name)
	return x.answer(ctx, len(x.asked))
}

// configs notes which service configs are pushed for a target, and when.
func configs(t *testing.T, x *texts, target string, addresses func(n int) error) (seen []string) {
	t.Helper()
	parsed, err := ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	lookups := 0
	r := DNS(DNSConfig{
		Lookup: func(context.Context, string, string) ([]netip.Addr, time.Duration, error) {
			lookups++
			if err := addresses(lookups); err != nil {
				return nil, 0, err
			}
			return someAddrs[:1], time.Minute, nil
		},
		LookupSRV: func(context.Context, string, string) ([]net.SRV, time.Duration, error) {
			return []net.SRV{{Target: "a.", Port: 1}}, time.Minute, nil
		},
		LookupTXT: x.lookup,
	})
	start := time.Now()
	ctx, stop := context.WithTimeout(t.Context(), 150*time.Second)
	defer stop()
	for ctx.Err() == nil {
		_ = r.Watch(ctx, parsed, nil, func(u Update) error {
			after := time.Since(start).Round(100 * time.Millisecond)
			if after > time.Minute {
				after = after.Round(10 * time.Second) // look-ups vary
			}
			seen = append(seen, fmt.Sprintf("%v %s", after, u.ServiceConfig))
			return nil
		})
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
	return seen
}

func always(int) error { return nil }

func config(text string) []string { return []string{`grpc_config=[{"serviceConfig":` + text + `}]`} }

func TestDNSConfigNames(t *testing.T) {
	long := strings.Repeat("x.", 119) + "yy"
	for _, c := range []struct{ target, asked string }{
		{"users:1", " _grpc_config.users"},
		{"dns://192.0.2.53/users.test.", "192.0.2.53 _grpc_config.users.test."},
		{"srv:///_grpc._tcp.users.test", " _grpc_config.users.test"},
		{long + ":1", " _grpc_config." + long},
		{"x" + long + ":1", ""}, // 241 + 13 bytes are too many
		{"192.0.2.1:1", ""},
		{"localhost:1", ""},
		{"a.Localhost.:1", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			x := &texts{answer: func(context.Context, int) ([]string, error) { return nil, nil }}
			configs(t, x, c.target, always)
			if c.asked == "" && len(x.asked) > 0 || c.asked != "" && (len(x.asked) == 0 || x.asked[0] != c.asked) {
				t.Errorf("%s: asked for %q, want %q", c.target, x.asked, c.asked)
			}
		})
	}
}

func TestDNSConfigIsOptional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &texts{}
		for _, c := range []DNSConfig{{}, {NoServiceConfig: true, LookupTXT: x.lookup}} {
			w := watch(c, "users:1", func(int) ([]netip.Addr, time.Duration, error) { return someAddrs, 0, nil }, accept)
			time.Sleep(time.Minute)
			w.stop()
			synctest.Wait()
			if len(x.asked) > 0 || w.ended != nil {
				t.Errorf("asked for %q, ended %v", x.asked, w.ended)
			}
		}
	})
}

// The service config is looked up with the addresses; no failure of either takes
// away what is known of the other.
func TestDNSConfigUpdates(t *testing.T) {
	none := &net.DNSError{Err: "no such host", IsNotFound: true}
	down := &net.DNSError{Err: "server misbehaving"}
	type step struct {
		after time.Duration
		texts []string
		err   error
	}
	for _, c := range []struct {
		name      string
		steps     []step
		addresses func(int) error
		want      []string
	}{
		{"none", []step{{0, nil, none}}, always, []string{"0s "}},
		{"one that stays", []step{{0, config("{}"), nil}}, always, []string{"0s {}"}},
		{"a little later than addresses", []step{{90 * time.Millisecond, config("{}"), nil}}, always, []string{"100ms {}"}},
		{"much later", []step{{10 * time.Second, config("{}"), nil}}, always, []string{"100ms ", "10s {}"}},
		{"later than the next look-up", []step{{29 * time.Second, nil, down}, {30 * time.Second, config("{}"), nil}}, always,
			[]string{"100ms ", "1m30s {}"}},
		{"never", []step{{time.Hour, nil, down}}, always, []string{"100ms "}},
		{"fails at once", []step{{0, nil, down}}, always, []string{"0s "}},
		{"changes", []step{{0, config("{}"), nil}, {0, config("[]"), nil}}, always, []string{"0s {}", "1m0s []"}},
		{"fails later", []step{{0, config("{}"), nil}, {0, nil, down}, {time.Hour, nil, down}}, always, []string{"0s {}"}},
		{"goes", []step{{0, config("{}"), nil}, {0, nil, none}}, always, []string{"0s {}", "1m0s "}},
		{"goes, and the record stays", []step{{0, config("{}"), nil}, {0, nil, nil}}, always, []string{"0s {}", "1m0s "}},
		{"malformed", []step{{0, []string{"grpc_config=x"}, nil}}, always,
			[]string{`0s dns: the TXT record of "_grpc_config.users": what follows grpc_config= is no list of choices: line 1, column 1: invalid character 'x' looking for beginning of value`}},
		{"kept when the addresses fail", []step{{0, config("{}"), nil}, {0, nil, down}}, func(n int) error {
			if n == 2 {
				return down
			}
			return nil
		}, []string{"0s {}", "1m0s {}"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			x := &texts{answer: func(ctx context.Context, n int) ([]string, error) {
				s := c.steps[min(n, len(c.steps))-1]
				select {
				case <-time.After(s.after):
					return s.texts, s.err
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}}
			seen := configs(t, x, "users:1", c.addresses)
			if !slices.Equal(seen, c.want) {
				t.Errorf("%s: pushed %q, want %q", c.name, seen, c.want)
			}
		})
	}
}

// A percentage is drawn for once, not for every look-up.
func TestDNSConfigPercentage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &texts{answer: func(context.Context, int) ([]string, error) {
			return []string{`grpc_config=[{"percentage":50,"serviceConfig":1},{"serviceConfig":2}]`}, nil
		}}
		failEveryOther := func(n int) error {
			if n%2 == 0 {
				return errors.New("down")
			}
			return nil
		}
		drawn := map[string]bool{}
		for range 100 {
			var of []string
			for _, s := range configs(t, x, "users:1", failEveryOther) {
				of = append(of, s[len(s)-1:])
			}
			if len(of) < 2 || len(slices.Compact(of)) > 1 {
				t.Fatalf("pushed %q", of)
			}
			drawn[of[0]] = true
		}
		if len(drawn) != 2 {
			t.Errorf("drawn a hundred times: %v", drawn)
		}
	})
}
