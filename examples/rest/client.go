package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A client calls the shelf as any program does that knows HTTP and JSON, and prints what
// it gets.
type client struct {
	base string
	http *http.Client
	out  io.Writer
}

// visit makes requests of every kind.
func (c *client) visit(ctx context.Context) error {
	for _, r := range []struct{ method, path, body string }{
		{"GET", "/v1/books/1", ""},
		{"GET", "/v1/books?minPages=100", ""},
		{"GET", "/v1/authors/Grace/books", ""},
		{"POST", "/v1/books", `{"title": "Waders", "author": "Ada"}`},
		{"PUT", "/v1/books/3", `{"title": "Waders", "author": "Ada", "pages": 30}`},
		{"PATCH", "/v1/books/3", `{"pages": 31}`},
		{"POST", "/v1/books/3:lend", `{"borrower": "Edsger"}`},
		{"POST", "/v1/books:import", `{"title": "Tides"} {"title": "Dunes"}`},
		{"DELETE", "/v1/books/4", ""},
		{"GET", "/v1/books/2:read", ""},
	} {
		if err := c.show(ctx, r.method, r.path, r.body); err != nil {
			return err
		}
	}
	for _, f := range []func(context.Context) error{c.mistakes, c.lines, c.events} {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

// send makes a request with JSON in it. The caller closes the response's body.
func (c *client) send(ctx context.Context, method, path, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.http.Do(req)
}

// show makes a request and prints the whole response.
func (c *client) show(ctx context.Context, method, path, body string) error {
	res, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s %s: %d\n  %s\n", method, path, res.StatusCode, strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n  "))
	return nil
}

// mistakes shows what a client learns from an error: google.rpc.Status, as JSON.
func (c *client) mistakes(ctx context.Context) error {
	res, err := c.send(ctx, "POST", "/v1/books", `{"pages": 1}`)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var status struct {
		Code    int
		Message string
		Details []struct {
			Type            string `json:"@type"`
			FieldViolations []struct{ Field, Description string }
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&status); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "a book without a title: %d, code %d, %s\n", res.StatusCode, status.Code, status.Message)
	for _, d := range status.Details {
		for _, v := range d.FieldViolations {
			fmt.Fprintf(c.out, "  %s: %s %s\n", d.Type, v.Field, v.Description)
		}
	}
	return nil
}

// lines reads a stream as JSON values on lines, while it goes on, and leaves.
func (c *client) lines(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the handler's context is cancelled, too
	res, err := c.send(ctx, "GET", "/v1/books:watch", "")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	fmt.Fprintln(c.out, "the books, as", res.Header.Get("Content-Type"))
	d := json.NewDecoder(res.Body)
	for range 2 {
		var book struct{ Title string }
		if err := d.Decode(&book); err != nil {
			return err
		}
		fmt.Fprintln(c.out, " ", book.Title)
	}
	return nil
}

// events reads a stream as server-sent events, which browsers have EventSource for.
func (c *client) events(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, "GET", c.base+"/v1/books:watch?limit=2", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	fmt.Fprintln(c.out, "the books, as", res.Header.Get("Content-Type"))
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if lines.Text() != "" {
			fmt.Fprintln(c.out, " ", lines.Text())
		}
	}
	return lines.Err()
}
