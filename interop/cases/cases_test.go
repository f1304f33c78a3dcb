package cases_test

import (
	"context"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/interop/cases"
	"github.com/curlew-rpc/curlew/interop/internal/testserve"
)

// serve serves no service at all, and returns what cases need to find that out.
func serve(t *testing.T) *cases.Env {
	addr := testserve.Start(t, curlew.NewServer())
	dial := func() (*curlew.Client, error) {
		return curlew.NewClient("passthrough:///"+addr, cases.Options()...)
	}
	client, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	soak := cases.DefaultSoak()
	soak.Concurrent = 10
	return &cases.Env{Client: client, Dial: dial, Soak: soak}
}

// A case that passes with a server that has nothing proves nothing, unless it is
// about that.
func TestCasesFail(t *testing.T) {
	curlewtest.NoLeaks(t)
	passes := map[string]bool{
		"unimplemented_method":       true,
		"unimplemented_service":      true,
		"cancel_after_begin":         true, // the client's end comes first
		"timeout_on_sleeping_server": true, // likewise, if the server is slow
	}
	env := serve(t)
	for _, c := range append(cases.Standard(), cases.Peer()...) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := c.Run(ctx, env); err == nil && !passes[c.Name] {
			t.Errorf("%s passes without a service", c.Name)
		}
		cancel()
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range append(cases.Standard(), cases.Peer()...) {
		if seen[c.Name] {
			t.Errorf("two cases are called %s", c.Name)
		}
		seen[c.Name] = true
	}
}

func TestSoakOfUnevenThreads(t *testing.T) {
	env := serve(t)
	env.Soak.Iterations, env.Soak.Threads = 10, 3
	for _, c := range cases.Standard() {
		if c.Name == "rpc_soak" {
			if err := c.Run(t.Context(), env); err == nil {
				t.Error("10 iterations of 3 threads were run")
			}
		}
	}
}
