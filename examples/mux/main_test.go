package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	const want = `HTTP/1.1 GET /
  200 text/html; charset=utf-8
  <!doctype html>
  <title>Greetings</title>
  <form><input name="name" value="Ada"> <output></output></form>
  <script type="module">
  document.forms[0].addEventListener("submit", async (event) => {
HTTP/1.1 POST /greet.v1.GreetService/Greet
  Hello, Ada!
HTTP/1.1 POST /greet.v1.GreetService/Greet
  INVALID_ARGUMENT: whom shall I greet?
HTTP/2.0 POST /greet.v1.GreetService/Greet
  Hello, Grace!
HTTP/2.0 POST /weather.v1.WeatherService/Watch
  Skellig: 7.0 °C
  Skellig: 8.0 °C
  Skellig: 9.0 °C
HTTP/1.1 GET /metrics
  200 text/plain; version=0.0.4
  calls_total{method="/greet.v1.GreetService/Greet",code="INVALID_ARGUMENT"} 1
  calls_total{method="/greet.v1.GreetService/Greet",code="OK"} 2
  calls_total{method="/weather.v1.WeatherService/Watch",code="OK"} 1
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}

// The site is a http.Handler, and tested as any other.
func TestSite(t *testing.T) {
	handler, err := newHandler(func(*http.Request) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/greet.v1.GreetService/Greet?connect=v1&encoding=json&message=%7B%22name%22%3A%22Ada%22%7D", "", 200, `{"greeting":"Hello, Ada!"}`},
		{"POST", "/greet.v1.GreetService/Greet", `{"name": "Ada"}`, 200, `{"greeting":"Hello, Ada!"}`},
		{"POST", "/greet.v1.GreetService/Greet", `{}`, 400, `{"code":"invalid_argument","message":"whom shall I greet?"}`},
		{"POST", "/weather.v1.WeatherService/Watch", `{"station": "Mizen"}`, 200, `{"reading":{"station":"Mizen","celsius":9}}` + "\n"},
		{"POST", "/greet.v1.GreetService/Part", `{}`, 404, "there is nothing here\n"},
		{"GET", "/no.such.file", "", 404, "404 page not found\n"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
		if test.body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != test.status || !strings.HasSuffix(w.Body.String(), test.want) {
			t.Errorf("%s %s: %d %s", test.method, test.path, w.Code, w.Body)
		}
	}
}
