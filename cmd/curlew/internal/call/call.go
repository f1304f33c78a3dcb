// Package call is the command "curlew call", which calls a method of any gRPC
// server, with requests and responses in JSON.
package call

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/connect"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/rpcerror"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/schema"
	"github.com/spf13/cobra"
)

// options are those of the command.
type options struct {
	connect.Flags
	schema   schema.Flags
	data     string
	hasData  bool
	defaults bool
}

// New returns the command.
func New() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "call HOST:PORT package.Service/Method",
		Short: "Call a method of any gRPC server, JSON in and JSON out",
		Long: `Call makes a call to any gRPC server. What the messages look like it asks the
server, by reflection, unless --proto or --protoset says it. The server is
host:port, http://host:port, https://host:port or unix:path; to a URL the method
may be appended.

The request is a JSON object. A method that takes a stream of them takes any number,
one after the other; without -d they are read from standard input, so one can type
them. Responses are written as they come, one a line.

The status is 0 if the call succeeded, 64 and the code if it failed (so 69 is
NOT_FOUND), 2 if the command line or a request is wrong, and otherwise 1.`,
		Example: `  curlew call localhost:50051 demo.orders.v1.Orders/GetOrder -d '{"id": 1}'
  curlew call https://api.example.com shop.v1.Users/Get -H 'authorization: Bearer x' -d @request.json
  curlew call localhost:50051 demo.orders.v1.Orders/ImportOrders -d '{"item": "a"} {"item": "b"}'
  generate | curlew call localhost:50051 demo.orders.v1.Orders/ImportOrders -d @-
  curlew call --proto orders.proto -I proto localhost:50051 demo.orders.v1.Orders/GetOrder --timeout 2s`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.hasData = cmd.Flags().Changed("data")
			c := &caller{options: &o, in: cmd.InOrStdin(), out: cmd.OutOrStdout(), err: cmd.ErrOrStderr()}
			return c.run(cmd.Context(), args)
		},
	}
	o.Flags.Add(cmd)
	o.schema.Add(cmd)
	cmd.Flags().StringVarP(&o.data, "data", "d", "", "the `request`, or requests, in JSON; @file reads them from a file, @- from standard input")
	cmd.Flags().BoolVar(&o.defaults, "defaults", false, "show fields of responses that are not set, too")
	return cmd
}

// A caller makes one call.
type caller struct {
	*options
	in       io.Reader
	out, err io.Writer
}

func (c *caller) run(ctx context.Context, args []string) error {
	target, err := connect.ParseTarget(args[0])
	if err != nil {
		return exit.Usagef("%w", err)
	}
	service, method, err := methodOf(target, args[1:])
	if err != nil {
		return err
	}
	data, closeData, err := c.openData()
	if err != nil {
		return err
	}
	defer closeData()

	ctx, cancel := c.Context(ctx)
	defer cancel()
	source, err := c.schema.Files(ctx)
	if err != nil {
		return err
	}
	client, err := c.Open(ctx, target, c.err)
	if err != nil {
		return c.fail(err)
	}
	defer client.Close()
	if source == nil {
		source = schema.NewReflection(client)
	}
	md, err := schema.Method(ctx, source, service, method)
	if err != nil {
		return c.fail(err)
	}
	x := newExchange(c, md, source.Resolver(ctx))
	if err := x.perform(ctx, client, data); err != nil {
		return x.fail(err)
	}
	return nil
}

// methodOf returns the method that a command line names.
func methodOf(t connect.Target, rest []string) (service, method string, err error) {
	name := t.Path
	switch {
	case len(rest) == 1 && name != "":
		return "", "", exit.Usagef("the method is given twice: %s in the URL, and %s", name, rest[0])
	case len(rest) == 1:
		name = rest[0]
	case name == "":
		return "", "", exit.Usagef("which method? Write package.Service/Method after the server; 'curlew list %s' shows what there is", t.Name)
	}
	service, method, ok := schema.SplitMethod(name)
	if !ok {
		return "", "", exit.Usagef("%q is no method: write package.Service/Method", name)
	}
	return service, method, nil
}

// openData returns what -d says, nil if it is not given.
func (c *caller) openData() (data io.Reader, closeData func(), err error) {
	none := func() {}
	name, isFile := strings.CutPrefix(c.data, "@")
	switch {
	case !c.hasData:
		return nil, none, nil
	case !isFile:
		return strings.NewReader(c.data), none, nil
	case name == "-" || name == "":
		return c.in, none, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, exit.Usagef("-d: %w", err)
	}
	return f, func() { f.Close() }, nil
}

// fail returns the error to end the process with for one that came before the call.
func (c *caller) fail(err error) error { return Fail(c.err, c.JSON, err) }

// Fail writes what went wrong before a call, or instead of one, and returns the error
// to end the process with.
func Fail(w io.Writer, json bool, err error) error {
	var (
		name    *schema.NameError
		failure *connect.Error
		rpc     *curlew.Error
	)
	switch {
	case errors.As(err, &failure) && json:
		return rpcerror.Format{}.WriteJSON(w, failure.Code, failure.Error(), nil)
	case errors.As(err, &failure):
		return &exit.Error{Status: rpcerror.Status(failure.Code), Err: err}
	case errors.As(err, &name):
		return exit.Usagef("%w", err)
	case errors.Is(err, schema.ErrNoReflection):
		return fmt.Errorf("%w; give them by --proto or --protoset", err)
	case errors.As(err, &rpc):
		return rpcerror.Format{JSON: json}.Write(w, err)
	}
	return err
}
