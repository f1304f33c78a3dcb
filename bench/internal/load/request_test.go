package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// describe answers with what it was sent.
func describe(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/missing" {
		w.WriteHeader(http.StatusNotFound)
	}
	fmt.Fprintf(w, "%s %s %s %q %s", r.Proto, r.Method, r.URL, r.Header.Get("Content-Type"), body)
}

func TestFetch(t *testing.T) {
	url := "http://" + serve(t, describe)
	for _, tt := range []struct {
		name    string
		request Request
		path    string
		want    string
		wantErr string
	}{
		{
			name: "a POST", request: Request{Header: []string{"content-type: application/json"}, Body: []byte("{}")}, path: "/a",
			want: `HTTP/2.0 POST /a "application/json" {}`,
		},
		{name: "an empty POST", request: Request{Body: []byte{}}, path: "/a", want: `HTTP/2.0 POST /a "" `},
		{name: "a GET", path: "/a/b?c=d&e=f", want: `HTTP/2.0 GET /a/b?c=d&e=f "" `},
		{name: "not found", path: "/missing", wantErr: "GET /missing: 404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.request.Fetch(context.Background(), url, tt.path)
			if problem := mismatch(err, tt.wantErr); problem != "" {
				t.Fatal(problem)
			}
			if err == nil && string(got) != tt.want {
				t.Errorf("answer %q, want %q", got, tt.want)
			}
		})
	}
}

func TestH2loadArguments(t *testing.T) {
	l := H2load{URL: "http://a", Conns: 1, Streams: 2, Requests: 3, Dir: t.TempDir()}
	for _, tt := range []struct {
		name    string
		request Request
		want    string
	}{
		{"a POST", Request{Paths: []string{"/p"}, Header: []string{"k: v"}, Body: []byte("b")}, "[-c 1 -m 2 -n 3 -H k: v -d BODY http://a/p]"},
		{"GETs", Request{Paths: []string{"/p?q=1", "/p?q=2"}}, "[-c 1 -m 2 -n 3 http://a/p?q=1 http://a/p?q=2]"},
	} {
		l.Request = tt.request
		if got := fmt.Sprint(l.args("BODY")); got != tt.want {
			t.Errorf("%s: arguments %s, want %s", tt.name, got, tt.want)
		}
	}
}
