package transport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A proxyServer answers each CONNECT by answer, and connects when that is a success.
func proxyServer(t *testing.T, answer string) (addr string, requests chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	requests = make(chan string, 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			serveProxy(nc, answer, requests)
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String(), requests
}

func serveProxy(nc net.Conn, answer string, requests chan<- string) {
	defer nc.Close()
	r := bufio.NewReader(nc)
	var head strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if line == "\r\n" {
			break
		}
		head.WriteString(line)
	}
	requests <- head.String()
	if answer == "" {
		io.Copy(io.Discard, nc)
		return
	}
	// The server's first words come in the same packet.
	io.WriteString(nc, answer+"server speaks first")
}

func find(raw string) func(string) (*url.URL, error) {
	return func(string) (*url.URL, error) { return url.Parse(raw) }
}

func TestThroughProxy(t *testing.T) {
	addr, requests := proxyServer(t, "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")
	dial := ThroughProxy(find("http://user:pass%20word@"+addr), new(net.Dialer).DialContext)
	nc, err := dial(t.Context(), "tcp", "[2001:db8::1]:443")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, ok := nc.(*net.TCPConn); !ok {
		t.Errorf("the tunnel is a %T: reads and writes take the slow way", nc)
	}
	got, err := io.ReadAll(nc)
	if string(got) != "server speaks first" {
		t.Errorf("read %q, %v", got, err)
	}
	want := "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\nProxy-Authorization: Basic dXNlcjpwYXNzIHdvcmQ=\r\n"
	if got := <-requests; got != want {
		t.Errorf("the request is %q", got)
	}
}

func TestProxyRefuses(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 403 Forbidden\r\n\r\n":                                   `it answers "403 Forbidden"`,
		"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n":               "give a user and password",
		"SSH-2.0-OpenSSH\r\n\r\n":                                          "which is not HTTP/1.1",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 20000) + "\r\n\r\n": "longer than 16384 bytes",
		"HTTP/1.1 200 OK\r\n":                                              "no answer: unexpected EOF",
	} {
		addr, _ := proxyServer(t, answer)
		_, err := ThroughProxy(find("http://u:secret@"+addr), new(net.Dialer).DialContext)(t.Context(), "tcp", "192.0.2.1:443")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), addr) || !strings.Contains(err.Error(), "192.0.2.1:443") {
			t.Errorf("answered %.40q: %v", answer, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestProxyIsSilent(t *testing.T) {
	addr, requests := proxyServer(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-requests
		time.Sleep(10 * time.Millisecond)
		cancel()
	}()
	_, err := ThroughProxy(find("http://"+addr), new(net.Dialer).DialContext)(ctx, "tcp", "192.0.2.1:443")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a proxy that says nothing: %v", err)
	}
}

func TestNoProxy(t *testing.T) {
	var dialed []string
	fake := errors.New("dialed")
	dial := func(_ context.Context, network, address string) (net.Conn, error) {
		dialed = append(dialed, network+" "+address)
		return nil, fake
	}
	none := func(string) (*url.URL, error) { return nil, nil }
	if _, err := ThroughProxy(none, dial)(t.Context(), "tcp", "a:1"); err != fake {
		t.Error(err)
	}
	if _, err := ThroughProxy(find("http://p:1"), dial)(t.Context(), "unix", "/run/x"); err != fake {
		t.Error(err)
	}
	ThroughProxy(find("https://p"), dial)(t.Context(), "tcp", "a:1")
	ThroughProxy(find("http://p"), dial)(t.Context(), "tcp", "a:1")
	if got := strings.Join(dialed, ","); got != "tcp a:1,unix /run/x,tcp p:443,tcp p:80" {
		t.Errorf("dialed %s", got)
	}
	if _, err := ThroughProxy(find("socks5://p:1"), dial)(t.Context(), "tcp", "a:1"); err == nil || !strings.Contains(err.Error(), "use http or https") {
		t.Error(err)
	}
}
