package connectgo

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/interop/cases"
	"github.com/curlew-rpc/curlew/interop/internal/testcert"
	"github.com/curlew-rpc/curlew/interop/peerservice"
	"github.com/curlew-rpc/curlew/web"
)

// serve serves the peer by connect-go, and returns the address.
func serve(t *testing.T, pair *testcert.Pair) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: new(peerServer).handler(), Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetHTTP2(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if pair == nil {
			srv.Serve(l)
			return
		}
		srv.TLSConfig = pair.ServerConfig()
		srv.ServeTLS(l, "", "")
	}()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	return l.Addr().String()
}

// A way is how requests get to the server.
type way struct {
	name     string
	borrowed int // HTTP's version, of net/http's connections; 0: connections of ours
}

var ways = []way{{"http2", 0}, {"nethttp1", 1}, {"nethttp2", 2}}

func (w way) client(t *testing.T, addr string, pair *testcert.Pair, opts ...curlew.ClientOption) *curlew.Client {
	var cfg *tls.Config
	if pair != nil {
		cfg = pair.ClientConfig()
	}
	target := "passthrough:///" + addr
	switch {
	case w.borrowed > 0:
		rt := &http.Transport{TLSClientConfig: cfg, Protocols: new(http.Protocols)}
		rt.Protocols.SetHTTP1(w.borrowed == 1)
		rt.Protocols.SetHTTP2(w.borrowed == 2)
		rt.Protocols.SetUnencryptedHTTP2(w.borrowed == 2)
		t.Cleanup(rt.CloseIdleConnections)
		opts = append(opts, web.WithRoundTripper(rt))
		target = "http://" + addr
		if pair != nil {
			target = "https://" + addr
		}
	case pair != nil:
		opts = append(opts, curlew.WithTLS(cfg))
	}
	c, err := curlew.NewClient(target, append(opts, curlew.WithMaxReceiveBytes(peerservice.MaxMessage))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// fullDuplex are the cases that HTTP/1.1 cannot carry.
var fullDuplex = []string{
	"peer_bidi", "peer_bidi_at_once", "peer_empty_streams", "peer_metadata_of_streams", "peer_error_within_stream",
	"peer_deadline", "peer_cancel_ends_handler", "peer_slow_reader", "peer_error_before_the_requests_end",
}

// skips reports whether a case does not apply.
func (w way) skips(name string, protocol web.Protocol) bool {
	switch {
	case w.borrowed != 0 && name == "peer_concurrent":
		return true // how a thousand calls share connections is net/http's to say
	case w.borrowed != 1:
		return false
	case protocol == web.GRPCWeb && name == "peer_messages":
		return true // connect-go does not escape blanks around a message, and HTTP/1.1 cuts them off
	}
	return slices.Contains(fullDuplex, name)
}

func TestPeer(t *testing.T) {
	curlewtest.NoLeaks(t)
	pair := testcert.For(t)
	for _, secure := range []bool{false, true} {
		p, security := pair, "tls"
		if !secure {
			p, security = nil, "cleartext"
		}
		addr := serve(t, p)
		for _, protocol := range []web.Protocol{web.Connect, web.GRPCWeb, web.GRPC} {
			for _, w := range ways {
				if protocol == web.GRPC && w.borrowed == 1 {
					continue // there are no trailers
				}
				if secure && protocol != web.Connect {
					continue // what TLS changes is not the protocol's
				}
				t.Run(security+" "+protocol.String()+" "+w.name, func(t *testing.T) {
					env := &cases.Env{Client: w.client(t, addr, p, web.WithProtocol(protocol))}
					for _, c := range cases.Peer() {
						if w.skips(c.Name, protocol) {
							continue
						}
						t.Run(c.Name, func(t *testing.T) {
							ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
							defer cancel()
							if err := c.Run(ctx, env); err != nil {
								t.Error(err)
							}
						})
					}
				})
			}
		}
	}
}
