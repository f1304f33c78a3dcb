package web_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/web"
)

// How a unary response of Connect is understood (protocol, "Unary-Response", "Error
// Codes"; what HTTP statuses mean where there is no error is gRPC's table).
func TestConnectUnaryResponses(t *testing.T) {
	proto := map[string]string{"content-type": "application/proto"}
	json := map[string]string{"content-type": "application/json"}
	tests := map[string]struct {
		answer
		code    curlew.Code
		message string // of the error, "*" for any
		remote  bool
	}{
		"a message":                {answer: answer{header: proto, body: string(encode("ok"))}},
		"an empty message":         {answer: answer{header: proto}},
		"an error":                 {answer{404, json, `{"code":"not_found","message":"none"}`}, curlew.NotFound, "none", true},
		"the code wins":            {answer{500, json, `{"code":"aborted"}`}, curlew.Aborted, "*", true},
		"a charset":                {answer{404, map[string]string{"content-type": "application/json; charset=utf-8"}, `{"code":"aborted"}`}, curlew.Aborted, "*", true},
		"no code":                  {answer{503, json, `{}`}, curlew.Unavailable, "unexpected HTTP status 503", false},
		"a null code":              {answer{401, json, `{"code":null,"message":"who"}`}, curlew.Unauthenticated, "who", true},
		"an unknown code":          {answer{403, json, `{"code":"no_such"}`}, curlew.PermissionDenied, "*", false},
		"null":                     {answer{502, json, `null`}, curlew.Unavailable, "unexpected HTTP status 502", false},
		"no JSON":                  {answer{429, json, `<p>`}, curlew.Unavailable, "unexpected HTTP status 429", false},
		"a page":                   {answer{404, map[string]string{"content-type": "text/html"}, `{"code":"aborted"}`}, curlew.Unimplemented, "unexpected HTTP status 404", false},
		"no content-type":          {answer{status: 400, header: map[string]string{"content-type": ""}}, curlew.Internal, "*", false},
		"409":                      {answer{status: 409}, curlew.Unknown, "*", false},
		"431":                      {answer{status: 431}, curlew.Unknown, "*", false},
		"a page with 200":          {answer{0, map[string]string{"content-type": "text/html"}, "hello"}, curlew.Unknown, "*", false},
		"another codec":            {answer{0, json, "{}"}, curlew.Internal, "*", false},
		"a stream":                 {answer{0, map[string]string{"content-type": "application/connect+proto"}, message("ok")}, curlew.Unknown, "*", false},
		"an unknown compression":   {answer{0, map[string]string{"content-type": "application/proto", "content-encoding": "zip"}, "x"}, curlew.Internal, "*", false},
		"not compressed after all": {answer{0, map[string]string{"content-type": "application/proto", "content-encoding": "gzip"}, "x"}, curlew.Internal, "*", false},
		"nothing to decompress":    {answer{0, map[string]string{"content-type": "application/proto", "content-encoding": "gzip"}, ""}, curlew.OK, "", false},
		"no message at all":        {answer{0, proto, "\xff\xff"}, curlew.Internal, "*", false},
		"too large":                {answer{0, proto, string(encode(strings.Repeat("x", 2000)))}, curlew.ResourceExhausted, "*", false},
		"broken metadata":          {answer{0, map[string]string{"content-type": "application/proto", "x-bin": "!"}, ""}, curlew.Internal, "*", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			everyWay(t, scripted(test.answer), func(t *testing.T, c *curlew.Client) {
				_, err := curlew.CallUnary(t.Context(), c.Caller(), unary, wrapperspb.String("in"))
				checkError(t, err, test.code, test.message, test.remote)
			}, web.WithProtocol(web.Connect), curlew.WithMaxReceiveBytes(1000))
		})
	}
}

func checkError(t *testing.T, err error, code curlew.Code, message string, remote bool) {
	t.Helper()
	if curlew.CodeOf(err) != code {
		t.Fatalf("%v, want %v", err, code)
	}
	if err == nil {
		return
	}
	e, ok := err.(*curlew.Error)
	if !ok || message != "*" && e.Message() != message || e.Remote() != remote {
		t.Errorf("message %q, remote %v, want %q, %v", e.Message(), e.Remote(), message, remote)
	}
}

// Metadata of a unary response is in its header, also that of its trailers, and also
// with an error.
func TestConnectUnaryMetadata(t *testing.T) {
	fields := map[string]string{
		"content-type": "application/json", "x-a": "1|2", "x-b-bin": "AAE, Ag==",
		"trailer-x-c": "3", "trailer-x-d-bin": "/w", "connect-own": "no", "trailer-connect-own": "no",
	}
	for name, a := range map[string]answer{
		"a message": {0, fields, `"v"`},
		"an error":  {409, fields, `{"code":"aborted","details":[{"type":"google.protobuf.StringValue","value":"CgFk","debug":"d"},{"type":"x"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			everyWay(t, scripted(a), func(t *testing.T, c *curlew.Client) {
				var header, trailer curlew.Header
				caller := c.Caller().With(curlew.Codec("json"), curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer))
				res, err := curlew.CallUnary(t.Context(), caller, unary, wrapperspb.String("in"))
				if a.status == 0 && (err != nil || res.Value != "v") {
					t.Fatal(res, err)
				}
				if a.status != 0 {
					details := slices.Collect(curlew.Details[*str](err))
					if curlew.CodeOf(err) != curlew.Aborted || len(details) != 1 || details[0].Value != "d" {
						t.Fatal(err, details)
					}
				}
				checkValues(t, &header, "x-a", "1", "2")
				checkValues(t, &header, "x-b-bin", "\x00\x01", "\x02")
				checkValues(t, &trailer, "x-c", "3")
				checkValues(t, &trailer, "x-d-bin", "\xff")
				for _, name := range []string{"trailer-x-c", "x-c", "connect-own", "content-type"} {
					checkValues(t, &header, name)
				}
				checkValues(t, &trailer, "connect-own")
			}, web.WithProtocol(web.Connect))
		})
	}
}

func checkValues(t *testing.T, h *curlew.Header, name string, want ...string) {
	t.Helper()
	if got := slices.Collect(h.Values(name)); !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}

// How a stream of Connect is understood ("Streaming-Response").
func TestConnectStreams(t *testing.T) {
	const ok = `{}`
	stream := map[string]string{"content-type": "application/connect+proto"}
	tests := map[string]struct {
		answer
		want    []string
		code    curlew.Code
		message string
		remote  bool
	}{
		"messages":             {answer: answer{0, stream, message("a") + message("b") + framed(2, []byte(ok))}, want: []string{"a", "b"}},
		"none":                 {answer: answer{0, stream, framed(2, []byte(ok))}},
		"a null error":         {answer: answer{0, stream, framed(2, []byte(`{"error":null}`))}},
		"an error":             {answer{0, stream, message("a") + framed(2, []byte(`{"error":{"code":"aborted","message":"m"}}`))}, []string{"a"}, curlew.Aborted, "m", true},
		"an error alone":       {answer{0, stream, framed(2, []byte(`{"error":{"code":"aborted","message":"m"}}`))}, nil, curlew.Aborted, "m", true},
		"an error of no code":  {answer{0, stream, framed(2, []byte(`{"error":{}}`))}, nil, curlew.Unknown, "", true},
		"no end":               {answer{0, stream, message("a")}, []string{"a"}, curlew.Internal, "*", false},
		"nothing":              {answer{0, stream, ""}, nil, curlew.Internal, "*", false},
		"an end that is none":  {answer{0, stream, framed(2, []byte(`[]`))}, nil, curlew.Internal, "*", false},
		"half a prefix":        {answer{0, stream, message("a") + "\x00\x00"}, []string{"a"}, curlew.Internal, "*", false},
		"half a message":       {answer{0, stream, message("a") + message("b")[:6]}, []string{"a"}, curlew.Internal, "*", false},
		"half an end":          {answer{0, stream, framed(2, []byte(`{}`))[:6]}, nil, curlew.Internal, "*", false},
		"a reserved flag":      {answer{0, stream, framed(4, []byte(ok))}, nil, curlew.Internal, "*", false},
		"compressed unsaid":    {answer{0, stream, framed(1, []byte("x"))}, nil, curlew.Internal, "*", false},
		"an end compressed so": {answer{0, stream, framed(3, []byte("x"))}, nil, curlew.Internal, "*", false},
		"something after it":   {answer{0, stream, framed(2, []byte(ok)) + message("a")}, nil, curlew.Internal, "*", false},
		"too large":            {answer{0, stream, message(strings.Repeat("x", 2000)) + framed(2, []byte(ok))}, nil, curlew.ResourceExhausted, "*", false},
		"an HTTP error":        {answer{503, stream, framed(2, []byte(ok))}, nil, curlew.Unavailable, "unexpected HTTP status 503", false},
		"a page":               {answer{0, map[string]string{"content-type": "text/html"}, "hello"}, nil, curlew.Unknown, "*", false},
		"a unary response":     {answer{0, map[string]string{"content-type": "application/proto"}, "hello"}, nil, curlew.Unknown, "*", false},
		"another codec":        {answer{0, map[string]string{"content-type": "application/connect+json"}, framed(2, []byte(ok))}, nil, curlew.Internal, "*", false},
		"compressed as a whole": {answer{0, map[string]string{"content-type": "application/connect+proto", "content-encoding": "br"}, "x"}, nil,
			curlew.Internal, "*", false},
		"an unknown compression": {answer{0, map[string]string{"content-type": "application/connect+proto", "connect-content-encoding": "zip"}, framed(2, []byte(ok))}, nil,
			curlew.Internal, "*", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			everyWay(t, scripted(test.answer), func(t *testing.T, c *curlew.Client) {
				got, err := listAll(t, c.Caller())
				if !slices.Equal(got, test.want) {
					t.Errorf("messages %q, want %q", got, test.want)
				}
				checkError(t, err, test.code, test.message, test.remote)
			}, web.WithProtocol(web.Connect), curlew.WithMaxReceiveBytes(1000))
		})
	}
}

func listAll(t *testing.T, c curlew.Caller) (got []string, err error) {
	for m, err := range curlew.CallServerStream(t.Context(), c, list, wrapperspb.String("in")) {
		if err != nil {
			return got, err
		}
		got = append(got, m.Value)
	}
	return got, nil
}

// A call that has one response has not none and not two.
func TestCountOfResponses(t *testing.T) {
	ends := map[web.Protocol]string{web.Connect: framed(2, []byte(`{}`)), web.GRPCWeb: framed(0x80, []byte("grpc-status: 0\r\n"))}
	types := map[web.Protocol]string{web.Connect: "application/connect+proto", web.GRPCWeb: "application/grpc-web+proto"}
	for p, end := range ends {
		for name, test := range map[string]struct {
			body string
			code curlew.Code
		}{
			"none": {"", curlew.Unimplemented},
			"one":  {message("a"), curlew.OK},
			"two":  {message("a") + message("b"), curlew.Unimplemented},
		} {
			t.Run(p.String()+" "+name, func(t *testing.T) {
				a := answer{header: map[string]string{"content-type": types[p]}, body: test.body + end}
				everyWay(t, scripted(a), func(t *testing.T, c *curlew.Client) {
					_, err := curlew.CallClientStream(t.Context(), c.Caller(), gather, curlew.Values(wrapperspb.String("in")))
					checkError(t, err, test.code, "*", false)
				}, web.WithProtocol(p))
			})
		}
	}
}

// Metadata of a stream's end is in its last message.
func TestConnectStreamMetadata(t *testing.T) {
	a := answer{
		header: map[string]string{"content-type": "application/connect+proto", "x-a": "1|2", "trailer-x": "t"},
		body:   message("m") + framed(2, []byte(`{"metadata":{"X-C":["3","4"],"x-d-bin":["/w"],"connect-own":["no"]}}`)),
	}
	everyWay(t, scripted(a), func(t *testing.T, c *curlew.Client) {
		var header, trailer curlew.Header
		got, err := listAll(t, c.Caller().With(curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer)))
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		checkValues(t, &header, "x-a", "1", "2")
		checkValues(t, &trailer, "x-c", "3", "4")
		checkValues(t, &trailer, "x-d-bin", "\xff")
		checkValues(t, &trailer, "connect-own")
	}, web.WithProtocol(web.Connect))
}
