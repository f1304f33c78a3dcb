package web_test

import (
	"net/http"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/web"
)

// gRPC through a RoundTripper takes HTTP/2, and its status from the trailers.
func TestGRPCBorrowed(t *testing.T) {
	kind := map[string]string{"content-type": "application/grpc+proto"}
	tests := map[string]struct {
		answer
		trailer map[string]string
		code    curlew.Code
		message string
		remote  bool
	}{
		"a message":              {answer: answer{0, kind, message("a")}, trailer: map[string]string{"Grpc-Status": "0"}},
		"an error":               {answer{0, kind, ""}, map[string]string{"Grpc-Status": "10", "Grpc-Message": "m"}, curlew.Aborted, "m", true},
		"a status in the header": {answer{0, map[string]string{"content-type": "application/grpc", "grpc-status": "10", "grpc-message": "m"}, ""}, nil, curlew.Aborted, "m", true},
		"trailers win":           {answer{0, map[string]string{"content-type": "application/grpc", "grpc-status": "10"}, message("a")}, map[string]string{"Grpc-Status": "0"}, curlew.OK, "", false},
		"no trailers":            {answer{0, kind, message("a")}, nil, curlew.Internal, "*", false},
		"trailers of no status":  {answer{0, kind, message("a")}, map[string]string{"X": "y"}, curlew.Unknown, "*", false},
		"no message":             {answer{0, kind, ""}, map[string]string{"Grpc-Status": "0"}, curlew.Unimplemented, "*", false},
		"an HTTP error":          {answer{status: 503}, nil, curlew.Unavailable, "*", false},
		"a flag of gRPC-Web":     {answer{0, kind, framed(0x80, []byte("grpc-status: 0\r\n"))}, map[string]string{"Grpc-Status": "0"}, curlew.Internal, "*", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			addr := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("te") != "trailers" || r.ProtoMajor != 2 {
					t.Errorf("te: %q by %s", r.Header.Get("te"), r.Proto)
				}
				for name, value := range test.trailer {
					w.Header().Set(http.TrailerPrefix+name, value)
				}
				scripted(test.answer)(w, r)
				if test.trailer != nil {
					w.(http.Flusher).Flush()
				}
			})
			c := clientBy(t, borrowed2, addr, web.WithProtocol(web.GRPC))
			_, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in"))
			checkError(t, err, test.code, test.message, test.remote)
		})
	}
}

// Where the response comes by HTTP/1.1, that is said.
func TestGRPCNeedsHTTP2(t *testing.T) {
	addr := serveHTTP(t, scripted(answer{header: map[string]string{"content-type": "application/grpc"}, body: message("a")}))
	c := clientBy(t, borrowed1, addr, web.WithProtocol(web.GRPC))
	_, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in"))
	checkError(t, err, curlew.Unimplemented, "gRPC needs HTTP/2, and the response has come by HTTP/1: use Connect or gRPC-Web", false)
}
