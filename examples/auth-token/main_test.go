package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	const want = `with a token: Hello, Ada!
with a token: Hello, Grace!
without one: the server says UNAUTHENTICATED: no valid token
with a token in cleartext: the client says UNAUTHENTICATED
tokens issued: 1
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}

func TestTokensAreRenewedBeforeTheyExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := &issuer{valid: map[string]time.Time{}}
		source := &cache{issue: func() (string, time.Time) { return tokens.issue(time.Minute) }}
		for _, c := range []struct {
			wait time.Duration
			want string
		}{{0, "token-1"}, {49 * time.Second, "token-1"}, {2 * time.Second, "token-2"}, {time.Hour, "token-3"}} {
			time.Sleep(c.wait)
			if got, err := source.Token(t.Context()); got != c.want || err != nil {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		}
	})
}
