package web_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web/internal/librarypb"
)

func protoOf(t testing.TB, m proto.Message) string {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func zip(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

func unzip(t testing.TB, s string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sameJSON reports whether two JSON texts say the same.
func sameJSON(t testing.TB, got, want string) bool {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Errorf("%q is no JSON: %v", got, err)
		return false
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	x, _ := json.Marshal(a) // what was JSON is so again
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestServeConnectUnary(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	over(t, func(t *testing.T, version int) {
		r := h.do(version, "POST", library+"Echo", `{"text":"hallo","number":"7"}`,
			"content-type", jsonType, "connect-protocol-version", "1", "x-echo", "a", "x-last", "b", "x-echo-bin", "AAEC")
		if r.StatusCode != 200 || !sameJSON(t, r.body, `{"text":"hallo","number":"7"}`) {
			t.Errorf("JSON: status %d, body %s", r.StatusCode, r.body)
		}
		if r.header("x-echo") != "a" || r.header("trailer-x-last") != "b" || r.header("x-echo-bin") != "AAEC" || r.header("x-last") != "" {
			t.Errorf("header %v", r.Header)
		}
		in := &librarypb.Everything{Text: "hallo", Data: []byte{1}}
		r = h.do(version, "POST", library+"Echo", protoOf(t, in), "content-type", "application/proto")
		out := new(librarypb.Everything)
		if err := proto.Unmarshal([]byte(r.body), out); err != nil || !proto.Equal(in, out) || r.header("content-type") != "application/proto" {
			t.Errorf("proto: %v, %v, header %v", out, err, r.Header)
		}
		// No content is the empty message in protobuf, and no JSON at all.
		if r = h.do(version, "POST", library+"Echo", "", "content-type", "application/proto"); r.StatusCode != 200 || r.body != "" {
			t.Errorf("an empty message: status %d, body %q", r.StatusCode, r.body)
		}
		if r.ContentLength > 0 {
			t.Errorf("an empty message has the length %d", r.ContentLength)
		}
		if r = h.do(version, "POST", library+"Echo", "", "content-type", jsonType); r.StatusCode != 400 {
			t.Errorf("no JSON: status %d, body %q", r.StatusCode, r.body)
		}
	})
}

// An error has the HTTP status of its code, and is in JSON whatever the codec is.
func TestServeConnectErrors(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	codes := []struct {
		code   curlew.Code
		name   string
		status int
	}{
		{curlew.Canceled, "canceled", 499}, {curlew.Unknown, "unknown", 500}, {curlew.InvalidArgument, "invalid_argument", 400},
		{curlew.DeadlineExceeded, "deadline_exceeded", 504}, {curlew.NotFound, "not_found", 404}, {curlew.AlreadyExists, "already_exists", 409},
		{curlew.PermissionDenied, "permission_denied", 403}, {curlew.ResourceExhausted, "resource_exhausted", 429},
		{curlew.FailedPrecondition, "failed_precondition", 400}, {curlew.Aborted, "aborted", 409}, {curlew.OutOfRange, "out_of_range", 400},
		{curlew.Unimplemented, "unimplemented", 501}, {curlew.Internal, "internal", 500}, {curlew.Unavailable, "unavailable", 503},
		{curlew.DataLoss, "data_loss", 500}, {curlew.Unauthenticated, "unauthenticated", 401},
	}
	detail := &librarypb.Book{Name: "n", Pages: 3}
	value := base64.RawStdEncoding.EncodeToString([]byte(protoOf(t, detail)))
	over(t, func(t *testing.T, version int) {
		for _, c := range codes {
			req := &librarypb.FailRequest{Code: int32(c.code), Message: "so \"it\" is\n", Detail: detail}
			r := h.do(version, "POST", library+"Fail", protoOf(t, req), "content-type", "application/proto")
			want := `{"code":"` + c.name + `","message":"so \"it\" is\n","details":[{"type":"curlew.web.test.Book","value":"` + value +
				`","debug":{"name":"n","pages":"3"}}]}`
			if r.StatusCode != c.status || !sameJSON(t, r.body, want) || r.header("content-type") != jsonType {
				t.Errorf("%v: status %d, %s, body %s", c.code, r.StatusCode, r.header("content-type"), r.body)
			}
			if r.header("trailer-x-last") != "failed" {
				t.Errorf("%v: header %v", c.code, r.Header)
			}
		}
	})
}

// What is wrong with a request is said in Connect's way.
func TestServeConnectRefusals(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil, curlew.WithMaxReceiveBytes(1000), curlew.WithMaxSendBytes(1000))
	tests := []struct {
		name   string
		body   string
		header []string
		status int
		code   string
		want   string // in the message
	}{
		{"no JSON", `{"text":`, nil, 400, "invalid_argument", ""},
		{"two JSON values", `{}{}`, nil, 400, "invalid_argument", ""},
		{"an unknown field", `{"txet":"x"}`, nil, 200, "", ""},
		{"another version", `{}`, []string{"connect-protocol-version", "2"}, 400, "invalid_argument", "connect-protocol-version"},
		{"no timeout", `{}`, []string{"connect-timeout-ms", "soon"}, 400, "invalid_argument", "connect-timeout-ms"},
		{"a long timeout", `{}`, []string{"connect-timeout-ms", "12345678901"}, 400, "invalid_argument", "connect-timeout-ms"},
		{"no time", `{}`, []string{"connect-timeout-ms", "0"}, 504, "deadline_exceeded", ""},
		{"an unknown compression", `{}`, []string{"content-encoding", "lzw"}, 501, "unimplemented", "gzip"},
		{"what is not compressed", `{}`, []string{"content-encoding", "gzip"}, 400, "invalid_argument", ""},
		{"metadata that is not base64", `{}`, []string{"x-echo-bin", "!"}, 400, "invalid_argument", ""},
		{"a large message", `{"text":"` + strings.Repeat("x", 1000) + `"}`, nil, 429, "resource_exhausted", "1000"},
		{"a bomb", zip(`{"text":"` + strings.Repeat("x", 100000) + `"}`), []string{"content-encoding", "gzip"}, 429, "resource_exhausted", ""},
		{"a message that grows", `{"any":{"a":"` + strings.Repeat(`<`, 600) + `"}}`, nil, 200, "", ""},
	}
	over(t, func(t *testing.T, version int) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := h.do(version, "POST", library+"Echo", tt.body, append(tt.header, "content-type", jsonType)...)
				if r.StatusCode != tt.status {
					t.Fatalf("status %d, body %s; want %d", r.StatusCode, r.body, tt.status)
				}
				if tt.code == "" {
					return
				}
				var e struct{ Code, Message string }
				if err := json.Unmarshal([]byte(r.body), &e); err != nil || e.Code != tt.code || !strings.Contains(e.Message, tt.want) {
					t.Errorf("body %s, %v; want code %s and %q in the message", r.body, err, tt.code, tt.want)
				}
				if tt.status == 501 && r.header("accept-encoding") != "identity,gzip" {
					t.Errorf("accept-encoding is %q", r.header("accept-encoding"))
				}
			})
		}
	})
}

func TestServeConnectCompression(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	long := `{"text":"` + strings.Repeat("x", 5000) + `"}`
	tests := []struct {
		name, body       string
		header           []string
		zipped, refusing bool
	}{
		{"asked for, and long", long, []string{"accept-encoding", "gzip"}, true, false},
		{"asked for, and short", `{"text":"x"}`, []string{"accept-encoding", "gzip"}, false, false},
		{"not asked for", long, nil, false, false},
		{"only others asked for", long, []string{"accept-encoding", "br, deflate"}, false, false},
		{"not wanted", long, []string{"accept-encoding", "gzip;q=0"}, false, false},
		{"wanted less than nothing", long, []string{"accept-encoding", "identity, gzip"}, false, false},
		{"as browsers ask", long, []string{"accept-encoding", "br;q=1.0, gzip;q=0.8, *;q=0.1"}, true, false},
		{"of the request too", zip(`{"text":"x"}`), []string{"content-encoding", "gzip", "accept-encoding", "gzip"}, true, false},
		{"of the request alone", zip(`{"text":"x"}`), []string{"content-encoding", "gzip"}, true, false},
		{"of the request, not of the response", zip(`{"text":"x"}`), []string{"content-encoding", "gzip", "accept-encoding", "identity"}, false, false},
	}
	over(t, func(t *testing.T, version int) {
		for _, tt := range tests {
			r := h.do(version, "POST", library+"Echo", tt.body, append(tt.header, "content-type", jsonType)...)
			body := r.body
			if got := r.header("content-encoding") == "gzip"; got != tt.zipped {
				t.Errorf("%s: compressed is %v", tt.name, got)
			} else if got {
				body = unzip(t, body)
			}
			if r.StatusCode != 200 || !strings.HasPrefix(body, `{"text":"x`) {
				t.Errorf("%s: status %d, body %.100s", tt.name, r.StatusCode, body)
			}
		}
	})
}

func TestServeConnectGet(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	msg := &librarypb.GetBookRequest{Name: strings.Repeat("x", 20)}
	asJSON := `{"name":"` + msg.Name + `"}`
	url64 := base64.RawURLEncoding.EncodeToString
	queries := map[string]string{
		"JSON":            "connect=v1&encoding=json&message=" + url.QueryEscape(asJSON),
		"another order":   "message=" + url.QueryEscape(asJSON) + "&other=1&encoding=json",
		"base64":          "connect=v1&base64=1&encoding=json&message=" + url64([]byte(asJSON)),
		"padded base64":   "connect=v1&base64=1&encoding=json&message=" + url.QueryEscape(base64.URLEncoding.EncodeToString([]byte(asJSON))),
		"protobuf":        "connect=v1&base64=1&encoding=proto&message=" + url64([]byte(protoOf(t, msg))),
		"compressed":      "connect=v1&base64=1&compression=gzip&encoding=json&message=" + url64([]byte(zip(asJSON))),
		"not compressed":  "connect=v1&base64=1&compression=identity&encoding=json&message=" + url64([]byte(asJSON)),
		"without version": "encoding=json&message=" + url.QueryEscape(asJSON),
	}
	over(t, func(t *testing.T, version int) {
		for name, query := range queries {
			t.Run(name, func(t *testing.T) {
				path := library + "GetBook?" + query
				r := h.do(version, "GET", path, "")
				body := r.body
				if r.header("content-encoding") == "gzip" {
					body = unzip(t, body)
				}
				if r.StatusCode != 200 || !strings.Contains(body, msg.Name) || !strings.Contains(r.header("vary"), "accept-encoding") {
					t.Fatalf("status %d, vary %q, body %q", r.StatusCode, r.header("vary"), body)
				}
				tag := r.header("etag")
				for _, list := range []string{tag, "W/" + tag, `"x", ` + tag + ` , "y"`, "*"} {
					if again := h.do(version, "GET", path, "", "if-none-match", list); again.StatusCode != 304 || again.body != "" || again.header("etag") != tag {
						t.Errorf("if-none-match %s: status %d, header %v, body %q", list, again.StatusCode, again.Header, again.body)
					}
				}
				if again := h.do(version, "GET", path, "", "if-none-match", `"x"`); again.StatusCode != 200 || again.body != r.body {
					t.Errorf("another tag: status %d, body %q", again.StatusCode, again.body)
				}
				head := h.do(version, "HEAD", path, "")
				if head.StatusCode != 200 || head.body != "" || head.err != nil || head.header("etag") != tag {
					t.Errorf("HEAD: status %d, header %v, body %q, %v", head.StatusCode, head.Header, head.body, head.err)
				}
			})
		}
		for name, query := range map[string]string{
			"no base64":           "base64=1&encoding=json&message=!",
			"twice":               "encoding=json&message={}&message={}",
			"another version":     "connect=v2&encoding=json&message={}",
			"a bad escape":        "encoding=json&message=%zz",
			"no JSON":             "encoding=json&message=x",
			"compressed nonsense": "base64=1&compression=gzip&encoding=json&message=AAAA",
		} {
			r := h.do(version, "GET", library+"GetBook?"+query, "")
			if r.StatusCode != 400 || !strings.Contains(r.body, `"invalid_argument"`) {
				t.Errorf("%s: status %d, body %s", name, r.StatusCode, r.body)
			}
		}
		if r := h.do(version, "GET", library+"GetBook?encoding=json&compression=lzw&base64=1&message=AAAA", ""); r.StatusCode != 501 {
			t.Errorf("another compression: status %d, body %s", r.StatusCode, r.body)
		}
		// An error has neither a tag nor a body for HEAD.
		if r := h.do(version, "HEAD", library+"GetBook?encoding=json&message=x", ""); r.StatusCode != 400 || r.body != "" || r.err != nil {
			t.Errorf("HEAD of an error: status %d, body %q, %v", r.StatusCode, r.body, r.err)
		}
	})
}

// envelopes cuts a body into the envelopes of a stream.
func envelopes(t testing.TB, body string) (flags []byte, data []string) {
	t.Helper()
	for len(body) >= 5 {
		n := int(binary.BigEndian.Uint32([]byte(body[1:5])))
		if len(body) < 5+n {
			t.Fatalf("%q ends within an envelope", body)
		}
		flags, data = append(flags, body[0]), append(data, body[5:5+n])
		body = body[5+n:]
	}
	if body != "" {
		t.Fatalf("%q is left", body)
	}
	return flags, data
}

func TestServeConnectStreams(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	one := func(s string) string { return framed(0, []byte(s)) }
	tests := []struct {
		name, method, body string
		header             []string
		flags              string
		want               []string
	}{
		{"server stream", "Watch", one(`{"count":2}`), nil, "\x00\x00\x02",
			[]string{`{"name":"book 0"}`, `{"name":"book 1"}`, `{"metadata":{"x-last":["failed"]}}`}},
		{"an error at once", "Watch", one(`{"code":5,"message":"no"}`), nil, "\x02",
			[]string{`{"error":{"code":"not_found","message":"no"},"metadata":{"x-last":["failed"]}}`}},
		{"an error later", "Watch", one(`{"count":1,"code":5,"message":"no"}`), nil, "\x00\x02",
			[]string{`{"name":"book 0"}`, `{"error":{"code":"not_found","message":"no"},"metadata":{"x-last":["failed"]}}`}},
		{"client stream", "Import", one(`{"title":"a"}`) + one(`{"title":"b"}`), nil, "\x00\x02", []string{`{"title":"a;b;","pages":"2"}`, `{}`}},
		{"an empty stream", "Import", "", nil, "\x00\x02", []string{`{}`, `{}`}},
		{"both", "Discuss", one(`{"title":"a"}`) + one(`{"title":"b"}`), nil, "\x00\x00\x02", []string{`{"title":"a"}`, `{"title":"b"}`, `{}`}},
		{"no request", "Watch", "", nil, "\x02", []string{`{"error":{"code":"unimplemented"}}`}},
		{"two requests", "Watch", one(`{}`) + one(`{}`), nil, "\x02", []string{`{"error":{"code":"unimplemented"}}`}},
		{"a cut envelope", "Import", one(`{}`)[:6], nil, "\x02", []string{`{"error":{"code":"internal"}}`}},
		{"a reserved flag", "Import", framed(4, []byte(`{}`)), nil, "\x02", []string{`{"error":{"code":"internal"}}`}},
		{"an end in a request", "Import", framed(2, []byte(`{}`)), nil, "\x02", []string{`{"error":{"code":"internal"}}`}},
		{"compressed without saying so", "Import", framed(1, []byte(zip(`{}`))), nil, "\x02", []string{`{"error":{"code":"internal"}}`}},
		{"another compression", "Import", "", []string{"connect-content-encoding", "lzw"}, "\x02", []string{`{"error":{"code":"unimplemented"}}`}},
		{"no timeout", "Import", "", []string{"connect-timeout-ms", "-1"}, "\x02", []string{`{"error":{"code":"invalid_argument"}}`}},
		{"a large message", "Import", "\x00\xff\xff\xff\xff", nil, "\x02", []string{`{"error":{"code":"resource_exhausted"}}`}},
	}
	over(t, func(t *testing.T, version int) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := h.do(version, "POST", library+tt.method, tt.body, append(tt.header, "content-type", "application/connect+json")...)
				flags, data := envelopes(t, r.body)
				if r.StatusCode != 200 || r.header("content-type") != "application/connect+json" || string(flags) != tt.flags {
					t.Fatalf("status %d, header %v, body %q", r.StatusCode, r.Header, r.body)
				}
				for i := range data {
					if strings.Contains(tt.want[i], `"message"`) || !strings.Contains(tt.want[i], `"error"`) {
						if !sameJSON(t, data[i], tt.want[i]) {
							t.Errorf("envelope %d is %s, want %s", i, data[i], tt.want[i])
						}
					} else if code := strings.TrimSuffix(tt.want[i], "}}"); !strings.HasPrefix(data[i], code) {
						t.Errorf("envelope %d is %s, want %s", i, data[i], code)
					}
				}
			})
		}
		r := h.do(version, "POST", library+"Discuss", framed(1, []byte(zip(`{"title":"a"}`))), "content-type", "application/connect+json",
			"connect-content-encoding", "gzip", "connect-accept-encoding", "gzip")
		flags, data := envelopes(t, r.body)
		if r.header("connect-content-encoding") != "gzip" || len(data) != 2 || flags[0] != 1 || unzip(t, data[0]) != `{"title":"a"}` {
			t.Errorf("compressed: header %v, body %q", r.Header, r.body)
		}
	})
}
