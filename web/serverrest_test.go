package web_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/web"
)

func TestServeREST(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	tests := []struct {
		name, method, path, body string
		want                     string // JSON
	}{
		{"GET", "GET", "/v1/shelves/a/books/b", "", `{"name":"shelves/a/books/b","title":"got","pages":"7"}`},
		{"an escaped path", "GET", "/v1/shelves/a%20b/books/%C3%BC", "", `{"name":"shelves/a b/books/ü","title":"got","pages":"7"}`},
		{"an escaped slash in many segments", "GET", "/v1/shelves/a%2Fb/books/c", "", `{"name":"shelves/a%2Fb/books/c","title":"got","pages":"7"}`},
		{"any segments", "GET", "/v1/books/a/b/c", "", `{"name":"a/b/c","title":"got","pages":"7"}`},
		{"an escape of an escape", "GET", "/v1/books/a%252Fb", "", `{"name":"a%2Fb","title":"got","pages":"7"}`},
		{"a plus", "GET", "/v1/books/a+b", "", `{"name":"a+b","title":"got","pages":"7"}`},
		{"a field as the body", "POST", "/v1/shelves/a/books?book_id=x", `{"title":"t"}`, `{"name":"shelves/a/books/x","title":"t"}`},
		{"a query by JSON names", "POST", "/v1/shelves/a/books?bookId=x", `{"title":"t"}`, `{"name":"shelves/a/books/x","title":"t"}`},
		{"no body", "POST", "/v1/shelves/a/books?book_id=x", ``, `{"name":"shelves/a/books/x"}`},
		{"PATCH", "PATCH", "/v1/shelves/a/books/b", `{"title":"t"}`, `{"book":{"name":"shelves/a/books/b","title":"t"},"updateMask":"title"}`},
		{"PATCH with a mask", "PATCH", "/v1/shelves/a/books/b?update_mask=title,pages", `{"title":"t"}`,
			`{"book":{"name":"shelves/a/books/b","title":"t"},"updateMask":"title,pages"}`},
		{"PUT", "PUT", "/v1/shelves/a/books/b", `{"title":"t"}`, `{"book":{"name":"shelves/a/books/b","title":"t"}}`},
		{"the path over the body", "PUT", "/v1/shelves/a/books/b", `{"name":"other"}`, `{"book":{"name":"shelves/a/books/b"}}`},
		{"DELETE", "DELETE", "/v1/shelves/a/books/b", "", `{}`},
		{"a custom verb", "POST", "/v1/shelves/a/books/b:move", `{"to":"c"}`, `{"name":"shelves/a/books/b","title":"moved to c"}`},
		{"another method", "LOCK", "/v1/lock/x", "", `{"name":"x","title":"locked"}`},
		{"a field as the response", "GET", "/v1/titles/x", "", `"the title of x"`},
		{"another rule", "GET", "/v1/echo/a/-5", "", `{"text":"a","number":"-5"}`},
		{"the whole as the body", "POST", "/v1/echo", `{"text":"a"}`, `{"text":"a"}`},
		{"scalars", "GET", "/v1/echo?text=a%26b&number=9007199254740993&small=4294967295&real=-1.5e3&flag=true&color=COLOR_RED&maybe=0&right=1", "",
			`{"text":"a&b","number":"9007199254740993","small":4294967295,"real":-1500,"flag":true,"color":"COLOR_RED","maybe":0,"right":1}`},
		{"bytes", "GET", "/v1/echo?data=" + base64.RawURLEncoding.EncodeToString([]byte{0xfb, 0xff}), "", `{"data":"+/8="}`},
		{"an enum by number", "GET", "/v1/echo?color=1", "", `{"color":"COLOR_RED"}`},
		{"many values", "GET", "/v1/echo?tags=a&tags=b&tags=", "", `{"tags":["a","b",""]}`},
		{"nested fields", "GET", "/v1/echo?book.title=t&book.pages=3&deeper.deeper.text=x", "", `{"book":{"title":"t","pages":"3"},"deeper":{"deeper":{"text":"x"}}}`},
		{"well-known types", "GET", "/v1/echo?time=2020-01-02T03:04:05.5Z&wait=1.5s&mask=a,b.c", "", `{"time":"2020-01-02T03:04:05.500Z","wait":"1.500s","mask":"a,b.c"}`},
		{"a map", "GET", "/v1/echo?labels[a]=1&labels[b%20c]=2", "", `{"labels":{"a":"1","b c":"2"}}`},
	}
	over(t, func(t *testing.T, version int) {
		for _, tt := range tests {
			var header []string
			if tt.body != "" {
				header = []string{"content-type", jsonType}
			}
			r := h.do(version, tt.method, tt.path, tt.body, header...)
			if r.StatusCode != 200 || r.header("content-type") != jsonType || !sameJSON(t, r.body, tt.want) {
				t.Errorf("%s: status %d, %s, body %s; want %s", tt.name, r.StatusCode, r.header("content-type"), r.body, tt.want)
			}
			if tt.method != "GET" {
				continue
			}
			head := h.do(version, "HEAD", tt.path, "")
			if head.StatusCode != 200 || head.body != "" || head.err != nil || head.ContentLength != int64(len(r.body)) {
				t.Errorf("%s by HEAD: status %d, header %v, body %q, %v", tt.name, head.StatusCode, head.Header, head.body, head.err)
			}
		}
	})
}

func TestServeRESTRefusals(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil, curlew.WithMaxReceiveBytes(1000))
	form := "application/x-www-form-urlencoded"
	tests := []struct {
		name, method, path, body string
		header                   []string
		status                   int
		want                     string // in the body
	}{
		{"an unknown parameter", "GET", "/v1/echo?txet=a", "", nil, 400, "txet"},
		{"a field twice", "GET", "/v1/echo?text=a&text=b", "", nil, 400, "twice"},
		{"two of a oneof", "GET", "/v1/echo?left=a&right=1", "", nil, 400, "oneof"},
		{"what the path has", "GET", "/v1/echo/a/1?text=b", "", nil, 400, "text"},
		{"a number that is none", "GET", "/v1/echo?number=x", "", nil, 400, "int64"},
		{"a number in the path that is none", "GET", "/v1/echo/a/x", "", nil, 400, "number"},
		{"a large number", "GET", "/v1/echo?small=4294967296", "", nil, 400, "uint32"},
		{"no UTF-8", "GET", "/v1/echo?text=%ff", "", nil, 400, "UTF-8"},
		{"no UTF-8 in the path", "GET", "/v1/echo/%ff/1", "", nil, 400, "UTF-8"},
		{"a bad escape", "GET", "/v1/echo?text=%z", "", nil, 400, ""},
		{"a message as a parameter", "GET", "/v1/echo?book=x", "", nil, 400, "message"},
		{"parameters beside the whole", "POST", "/v1/echo?text=a", "{}", []string{"content-type", jsonType}, 400, "text"},
		{"a body where there is none", "GET", "/v1/echo", "{}", []string{"content-type", jsonType}, 400, "body"},
		{"no JSON", "POST", "/v1/echo", "{", []string{"content-type", jsonType}, 400, `"code":3`},
		{"an unknown field", "POST", "/v1/echo", `{"txet":1}`, []string{"content-type", jsonType}, 400, "txet"},
		{"a large body", "POST", "/v1/echo", `{"text":"` + strings.Repeat("x", 1000) + `"}`, []string{"content-type", jsonType}, 429, `"code":8`},
		{"a bomb", "POST", "/v1/echo", zip(`{"text":"` + strings.Repeat("x", 100000) + `"}`), []string{"content-type", jsonType, "content-encoding", "gzip"}, 429, `"code":8`},
		{"another compression", "POST", "/v1/echo", `{}`, []string{"content-type", jsonType, "content-encoding", "lzw"}, 501, `"code":12`},
		{"no timeout", "GET", "/v1/echo", "", []string{"connect-timeout-ms", "x"}, 400, `"code":3`},
		{"metadata that is not base64", "GET", "/v1/echo", "", []string{"x-bin", "!"}, 400, `"code":3`},
		{"a form", "POST", "/v1/echo", "text=a", []string{"content-type", form, "origin", "http://evil.example"}, 403, "another site"},
		{"a form of the own site", "POST", "/v1/echo", "text=a", []string{"content-type", form, "origin", "http://in-process"}, 415, jsonType},
		{"JSON of another site", "POST", "/v1/echo", "{}", []string{"content-type", jsonType, "origin", "http://evil.example"}, 403, ""},
		{"JSON of nowhere", "POST", "/v1/echo", "{}", []string{"content-type", jsonType, "origin", "null"}, 403, ""},
		{"a file of another site", "POST", "/v1/files/x", "{}", []string{"content-type", "text/plain", "origin", "http://evil.example"}, 403, ""},
		{"bytes of another site without an origin", "POST", "/v1/files/x", "{}", []string{"sec-fetch-site", "cross-site"}, 403, ""},
		{"text", "POST", "/v1/echo", "{}", []string{"content-type", "text/plain"}, 415, jsonType},
		{"a stream, compressed", "POST", "/v1/import", zip("{}"), []string{"content-type", jsonType, "content-encoding", "gzip"}, 501, `"code":12`},
		{"a trailing slash", "GET", "/v1/echo/", "", nil, 404, ""},
		{"no segments", "GET", "/v1", "", nil, 404, ""},
		{"dots", "GET", "/v1/../v1/echo", "", nil, 404, ""},
	}
	over(t, func(t *testing.T, version int) {
		for _, tt := range tests {
			r := h.do(version, tt.method, tt.path, tt.body, tt.header...)
			if r.StatusCode != tt.status || r.err != nil || !strings.Contains(r.body, tt.want) {
				t.Errorf("%s: status %d, %v, body %s; want %d and %q", tt.name, r.StatusCode, r.err, r.body, tt.status, tt.want)
			}
		}
		// Same-origin requests of pages go through.
		for _, header := range [][]string{
			{"content-type", jsonType, "origin", "http://in-process"}, {"content-type", jsonType, "sec-fetch-site", "same-origin"}, {"sec-fetch-site", "none"},
		} {
			if r := h.do(version, "POST", "/v1/echo", `{"text":"a"}`, header...); r.StatusCode != 200 {
				t.Errorf("%v: status %d, body %s", header, r.StatusCode, r.body)
			}
		}
	})
}

func TestServeRESTErrors(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	statuses := []int{0, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401}
	over(t, func(t *testing.T, version int) {
		for code := 1; code < len(statuses); code++ {
			n := string(rune('0' + code/10))
			if n == "0" {
				n = ""
			}
			n += string(rune('0' + code%10))
			r := h.do(version, "POST", "/v1/fail", `{"code":`+n+`,"message":"\u00fc\n","detail":{"name":"n"}}`, "content-type", jsonType)
			want := `{"code":` + n + `,"message":"ü\n","details":[{"@type":"type.googleapis.com/curlew.web.test.Book","name":"n"}]}`
			if r.StatusCode != statuses[code] || !sameJSON(t, r.body, want) || r.header("trailer-x-last") != "failed" || r.header("content-type") != jsonType {
				t.Errorf("code %d: status %d, header %v, body %s", code, r.StatusCode, r.Header, r.body)
			}
		}
		if r := h.do(version, "POST", "/v1/fail", `{"message":"panic"}`, "content-type", jsonType); r.StatusCode != 500 || !strings.Contains(r.body, "panicked") {
			t.Errorf("a panic: status %d, body %s", r.StatusCode, r.body)
		}
		if r := h.do(version, "GET", "/v1/fail?message=wait", "", "connect-timeout-ms", "1"); r.StatusCode != 504 {
			t.Errorf("a timeout: status %d, body %s", r.StatusCode, r.body)
		}
		if r := h.do(version, "GET", "/v1/fail?message=wait", "", "grpc-timeout", "1m"); r.StatusCode != 504 {
			t.Errorf("a timeout: status %d, body %s", r.StatusCode, r.body)
		}
	})
}

func TestServeRESTBytes(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	over(t, func(t *testing.T, version int) {
		r := h.do(version, "POST", "/v1/files/x", "\xff\x00{", "content-type", "image/png")
		if r.StatusCode != 200 || !sameJSON(t, r.body, `{"name":"x","title":"image/png","pages":"3"}`) {
			t.Errorf("upload: status %d, body %s", r.StatusCode, r.body)
		}
		r = h.do(version, "GET", "/v1/files/x.image%2Fpng", "")
		if r.StatusCode != 200 || r.body != "x.image/png" || r.header("content-type") != "image/png" {
			t.Errorf("download: status %d, header %v, body %s", r.StatusCode, r.Header, r.body)
		}
		r = h.do(version, "GET", "/v1/files/x", "")
		if r.StatusCode != 200 || r.body != "x" || r.header("content-type") != "application/octet-stream" {
			t.Errorf("download without a type: status %d, header %v, body %s", r.StatusCode, r.Header, r.body)
		}
		r = h.do(version, "GET", "/v1/files/x.a%0D%0Aset-cookie:b", "")
		if r.StatusCode != 500 || r.header("set-cookie") != "" {
			t.Errorf("a type that is none: status %d, header %v, body %s", r.StatusCode, r.Header, r.body)
		}
		r = h.do(version, "GET", "/v1/chunks/abc", "")
		if r.StatusCode != 200 || r.body != "abc" || r.header("content-type") != "text/plain" {
			t.Errorf("chunks: status %d, header %v, body %s", r.StatusCode, r.Header, r.body)
		}
		r = h.do(version, "POST", "/v1/store", strings.Repeat("\xff{ ", 5000), "content-type", "image/png")
		if r.StatusCode != 200 || !sameJSON(t, r.body, `{"title":"image/png","pages":"15000"}`) {
			t.Errorf("store: status %d, body %s", r.StatusCode, r.body)
		}
		if r = h.do(version, "POST", "/v1/store", "", "content-type", "image/png"); r.StatusCode != 200 || !sameJSON(t, r.body, `{}`) {
			t.Errorf("store nothing: status %d, body %s", r.StatusCode, r.body)
		}
	})
}

func TestServeRESTStreams(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	const lines, events = "application/x-ndjson", "text/event-stream"
	tests := []struct {
		name, method, path, body, accept string
		status                           int
		ct, want                         string
	}{
		{"lines", "GET", "/v1/watch?count=2", "", "", 200, lines, `{"name":"book 0"}` + "\n" + `{"name":"book 1"}` + "\n"},
		{"no line", "GET", "/v1/watch", "", "", 200, lines, ""},
		{"an error at once", "GET", "/v1/watch?code=5&message=no", "", "", 404, jsonType, `{"code":5,"message":"no"}`},
		{"an error later", "GET", "/v1/watch?count=1&code=5&message=no", "", "", 200, lines, `{"name":"book 0"}` + "\n" + `{"error":{"code":5,"message":"no"}}` + "\n"},
		{"events", "GET", "/v1/watch?count=1", "", events, 200, events, "data: {\"name\":\"book 0\"}\n\nevent: end\ndata: {}\n\n"},
		{"events among others", "GET", "/v1/watch?count=1", "", "text/html, " + events + ";q=0.5", 200, events, "data: {\"name\":\"book 0\"}\n\nevent: end\ndata: {}\n\n"},
		{"no event", "GET", "/v1/watch", "", events, 200, events, "event: end\ndata: {}\n\n"},
		{"an error before events", "GET", "/v1/watch?code=5", "", events, 404, jsonType, `{"code":5,"message":""}`},
		{"an error after events", "GET", "/v1/watch?count=1&code=5&message=a%0Ab", "", events, 200, events,
			"data: {\"name\":\"book 0\"}\n\nevent: error\ndata: {\"code\":5,\"message\":\"a\\u000ab\"}\n\n"},
		{"values on lines", "POST", "/v1/import", "{\"title\":\"a\"}\n{\"title\":\"b\"}\n", "", 200, jsonType, `{"title":"a;b;","pages":"2"}`},
		{"values without lines", "POST", "/v1/import", `{"title":"}{"}{"title":"\"b"} {}`, "", 200, jsonType, `{"title":"}{;\"b;;","pages":"3"}`},
		{"no values", "POST", "/v1/import", "", "", 200, jsonType, `{}`},
		{"half a value", "POST", "/v1/import", `{"title":"a"}{"title`, "", 400, jsonType, `{"code":3,"message":"the request ends inside a JSON value"}`},
		{"both ways", "POST", "/v1/discuss", `{"title":"a"}{"title":"b"}`, "", 200, lines, `{"title":"a"}` + "\n" + `{"title":"b"}` + "\n"},
		{"at the method's own path", "POST", library + "Import", `{"title":"a"}`, "", 200, jsonType, `{"title":"a;","pages":"1"}`},
	}
	over(t, func(t *testing.T, version int) {
		for _, tt := range tests {
			header := []string{"content-type", lines}
			if tt.body == "" {
				header = nil
			}
			if tt.accept != "" {
				header = append(header, "accept", tt.accept)
			}
			r := h.do(version, tt.method, tt.path, tt.body, header...)
			if r.StatusCode != tt.status || r.header("content-type") != tt.ct || r.err != nil || r.body != tt.want {
				t.Errorf("%s: status %d, header %v, body %q, %v; want %d and %q", tt.name, r.StatusCode, r.Header, r.body, r.err, tt.status, tt.want)
			}
			if tt.method != "GET" {
				continue
			}
			head := h.do(version, "HEAD", tt.path, "", header...)
			if head.StatusCode != tt.status || head.header("content-type") != tt.ct || head.err != nil || head.body != "" {
				t.Errorf("%s by HEAD: status %d, header %v, body %q, %v", tt.name, head.StatusCode, head.Header, head.body, head.err)
			}
		}
	})
}

// Each message is there when it has been sent, and an answer before the next question.
func TestServeRESTDuplex(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, nil)
	over(t, func(t *testing.T, version int) {
		questions := make(chan string)
		req := newRequest(t, http.MethodPost, "/v1/discuss", &pieces{from: questions}, "content-type", "application/x-ndjson")
		go func() { questions <- `{"title":"a"}` + "\n" }()
		res, err := h.clients[version].Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		buf := make([]byte, 100)
		for _, q := range []string{"b", "c", ""} {
			n, err := res.Body.Read(buf)
			if err != nil || !strings.HasPrefix(string(buf[:n]), `{"title":"`) {
				t.Fatalf("answer %q, %v", buf[:n], err)
			}
			if q == "" {
				close(questions)
			} else {
				questions <- `{"title":"` + q + `"}`
			}
		}
		if n, err := res.Body.Read(buf); n > 0 || err == nil {
			t.Errorf("%q, %v behind the end", buf[:n], err)
		}
	})
}

func TestIgnoredUnknown(t *testing.T) {
	curlewtest.NoLeaks(t)
	h := newHost(t, []web.Option{web.WithUnknownIgnored()})
	over(t, func(t *testing.T, version int) {
		for _, r := range []*reply{
			h.do(version, "GET", "/v1/echo?text=a&txet=b", ""),
			h.do(version, "POST", "/v1/echo?txet=a", `{"text":"a","txet":"b"}`, "content-type", jsonType),
		} {
			if r.StatusCode != 200 || !sameJSON(t, r.body, `{"text":"a"}`) {
				t.Errorf("status %d, body %s", r.StatusCode, r.body)
			}
		}
	})
}
