package web_test

import (
	"io"
	"net/http"
)

// text returns a handler that says s.
func text(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) })
}
