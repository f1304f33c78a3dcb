package web_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/web"
)

// How a response of gRPC-Web is understood (PROTOCOL-WEB).
func TestGRPCWebResponses(t *testing.T) {
	kind := map[string]string{"content-type": "application/grpc-web+proto"}
	with := func(more ...string) map[string]string {
		h := map[string]string{"content-type": "application/grpc-web+proto"}
		for i := 0; i < len(more); i += 2 {
			h[more[i]] = more[i+1]
		}
		return h
	}
	trailer := func(s string) string { return framed(0x80, []byte(s)) }
	ok := trailer("grpc-status: 0\r\n")
	tests := map[string]struct {
		answer
		want    []string
		code    curlew.Code
		message string
		remote  bool
	}{
		"messages":                     {answer: answer{0, kind, message("a") + message("b") + ok}, want: []string{"a", "b"}},
		"none":                         {answer: answer{0, kind, ok}},
		"no subtype":                   {answer: answer{0, map[string]string{"content-type": "application/grpc-web"}, message("a") + ok}, want: []string{"a"}},
		"an error":                     {answer{0, kind, message("a") + trailer("grpc-status: 10\r\ngrpc-message: a%20b\r\n")}, []string{"a"}, curlew.Aborted, "a b", true},
		"an error alone":               {answer{0, kind, trailer("grpc-status: 10\r\n")}, nil, curlew.Aborted, "", true},
		"mixed case, no space":         {answer{0, kind, trailer("Grpc-Status:10\r\nGRPC-Message:m")}, nil, curlew.Aborted, "m", true},
		"a status in the header":       {answer{0, with("grpc-status", "10", "grpc-message", "m"), ""}, nil, curlew.Aborted, "m", true},
		"also with another status":     {answer{503, with("grpc-status", "10", "grpc-message", "m"), ""}, nil, curlew.Aborted, "m", true},
		"one in the header, a body":    {answer{0, with("grpc-status", "10"), message("a") + ok}, []string{"a"}, curlew.OK, "", false},
		"one in the header, trailers":  {answer{0, with("grpc-status", "10"), ok}, nil, curlew.OK, "", false},
		"no status":                    {answer{0, kind, trailer("x: y\r\n")}, nil, curlew.Unknown, "*", false},
		"an absurd status":             {answer{0, kind, trailer("grpc-status: 99\r\n")}, nil, curlew.Unknown, "", true},
		"no trailers":                  {answer{0, kind, message("a")}, []string{"a"}, curlew.Internal, "*", false},
		"nothing":                      {answer{0, kind, ""}, nil, curlew.Internal, "*", false},
		"broken trailers":              {answer{0, kind, trailer("what\r\n")}, nil, curlew.Internal, "*", false},
		"something after them":         {answer{0, kind, ok + message("a")}, nil, curlew.Internal, "*", false},
		"twice":                        {answer{0, kind, ok + ok}, nil, curlew.Internal, "*", false},
		"a reserved flag":              {answer{0, kind, framed(2, []byte("x"))}, nil, curlew.Internal, "*", false},
		"a page":                       {answer{0, map[string]string{"content-type": "text/html"}, "hello"}, nil, curlew.Unknown, "*", false},
		"an HTTP error":                {answer{404, map[string]string{"content-type": "text/html"}, "hello"}, nil, curlew.Unimplemented, "unexpected HTTP status 404", false},
		"base64":                       {answer{0, map[string]string{"content-type": "application/grpc-web-text+proto"}, "AAAA"}, nil, curlew.Unknown, "*", false},
		"another codec":                {answer{0, map[string]string{"content-type": "application/grpc-web+json"}, ok}, nil, curlew.Internal, "*", false},
		"an unknown compression":       {answer{0, with("grpc-encoding", "zip"), ok}, nil, curlew.Internal, "*", false},
		"compressed trailers, not yet": {answer{0, with("grpc-encoding", "gzip"), framed(0x81, []byte("x"))}, nil, curlew.Internal, "*", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			everyWay(t, scripted(test.answer), func(t *testing.T, c *curlew.Client) {
				got, err := listAll(t, c.Caller())
				if !slices.Equal(got, test.want) {
					t.Errorf("messages %q, want %q", got, test.want)
				}
				checkError(t, err, test.code, test.message, test.remote)
			}, web.WithProtocol(web.GRPCWeb))
		})
	}
}

// Metadata of gRPC-Web: of the header, of trailers, and of a header that is both.
func TestGRPCWebMetadata(t *testing.T) {
	header := map[string]string{"content-type": "application/grpc-web+proto", "x-a": "1|2", "x-b-bin": "AAE"}
	end := framed(0x80, []byte("grpc-status: 0\r\nx-c: 3\r\nX-C: 4\r\nx-d-bin: /w, AA==\r\n"))
	a := answer{header: header, body: message("m") + end}
	everyWay(t, scripted(a), func(t *testing.T, c *curlew.Client) {
		var header, trailer curlew.Header
		caller := c.Caller().With(curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer))
		if _, err := curlew.CallUnary(t.Context(), caller, unary, wrapperspb.String("in")); err != nil {
			t.Fatal(err)
		}
		checkValues(t, &header, "x-a", "1", "2")
		checkValues(t, &header, "x-b-bin", "\x00\x01")
		checkValues(t, &header, "x-c")
		checkValues(t, &trailer, "x-c", "3", "4")
		checkValues(t, &trailer, "x-d-bin", "\xff", "\x00")
		checkValues(t, &trailer, "grpc-status")
	}, web.WithProtocol(web.GRPCWeb))
	a = answer{header: map[string]string{"content-type": "application/grpc-web+proto", "grpc-status": "10", "x-a": "1"}}
	everyWay(t, scripted(a), func(t *testing.T, c *curlew.Client) {
		var trailer curlew.Header
		_, err := curlew.CallUnary(t.Context(), c.Caller().With(curlew.CaptureTrailer(&trailer)), unary, wrapperspb.String("in"))
		checkError(t, err, curlew.Aborted, "", true)
		checkValues(t, &trailer, "x-a", "1")
	}, web.WithProtocol(web.GRPCWeb))
}
