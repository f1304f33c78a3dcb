package http3_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/quic-go/quic-go"
	h3 "github.com/quic-go/quic-go/http3"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

// scripted serves h by another stack's HTTP/3 alone.
func scripted(t *testing.T, h func(w http.ResponseWriter, conn *quic.Conn)) *site {
	t.Helper()
	s := &site{ca: newAuthority(t)}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	type connKey struct{}
	srv := &h3.Server{
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{s.ca.issue(t, "server")}},
		ConnContext: func(ctx context.Context, c *quic.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h(w, r.Context().Value(connKey{}).(*quic.Conn))
		}),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		srv.Serve(udp)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-served
		udp.Close()
	})
	s.addr = udp.LocalAddr().String()
	return s
}

// What HTTP/3's errors are for calls (gRFC G2), before the response and within it.
func TestErrorCodes(t *testing.T) {
	curlewtest.NoLeaks(t)
	tests := []struct {
		code         h3.ErrCode
		stream, conn curlew.Code
	}{
		{h3.ErrCodeRequestRejected, curlew.Unavailable, curlew.Unavailable},
		{h3.ErrCodeRequestCanceled, curlew.Canceled, curlew.Canceled},
		{h3.ErrCodeExcessiveLoad, curlew.ResourceExhausted, curlew.ResourceExhausted},
		{h3.ErrCodeInternalError, curlew.Internal, curlew.Internal},
		{h3.ErrCodeMessageError, curlew.Internal, curlew.Internal},
		{h3.ErrCodeNoError, curlew.Internal, curlew.Unavailable},
		{0x7777, curlew.Internal, curlew.Internal},
	}
	for _, test := range tests {
		for _, begun := range []bool{false, true} {
			header := func(w http.ResponseWriter) {
				if begun {
					w.Header().Set("content-type", "application/grpc+proto")
					w.WriteHeader(200)
				}
			}
			resets := scripted(t, func(w http.ResponseWriter, _ *quic.Conn) {
				header(w)
				str, err := w.(h3.HTTPStreamer).HTTPStream()
				if err != nil {
					t.Error(err)
					return
				}
				str.CancelRead(quic.StreamErrorCode(test.code))
				str.CancelWrite(quic.StreamErrorCode(test.code))
			})
			closes := scripted(t, func(w http.ResponseWriter, conn *quic.Conn) {
				header(w)
				conn.CloseWithError(quic.ApplicationErrorCode(test.code), "for a reason")
			})
			_, err := call(t.Context(), resets.client(t, web.GRPC), "in")
			if curlew.CodeOf(err) != test.stream {
				t.Errorf("a stream reset with %v, begun %v: %v, want %v", test.code, begun, err, test.stream)
			}
			_, err = call(t.Context(), closes.client(t, web.GRPC), "in")
			if curlew.CodeOf(err) != test.conn || !strings.Contains(err.Error(), "for a reason") {
				t.Errorf("a connection closed with %v, begun %v: %v, want %v", test.code, begun, err, test.conn)
			}
		}
	}
}

// A request that the server has not looked at is made again.
func TestRejectedIsRetried(t *testing.T) {
	curlewtest.NoLeaks(t)
	var n atomic.Int64
	s := scripted(t, func(w http.ResponseWriter, _ *quic.Conn) {
		if n.Add(1) == 1 {
			str, err := w.(h3.HTTPStreamer).HTTPStream()
			if err != nil {
				t.Error(err)
				return
			}
			str.CancelRead(quic.StreamErrorCode(h3.ErrCodeRequestRejected))
			str.CancelWrite(quic.StreamErrorCode(h3.ErrCodeRequestRejected))
			return
		}
		w.Header().Set("content-type", "application/grpc+proto")
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
		io.WriteString(w, "\x00\x00\x00\x00\x00")
	})
	if _, err := call(t.Context(), s.client(t, web.GRPC), "in"); err != nil || n.Load() != 2 {
		t.Errorf("%v after %d requests", err, n.Load())
	}
}

// Who has sent too little in too long a time, or whose handler gives up, sees that by
// the right code.
func TestCancelledResponse(t *testing.T) {
	curlewtest.NoLeaks(t)
	abort := func(begin func(w http.ResponseWriter)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			begin(w)
			panic(http.ErrAbortHandler)
		}
	}
	tests := map[string]struct {
		begin func(w http.ResponseWriter)
		code  h3.ErrCode
	}{
		"/nothing":   {func(http.ResponseWriter) {}, h3.ErrCodeRequestCanceled},
		"/header":    {func(w http.ResponseWriter) { w.(http.Flusher).Flush() }, h3.ErrCodeRequestCanceled},
		"/little":    {func(w http.ResponseWriter) { io.WriteString(w, "some") }, h3.ErrCodeRequestCanceled},
		"/much":      {func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("x", 50_000)) }, h3.ErrCodeRequestCanceled},
		"/length":    {func(w http.ResponseWriter) { w.Header().Set("content-length", "10"); io.WriteString(w, "some") }, h3.ErrCodeInternalError},
		"/noContent": {func(w http.ResponseWriter) { w.WriteHeader(204) }, h3.ErrCodeInternalError},
	}
	var opts []web.Option
	for path, test := range tests {
		opts = append(opts, web.WithHandler(path, abort(test.begin)))
	}
	s := serveBy(t, echo, settings{web: opts})
	if _, err := call(t.Context(), s.client(t, web.Connect), "in"); err != nil {
		t.Fatal(err)
	}
	rt := &h3.Transport{TLSClientConfig: &tls.Config{RootCAs: s.ca.pool}}
	defer rt.Close()
	for path, test := range tests {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+s.addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := rt.RoundTrip(req)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		var e *h3.Error
		if !errors.As(err, &e) || e.ErrorCode != test.code {
			t.Errorf("%s: %v, want %v", path, err, test.code)
		}
	}
}

// A response that ends without a status is no success, and one without content may have
// it in the header.
func TestGRPCStatus(t *testing.T) {
	curlewtest.NoLeaks(t)
	var early atomic.Bool
	s := scripted(t, func(w http.ResponseWriter, _ *quic.Conn) {
		w.Header().Set("content-type", "application/grpc+proto")
		if early.Load() {
			w.Header().Set("grpc-status", "10")
			return
		}
		io.WriteString(w, "\x00\x00\x00\x00\x00")
	})
	c := s.client(t, web.GRPC)
	if _, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in")); curlew.CodeOf(err) != curlew.Internal {
		t.Errorf("no trailers: %v", err)
	}
	early.Store(true)
	if _, err := call(t.Context(), c, "in"); curlew.CodeOf(err) != curlew.Aborted {
		t.Errorf("a status in the header: %v", err)
	}
}
