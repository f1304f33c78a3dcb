package h2

import (
	"slices"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// section writes fields as scripts do: name=value, and GET, POST, 200.
func sectionOf(t *testing.T, line string) []hpack.Field {
	t.Helper()
	return fieldsOf(t, words(line))
}

// RFC 9113 §8.3.1.
func TestRequestPseudoFields(t *testing.T) {
	for line, want := range map[string]string{
		"GET":                                  "",
		":path=/ :scheme=http :method=GET":     "",
		":method=CONNECT :authority=h:80":      "",
		":method=OPTIONS :scheme=http :path=*": "",
		":method=GET :scheme=http":             "no :path",
		":method=GET :path=/":                  "no :scheme",
		":scheme=http :path=/":                 "no :method",
		"":                                     "no :method",
		"a=b":                                  "no :method",
		":method=GET :scheme=http :path=":      "empty :path",
		":method= :scheme=http :path=/":        "empty :method",
		":method=GET :scheme= :path=/":         "empty :scheme",
		":method=GET :scheme=http :path=/ :authority=": "empty :authority",
		"GET :path=/":                                                    "repeated :path",
		"GET :method=GET":                                                "repeated :method",
		"GET :scheme=http":                                               "repeated :scheme",
		"GET :authority=h":                                               "repeated :authority",
		"GET :status=200":                                                "unknown pseudo-header",
		"GET :protocol=websocket":                                        "unknown pseudo-header",
		"GET :=x":                                                        "unknown pseudo-header",
		"GET :Path=x":                                                    "unknown pseudo-header",
		":method=GET :scheme=http a=b :path=/":                           "invalid field name",
		":method=CONNECT :authority=h :scheme=http":                      "CONNECT with",
		":method=CONNECT :authority=h :path=/":                           "CONNECT with",
		`:method=GET :scheme=http :path="/a\r\nx: y"`:                    "invalid value of :path",
		`:method=GET :scheme=http :path="/\x00"`:                         "invalid value of :path",
		`:method=GET :scheme=http :authority="a\n" :path=/`:              "invalid value of :authority",
		`:method="GET " :scheme=http :path=/`:                            "invalid value of :method",
		":method=GET :scheme=http :path=/ :authority=h host=h":           "",
		":method=GET :scheme=http :path=/ :authority=h host=h host=h":    "repeated host",
		":method=GET :scheme=http :path=/ host=one host=two":             "repeated host",
		":method=GET :scheme=http :path=/ host=one content-length=x":     "invalid content-length",
		":method=GET :scheme=http :path=/ :authority=h connection=close": "connection-specific",
	} {
		m, got := parseRequest(sectionOf(t, line), false)
		verdict(t, line, got, want)
		if m == nil {
			t.Errorf("%s: no message", line)
		}
	}
}

// verdict compares a reason for being malformed with the beginning of another;
// "" is well-formed.
func verdict(t *testing.T, line, got, want string) {
	t.Helper()
	if (got == "") != (want == "") || !strings.HasPrefix(got, want) {
		t.Errorf("%s: %q instead of %q", line, got, want)
	}
}

func TestRequestIsRead(t *testing.T) {
	m, malformed := parseRequest(sectionOf(t, "POST te=trailers host=other a=1 a=2 content-length=7"), false)
	if malformed != "" {
		t.Fatal(malformed)
	}
	want := Message{Method: "POST", Scheme: "http", Authority: "h", Path: "/", ContentLength: 7}
	if m.Method != want.Method || m.Scheme != want.Scheme || m.Authority != want.Authority || m.Path != want.Path || m.ContentLength != want.ContentLength {
		t.Errorf("got %+v", m)
	}
	if !slices.Equal(m.Fields, sectionOf(t, "te=trailers a=1 a=2 content-length=7")) {
		t.Errorf("fields %v", m.Fields)
	}
}

// :authority wins over host, which stands in where it is missing.
func TestAuthorityAndHost(t *testing.T) {
	for line, want := range map[string]string{
		":method=GET :scheme=http :path=/ :authority=a":        "a",
		":method=GET :scheme=http :path=/ :authority=a host=b": "a",
		":method=GET :scheme=http :path=/ host=b":              "b",
		":method=GET :scheme=http :path=/ x=y host=b z=w":      "b",
		":method=GET :scheme=http :path=/":                     "",
		":method=GET :scheme=http :path=/ host=":               "",
	} {
		m, malformed := parseRequest(sectionOf(t, line), false)
		if malformed != "" || m.Authority != want {
			t.Errorf("%s: authority %q, %s", line, m.Authority, malformed)
		}
		if slices.ContainsFunc(m.Fields, func(f hpack.Field) bool { return f.Name == "host" }) {
			t.Errorf("%s: host is left among %v", line, m.Fields)
		}
	}
}

// What was cut off cannot be missed, but what is there must be right.
func TestTruncatedSections(t *testing.T) {
	for line, want := range map[string]string{
		"":                       "",
		":method=GET":            "",
		":method=GET a=b":        "",
		":method=GET :method=G":  "repeated",
		":method=GET A=b":        "invalid field name",
		":method=GET upgrade=h2": "connection-specific",
	} {
		m, got := parseRequest(sectionOf(t, line), true)
		verdict(t, line, got, want)
		if !m.TooLarge {
			t.Errorf("%s: not marked as too large", line)
		}
	}
	if m, malformed := parseResponse(nil, true); malformed != "" || !m.TooLarge {
		t.Error("a truncated response:", malformed)
	}
	if m, malformed := parseTrailer(nil, true); malformed != "" || !m.TooLarge {
		t.Error("truncated trailers:", malformed)
	}
}

func TestResponses(t *testing.T) {
	for line, want := range map[string]string{
		":status=200":              "",
		":status=100":              "",
		":status=999":              "",
		":status=200 a=b":          "",
		":status=200 host=h":       "",
		"":                         "no :status",
		"a=b":                      "no :status",
		":status=099":              "invalid or repeated :status",
		":status=20":               "invalid or repeated :status",
		":status=2000":             "invalid or repeated :status",
		":status=":                 "invalid or repeated :status",
		":status=2xx":              "invalid or repeated :status",
		":status=+20":              "invalid or repeated :status",
		":status=-20":              "invalid or repeated :status",
		":status=200 :status=200":  "invalid or repeated :status",
		":status=200 :path=/":      "unknown pseudo-header",
		"a=b :status=200":          "no :status",
		":status=200 A=b":          "invalid field name",
		":status=200 upgrade=h2":   "connection-specific",
		`:status=200 a="b\n"`:      "invalid value of field a",
		":status=200 te=gzip":      "te other than",
		":status=200 te=trailers":  "",
		`:status="200 "`:           "invalid value of :status",
		":status=200 host=a host=": "",
	} {
		_, got := parseResponse(sectionOf(t, line), false)
		verdict(t, line, got, want)
	}
	if m, _ := parseResponse(sectionOf(t, ":status=404 host=h content-length=3"), false); m.Status != 404 || m.ContentLength != 3 || len(m.Fields) != 2 {
		t.Errorf("got %+v", m)
	}
}

func TestTrailers(t *testing.T) {
	for line, want := range map[string]string{
		"":                                "",
		"grpc-status=0":                   "",
		"grpc-status=0 grpc-message=":     "",
		":status=200":                     "invalid field name",
		":path=/":                         "invalid field name",
		"a=b :status=200":                 "invalid field name",
		"transfer-encoding=chunked":       "connection-specific",
		`grpc-message="two\r\nlines"`:     "invalid value",
		`grpc-message=" "`:                "",
		`grpc-message="in the \tmiddle "`: "",
		`grpc-message="in the \tmiddle."`: "",
	} {
		_, got := parseTrailer(sectionOf(t, line), false)
		verdict(t, line, got, want)
	}
}

// RFC 9113 §8.2.1 and §8.2.2, but that white space around a value is let through.
func TestFields(t *testing.T) {
	for line, want := range map[string]string{
		"te=trailers":                        "",
		"te=Trailers":                        "",
		"te=gzip":                            "te other than",
		`te="trailers, gzip"`:                "te other than",
		"te=":                                "te other than",
		"connection=close":                   "connection-specific",
		"connection=te":                      "connection-specific",
		"proxy-connection=x":                 "connection-specific",
		"keep-alive=timeout=5":               "connection-specific",
		"transfer-encoding=chunked":          "connection-specific",
		"upgrade=h2c":                        "connection-specific",
		"proxy-authenticate=x":               "",
		"cookie=a cookie=b":                  "",
		"content-length=0":                   "",
		"content-length=5 content-length=5":  "",
		"content-length=5 content-length=6":  "invalid content-length",
		"content-length=":                    "invalid content-length",
		"content-length=-1":                  "invalid content-length",
		"content-length=-0":                  "invalid content-length",
		"content-length=+1":                  "invalid content-length",
		"content-length=1_0":                 "invalid content-length",
		"content-length=0x1":                 "invalid content-length",
		`content-length="5, 5"`:              "invalid content-length",
		"content-length=9223372036854775807": "",
		"content-length=9223372036854775808": "invalid content-length",
		`a=" b"`:                             "",
		`a="b "`:                             "",
		`a="\tb"`:                            "",
		`a="b\t"`:                            "",
		`a="b\rc"`:                           "invalid value of field a",
		`a="b\nc"`:                           "invalid value of field a",
		`a="b\x00c"`:                         "invalid value of field a",
		`a="b c\td"`:                         "",
		`a="\x01\x7f\x80\xff"`:               "",
		"a=":                                 "",
	} {
		_, got := parseTrailer(sectionOf(t, line), false)
		verdict(t, line, got, want)
	}
}

// RFC 9113 §8.2.1, and the token characters of RFC 9110 §5.6.2.
func TestFieldNames(t *testing.T) {
	const allowed = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
	for c := range 256 {
		want := strings.IndexByte(allowed, byte(c)) >= 0
		for _, name := range []string{string([]byte{byte(c)}), "a" + string([]byte{byte(c)}) + "b"} {
			if got := validName(name); got != want {
				t.Errorf("validName(%q) = %v", name, got)
			}
		}
	}
	if validName("") {
		t.Error("an empty name is valid")
	}
}
