package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/web"
)

func fetch(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// A document that was given is served as it is, in three forms, and again only if it is
// another one.
func TestOpenAPIDocument(t *testing.T) {
	document := `{"openapi":"3.1.0","info":{"title":"Books & more","version":"2"},"paths":{}}`
	srv := curlew.NewServer()
	h := httptest.NewServer(web.Handler(srv, web.WithOpenAPI(web.OpenAPI{Document: []byte(document), Page: "/docs/"})))
	defer h.Close()
	res, body := fetch(t, h.URL+"/openapi.json")
	var got struct{ Info struct{ Title string } }
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Info.Title != "Books & more" {
		t.Errorf("JSON: %v, %s", err, body)
	}
	if res, _ := fetch(t, h.URL+"/openapi.json", "If-None-Match", `"x", `+res.Header.Get("ETag")); res.StatusCode != 304 {
		t.Errorf("the same again: status %d", res.StatusCode)
	}
	if _, body := fetch(t, h.URL+"/openapi.yaml"); !strings.Contains(body, `title: "Books & more"`) {
		t.Errorf("YAML: %s", body)
	}
	res, body = fetch(t, h.URL+"/docs/")
	if !strings.Contains(body, "Books &amp; more") || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("page: %v %s", res.Header, body)
	}
	if res, _ := fetch(t, h.URL+"/docs/openapi.yaml"); res.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("beside the page: %v", res.Header)
	}
	if res, _ := fetch(t, h.URL+"/docs/else"); res.StatusCode != 404 {
		t.Errorf("below the page: status %d", res.StatusCode)
	}
}

// A server that has no document describes what it serves, but for what is for tools.
func TestOpenAPIOfServices(t *testing.T) {
	srv := curlew.NewServer()
	health.New().Register(srv)
	h := httptest.NewServer(web.Handler(srv, web.WithOpenAPI(web.OpenAPI{Title: "Nothing"})))
	defer h.Close()
	if _, body := fetch(t, h.URL+"/openapi.json"); !strings.Contains(body, `"Nothing"`) || strings.Contains(body, "Health") {
		t.Error(body)
	}
}

func TestOpenAPIRefused(t *testing.T) {
	for name, o := range map[string]web.OpenAPI{
		"no JSON":       {Document: []byte("nothing")},
		"a page's path": {Page: "docs"},
	} {
		h := httptest.NewServer(web.Handler(curlew.NewServer(), web.WithOpenAPI(o)))
		if res, _ := fetch(t, h.URL+"/openapi.json"); res.StatusCode != 500 {
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
		h.Close()
	}
}
