package web_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/resolve"
	"github.com/curlew-rpc/curlew/web"
)

// What does not apply is said when the client is made.
func TestClientOptions(t *testing.T) {
	rt := web.WithRoundTripper(http.DefaultTransport)
	const url = "http://localhost:1"
	tests := map[string]struct {
		target string
		opts   []curlew.ClientOption
		want   string // of the error; "" for none
	}{
		"a protocol":       {"localhost:1", []curlew.ClientOption{web.WithProtocol(web.Connect)}, ""},
		"gRPC":             {"localhost:1", []curlew.ClientOption{web.WithProtocol(web.GRPC)}, ""},
		"no protocol":      {"localhost:1", []curlew.ClientOption{web.WithProtocol(0)}, "no such protocol"},
		"a RoundTripper":   {url, []curlew.ClientOption{rt}, ""},
		"a path":           {"https://localhost/rpc/v1", []curlew.ClientOption{rt}, ""},
		"no RoundTripper":  {url, []curlew.ClientOption{web.WithRoundTripper(nil)}, "nil"},
		"no URL":           {"localhost:1", []curlew.ClientOption{rt}, "https://"},
		"another scheme":   {"dns:///localhost:1", []curlew.ClientOption{rt}, "https://"},
		"a query":          {url + "?a=b", []curlew.ClientOption{rt}, "more than"},
		"a user":           {"http://me@localhost:1", []curlew.ClientOption{rt}, "more than"},
		"no host":          {"http://:1", []curlew.ClientOption{rt}, "no valid host"},
		"a URL without it": {url, nil, "it is a URL"},
		"GET":              {url, []curlew.ClientOption{rt, web.ConnectGET()}, ""},
		"GET in gRPC-Web":  {url, []curlew.ClientOption{rt, web.WithProtocol(web.GRPCWeb), web.ConnectGET()}, "GET"},
		"GET in gRPC":      {"localhost:1", []curlew.ClientOption{web.ConnectGET()}, "GET"},
		"TLS of ours":      {url, []curlew.ClientOption{rt, curlew.WithTLS(new(tls.Config))}, "WithTLS"},
		"a resolver":       {url, []curlew.ClientOption{rt, curlew.WithResolver(resolve.Passthrough())}, "WithResolver"},
		"a proxy":          {url, []curlew.ClientOption{rt, curlew.WithProxy("http://localhost:2")}, "WithProxy"},
		"keepalive":        {url, []curlew.ClientOption{rt, curlew.WithKeepalive(time.Minute, time.Second)}, "WithKeepalive"},
		"silence":          {url, []curlew.ClientOption{rt, curlew.WithSilenceDetection(-1, 0)}, "WithSilenceDetection"},
		"a dialer": {url, []curlew.ClientOption{rt, curlew.WithDialer(func(context.Context, string, string) (net.Conn, error) { return nil, nil })},
			"WithDialer"},
	}
	for name, test := range tests {
		c, err := curlew.NewClient(test.target, test.opts...)
		if test.want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if c != nil {
			c.Close()
		}
	}
}

// The URL's path stands before that of the method, and its authority is what requests
// name, unless there is another one.
func TestURLOfTarget(t *testing.T) {
	var path, host string
	addr := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		path, host = r.URL.Path, r.Host
		scripted(unaryOK)(w, r)
	})
	for target, want := range map[string]string{"": "/t.S/Unary", "/": "/t.S/Unary", "/rpc/v1/": "/rpc/v1/t.S/Unary"} {
		c := newClient(t, "http://"+addr+target, web.WithRoundTripper(transportOf(t, 1)))
		if _, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in")); err != nil {
			t.Fatal(err)
		}
		if path != want || host != addr {
			t.Errorf("%s: %s at %s", target, path, host)
		}
	}
	c := newClient(t, "http://"+addr, web.WithRoundTripper(transportOf(t, 1)), curlew.WithAuthority("api.example.com"))
	if _, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in")); err != nil || host != "api.example.com" {
		t.Error(host, err)
	}
}

// Tokens cross only what is secured, which a URL tells.
func TestTokenBorrowed(t *testing.T) {
	c := newClient(t, "http://"+serveHTTP(t, scripted(unaryOK)), web.WithRoundTripper(transportOf(t, 1)))
	_, err := curlew.CallUnary(t.Context(), c.Caller().With(curlew.Token(curlew.StaticToken("t"))), unary, wrapperspb.String("in"))
	checkError(t, err, curlew.Unauthenticated, "*", false)
}

// An owned is a RoundTripper that tells what is closed.
type owned struct {
	http.RoundTripper
	idle, closed int
}

func (o *owned) CloseIdleConnections() { o.idle++ }

func (o *owned) Close() error {
	o.closed++
	return nil
}

// A client's own RoundTripper is made for it, told of TLS, and closed with it.
func TestNewRoundTripper(t *testing.T) {
	cfg := &tls.Config{ServerName: "name"}
	var made []*owned
	option := web.WithNewRoundTripper(func(c web.Connections) (http.RoundTripper, error) {
		if c.Scheme != "https" || c.TLS.ServerName != "name" || c.MaxHeaderBytes != 2048 || c.HandshakeTimeout != time.Minute {
			t.Errorf("told %+v", c)
		}
		made = append(made, &owned{})
		return made[len(made)-1], nil
	})
	for range 2 {
		c, err := curlew.NewClient("https://localhost:1", option,
			curlew.WithTLS(cfg), curlew.WithMaxHeaderBytes(2048), curlew.WithHandshakeTimeout(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		c.Connect()
		if err := c.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, o := range made {
		if o.closed != 1 || o.idle != 1 {
			t.Errorf("closed %d times, idle connections %d times", o.closed, o.idle)
		}
	}
	if len(made) != 2 {
		t.Errorf("%d for two clients", len(made))
	}
	fails := errors.New("no such thing")
	for want, make := range map[string]func(web.Connections) (http.RoundTripper, error){
		"no such thing": func(web.Connections) (http.RoundTripper, error) { return nil, fails },
		"returned none": func(web.Connections) (http.RoundTripper, error) { return nil, nil },
		"is nil":        nil,
	} {
		if _, err := curlew.NewClient("https://localhost:1", web.WithNewRoundTripper(make)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
