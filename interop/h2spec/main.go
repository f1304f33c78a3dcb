// H2spec is a client that makes one call to the server of a URL, as h2specd has
// clients do. What comes of the call does not matter, and need not be success.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/interop/grpc_testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/testcurlew"
)

const (
	// patience is longer than h2specd waits for frames, and shorter than it waits
	// for the client to end.
	patience = 2 * time.Second
	// stay is how long the connection is kept after the call, for h2specd to see
	// what is said to its frames; else it would see the end of the connection.
	stay = 200 * time.Millisecond
)

func main() {
	if err := run(); err != nil {
		fmt.Println(err)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("want one argument, a URL, but have %q", os.Args[1:])
	}
	u, err := url.Parse(os.Args[1])
	if err != nil {
		return err
	}
	// Another connection would be another run of the same case, cut off by our end.
	var connected atomic.Bool
	opts := []curlew.ClientOption{curlew.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		if connected.Swap(true) {
			return nil, errors.New("one connection is all there may be")
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	})}
	if u.Scheme == "https" {
		opts = append(opts, curlew.WithTLS(&tls.Config{InsecureSkipVerify: true})) // h2specd's certificate is made for the run
	}
	client, err := curlew.NewClient(u.Host, opts...)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err = testcurlew.NewTestServiceClient(client).EmptyCall(ctx, new(grpc_testing.Empty))
	time.Sleep(stay)
	return err
}
