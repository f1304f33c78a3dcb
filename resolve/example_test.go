package resolve_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/resolve"
)

// A client whose endpoints are in a file, which may be changed at any time. Calls and
// certificates go by the name "users.internal".
func ExampleFile() {
	r := resolve.File(resolve.FileConfig{Path: "/etc/users/endpoints.json"})
	client, err := curlew.NewClient("users.internal:443", curlew.WithResolver(r))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
}

// What a resolver says can be looked at without a client.
func ExampleFile_watch() {
	dir, err := os.MkdirTemp("", "resolve")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "endpoints.json")
	text := `{
	  "endpoints": [
	    {"address": "192.0.2.1:8080", "weight": 3, "locality": {"zone": "a"}},
	    {"address": "192.0.2.2:8080", "priority": 1, "locality": {"zone": "b"}}
	  ]
	}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	target, err := resolve.ParseTarget("file:" + path)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := resolve.File(resolve.FileConfig{Interval: -1}) // once
	err = r.Watch(context.Background(), target, nil, func(u resolve.Update) error {
		u, err := resolve.Normalize(u)
		for _, ep := range u.Endpoints {
			fmt.Println(ep.Addrs[0], "weight", ep.Weight, "priority", ep.Priority, "zone", ep.Locality.Zone)
		}
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 192.0.2.1:8080 weight 3 priority 0 zone a
	// 192.0.2.2:8080 weight 1 priority 1 zone b
}

// A registry is a source of one's own: something that can be asked who serves.
type registry struct {
	ask func(ctx context.Context, service string) (addresses []string, err error)
}

// Watch asks the registry every ten seconds, and earlier when endpoints do not answer. A
// failure ends it: the client keeps the endpoints that it has and watches again later.
func (r registry) Watch(ctx context.Context, t resolve.Target, hint <-chan struct{}, push func(resolve.Update) error) error {
	for {
		addresses, err := r.ask(ctx, t.Endpoint)
		if err != nil {
			return fmt.Errorf("registry: %w", err)
		}
		var u resolve.Update
		for _, a := range addresses {
			u.Endpoints = append(u.Endpoints, resolve.Endpoint{Addrs: []resolve.Addr{{Network: "tcp", Address: a}}})
		}
		_ = push(u) // the client knows when it refuses one
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Second):
		case <-hint:
			select { // not more often than once a second
			case <-ctx.Done():
				return nil
			case <-time.After(time.Second):
			}
		}
	}
}

// A resolver is one method. curlewtest.TestResolver tests whether it keeps to the rules.
func ExampleResolver() {
	r := registry{ask: func(context.Context, string) ([]string, error) { return []string{"192.0.2.1:8080"}, nil }}
	client, err := curlew.NewClient("registry:///users", curlew.WithResolver(r))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
}
