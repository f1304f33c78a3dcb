package load

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// serve serves HTTP/2 in the clear, as the standard library has it.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: handler, Protocols: new(http.Protocols)}
	s.Protocols.SetUnencryptedHTTP2(true)
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return l.Addr().String()
}

func TestConnCalls(t *testing.T) {
	user := strings.Repeat("u", 20000) // more than a frame
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != Method || r.Header.Get("Te") != "trailers" || r.Header.Get("Content-Type") != "application/grpc" {
			t.Errorf("request %s %v, %v, is not one of gRPC", r.URL, r.Header, err)
		}
		if string(body) != string(GetUser.Body) {
			t.Errorf("body % x, want % x", body, GetUser.Body)
		}
		w.Header().Set("Trailer", "Grpc-Status")
		w.Write(Frame([]byte(user)))
		w.Header().Set("Grpc-Status", "0")
	})
	c, err := Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 5 { // together more than the windows begin with
		answer, err := c.Call()
		if err != nil || string(answer) != string(Frame([]byte(user))) {
			t.Fatalf("answer of %d bytes, %v, want the user's %d", len(answer), err, len(user)+5)
		}
	}
}

func TestConnRefusesAnAnswerWithoutMessage(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Grpc-Status", "12") })
	c, err := Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Call(); err == nil {
		t.Error("a call that failed: no error")
	}
}

func TestConnOpensStreams(t *testing.T) {
	opened := make(chan struct{}, 10)
	release := make(chan struct{})
	addr := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		opened <- struct{}{}
		<-release
		panic(http.ErrAbortHandler)
	})
	c, err := Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Open("/x/Chat", 10); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		<-opened
	}
	if err := c.Quiet(); err != nil {
		t.Errorf("while the streams are open: %v", err)
	}
	close(release)
	for err == nil { // until the resets arrive
		err = c.Quiet()
	}
	if !strings.Contains(err.Error(), "reset stream") {
		t.Errorf("error %v, want that the server reset a stream", err)
	}
}
