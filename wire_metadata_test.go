package curlew_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/codec"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/internal/transport/rawpeer"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// Metadata of responses: where it goes, and which of it is shown.
func TestResponseMetadata(t *testing.T) {
	curlewtest.NoLeaks(t)
	body := data(framed("fine"))
	with := func(pairs ...string) []step {
		return steps(header(pairs...), body, trailers(append([]string{"grpc-status", "0"}, pairs...)...))
	}
	for _, row := range []struct {
		name            string
		steps           []step
		code            curlew.Code
		header, trailer []string
	}{
		{"none", with(), 0, nil, nil},
		{"in order", with("b", "2", "a", "1", "b", "3"), 0, []string{"b: 2", "a: 1", "b: 3"}, []string{"b: 2", "a: 1", "b: 3"}},
		{"an empty value", with("a", ""), 0, []string{"a: "}, []string{"a: "}},
		{"binary", with("x-bin", "AAE", "x-bin", "AAE=", "x-bin", ""), 0, []string{"x-bin: \x00\x01", "x-bin: \x00\x01", "x-bin: "}, []string{"x-bin: \x00\x01", "x-bin: \x00\x01", "x-bin: "}},
		{"binary and joined", with("x-bin", "AA,AQ==, Ag", "y", "1,2"), 0, []string{"x-bin: \x00", "x-bin: \x01", "x-bin: \x02", "y: 1,2"}, []string{"x-bin: \x00", "x-bin: \x01", "x-bin: \x02", "y: 1,2"}},
		{"the protocol's own", with("grpc-foo", "1", "grpc-accept-encoding", "gzip", "content-length", "11"), 0, nil, nil},
		{"pushback", steps(only("grpc-status", "14", "grpc-retry-pushback-ms", "10")), curlew.Unavailable, nil, []string{"grpc-retry-pushback-ms: 10"}},
		{"of one section", steps(only("a", "1", "grpc-status", "5", "b-bin", "AA")), curlew.NotFound, nil, []string{"a: 1", "b-bin: \x00"}},
		{"of an error", steps(header("a", "1"), trailers("b", "2", "grpc-status", "5", "b", "3")), curlew.NotFound, []string{"a: 1"}, []string{"b: 2", "b: 3"}},
		{"bad binary in the header", steps(header("x-bin", "!"), body, trailers("grpc-status", "0")), curlew.Internal, nil, nil},
		{"bad binary in the trailers", steps(header("a", "1"), body, trailers("grpc-status", "0", "x-bin", "AAAAA")), curlew.Internal, []string{"a: 1"}, nil},
		{"bad binary in the only section", steps(only("grpc-status", "0", "x-bin", "A-_/")), curlew.Internal, nil, nil},
	} {
		for _, m := range kinds {
			// The second call shows that the connection has not suffered.
			c := dialTest(t, scripted(t, answers(t, row.steps...)))
			for range 2 {
				o := perform(t.Context(), c, m)
				want := row.code
				if got := curlew.CodeOf(o.err); got != want {
					t.Errorf("%s, %v: %v, want %v", row.name, m.Kind, o.err, want)
				}
				if got := all(o.header); !slices.Equal(got, row.header) {
					t.Errorf("%s, %v: header %q, want %q", row.name, m.Kind, got, row.header)
				}
				if got := all(o.trailer); !slices.Equal(got, row.trailer) {
					t.Errorf("%s, %v: trailer %q, want %q", row.name, m.Kind, got, row.trailer)
				}
			}
		}
	}
}

// The text of a status is read whatever it is.
func TestStatusMessages(t *testing.T) {
	curlewtest.NoLeaks(t)
	for sent, want := range map[string]string{
		"":                "",
		"plain":           "plain",
		"100%25":          "100%",
		"n%C3%A3o%0a":     "não\n",
		"%20 x%20":        "  x ",
		"100%":            "100%",
		"%2":              "%2",
		"%zz%41":          "%zzA",
		"%%41":            "%A",
		"%FF":             "\ufffd",
		"\xff":            "\ufffd",
		"raw ü":           "raw ü",
		"%E9%B3":          "\ufffd\ufffd",
		"%2541 once only": "%41 once only",
	} {
		for form, s := range map[string]step{
			"trailers": func(p *rawpeer.Peer, id uint32) {
				header()(p, id)
				trailers("grpc-status", "5", "grpc-message", sent)(p, id)
			},
			"only": only("grpc-message", sent, "grpc-status", "5"),
		} {
			o := perform(t.Context(), dialTest(t, scripted(t, answers(t, s))), unary)
			var e *curlew.Error
			if !errors.As(o.err, &e) || e.Code() != curlew.NotFound || e.Message() != want || !e.Remote() {
				t.Errorf("%q in %s: %v, want %q", sent, form, o.err, want)
			}
		}
	}
}

// Details are read padded or not; what cannot be read leaves the rest as it is.
func TestStatusDetails(t *testing.T) {
	curlewtest.NoLeaks(t)
	url, value, err := codec.PackDetail(durationpb.New(7e9))
	if err != nil {
		t.Fatal(err)
	}
	detail := []wire.Detail{{TypeURL: url, Value: value}}
	for _, text := range []string{"a", "ab", "abc"} { // of every length modulo three
		raw := string(wire.AppendDetails(nil, wire.NotFound, text, detail))
		unpadded, padded := base64.RawStdEncoding.EncodeToString([]byte(raw)), base64.StdEncoding.EncodeToString([]byte(raw))
		other := base64.RawStdEncoding.EncodeToString(wire.AppendDetails(nil, wire.Aborted, "other", detail))
		for name, row := range map[string]struct {
			sent string
			n    int
		}{
			"unpadded": {unpadded, 1}, "padded": {padded, 1}, "another status": {other, 1},
			"none": {"", 0}, "not base64": {"!" + unpadded, 0}, "URL-safe": {"-_" + unpadded, 0},
			"truncated": {unpadded[:len(unpadded)-8], 0}, "not protobuf": {"////", 0},
		} {
			fields := []string{"grpc-status", "5", "grpc-message", text, "grpc-status-details-bin", row.sent}
			o := perform(t.Context(), dialTest(t, scripted(t, answers(t, only(fields...)))), unary)
			var e *curlew.Error
			if !errors.As(o.err, &e) || e.Code() != curlew.NotFound || e.Message() != text {
				t.Errorf("%s: %v", name, o.err)
			}
			got := slices.Collect(curlew.Details[*durationpb.Duration](o.err))
			if len(got) != row.n || row.n == 1 && got[0].Seconds != 7 {
				t.Errorf("%s: details %v", name, got)
			}
			if strings.Contains(strings.Join(all(o.trailer), "\n"), "grpc-") {
				t.Errorf("%s: trailer %q", name, all(o.trailer))
			}
		}
	}
}
