package web_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/web"
)

type failing func(*http.Request) (*http.Response, error)

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What a RoundTripper says of a request that it could not make.
func TestErrorsOfRoundTrippers(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		code curlew.Code
		text string
	}{
		"any":      {io.ErrUnexpectedEOF, curlew.Unavailable, "the request has failed: unexpected EOF"},
		"of ours":  {fmt.Errorf("no: %w", curlew.Errorf(curlew.ResourceExhausted, "enough")), curlew.ResourceExhausted, "enough"},
		"a status": {curlew.Errorf(curlew.PermissionDenied, "not there"), curlew.PermissionDenied, "not there"},
	} {
		c := newClient(t, "http://localhost", web.WithRoundTripper(failing(func(*http.Request) (*http.Response, error) { return nil, test.err })))
		_, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in"))
		if curlew.CodeOf(err) != test.code || err.(*curlew.Error).Message() != test.text {
			t.Errorf("%s: %v", name, err)
		}
		_, err = listAll(t, c.Caller())
		checkError(t, err, test.code, test.text, false)
	}
}

// A stream that HTTP/2 resets fails by the code of the reset, whoever's HTTP/2 it is
// (PROTOCOL-HTTP2 "Errors").
func TestResets(t *testing.T) {
	for _, way := range []string{own, borrowed2} {
		addr := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler) // RST_STREAM with INTERNAL_ERROR
		})
		for _, p := range []web.Protocol{web.Connect, web.GRPCWeb, web.GRPC} {
			c := clientBy(t, way, addr, web.WithProtocol(p))
			_, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in"))
			checkError(t, err, curlew.Internal, "*", false)
		}
	}
}
