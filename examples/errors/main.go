// Errors shows what a handler tells its client about a failure, what it keeps to
// itself, and what a client makes of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"github.com/curlew-rpc/curlew"
	accountsv1 "github.com/curlew-rpc/curlew/examples/proto/accounts/v1"
)

// accounts implements accountsv1.AccountService.
type accounts struct {
	taken map[string]bool
}

func (a accounts) Open(_ context.Context, req *accountsv1.OpenRequest) (*accountsv1.OpenResponse, error) {
	var bad []*errdetails.BadRequest_FieldViolation
	if req.GetName() == "" {
		bad = append(bad, &errdetails.BadRequest_FieldViolation{Field: "name", Description: "is empty"})
	}
	if !strings.Contains(req.GetEmail(), "@") {
		bad = append(bad, &errdetails.BadRequest_FieldViolation{Field: "email", Description: "has no @"})
	}
	switch {
	case bad != nil:
		// Details are messages that programs read: here, which fields to mark.
		return nil, curlew.Errorf(curlew.InvalidArgument, "%d fields are wrong", len(bad)).
			With(&errdetails.BadRequest{FieldViolations: bad})
	case a.taken[req.GetName()]:
		// A bare code is enough when there is no more to say.
		return nil, curlew.AlreadyExists
	}
	if err := store(req.GetName()); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			// The cause is for the server's own log and interceptors; it is not sent.
			return nil, curlew.Errorf(curlew.Unavailable, "accounts are read-only for now").Because(err)
		}
		// The client is told Unknown, and nothing of the text.
		return nil, err
	}
	return &accountsv1.OpenResponse{Id: 1}, nil
}

// store fails for names that say so.
func store(name string) error {
	switch name {
	case "frozen":
		return &fs.PathError{Op: "open", Path: "accounts.db", Err: fs.ErrPermission}
	case "broken":
		return errors.New("db-7: password hunter2 refused")
	}
	return nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// Without a logger the server would be silent about what it does not send.
	srv := curlew.NewServer(curlew.WithLogger(slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))))
	accountsv1.RegisterAccountService(srv, accounts{taken: map[string]bool{"ada": true}})
	go srv.Serve(l)
	defer srv.Close()

	client, err := curlew.NewClient(l.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	c := accountsv1.NewAccountServiceClient(client).With(curlew.Timeout(5 * time.Second))
	for _, name := range []string{"grace", "ada", "frozen", "broken", ""} {
		email := name
		if name != "" {
			email += "@example.com"
		}
		res, err := c.Open(context.Background(), &accountsv1.OpenRequest{Name: name, Email: email})
		explain(out, name, res, err)
	}
	return nil
}

// explain is how a client looks at an error.
func explain(out io.Writer, name string, res *accountsv1.OpenResponse, err error) {
	switch {
	case err == nil:
		fmt.Fprintf(out, "%q: account %d\n", name, res.GetId())
	case errors.Is(err, curlew.AlreadyExists):
		fmt.Fprintf(out, "%q: choose another name\n", name)
	case errors.Is(err, curlew.InvalidArgument):
		fmt.Fprintf(out, "%q: %v\n", name, err)
		for bad := range curlew.Details[*errdetails.BadRequest](err) {
			for _, v := range bad.GetFieldViolations() {
				fmt.Fprintf(out, "    %s %s\n", v.GetField(), v.GetDescription())
			}
		}
	default:
		fmt.Fprintf(out, "%q: %v\n", name, err)
	}
}
