// Package source gives commands that show a schema the options by which it is chosen:
// that of a server, or that of files.
package source

import (
	"context"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/call"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/connect"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/schema"
	"github.com/spf13/cobra"
)

// Options are those that choose the schema.
type Options struct {
	connect.Flags
	Schema schema.Flags
}

// Add gives cmd the options.
func (o *Options) Add(cmd *cobra.Command) {
	o.Flags.Add(cmd)
	o.Schema.Add(cmd)
}

// With calls f with the schema that the options choose, and the names that the
// arguments have: all of them if the schema comes from files, and otherwise those after
// the server. The server's own argument may end with a name, as a URL does. Errors are
// shown as those of calls are.
func (o *Options) With(cmd *cobra.Command, args []string, f func(ctx context.Context, s schema.Source, names []string) error) error {
	ctx, cancel := o.Context(cmd.Context())
	defer cancel()
	files, err := o.Schema.Files(ctx)
	if err != nil {
		return err
	}
	if files != nil {
		return o.fail(cmd, f(ctx, files, args))
	}
	if len(args) == 0 {
		return exit.Usagef("which server? Write host:port")
	}
	target, err := connect.ParseTarget(args[0])
	if err != nil {
		return exit.Usagef("%w", err)
	}
	client, err := o.Open(ctx, target, cmd.ErrOrStderr())
	if err != nil {
		return o.fail(cmd, err)
	}
	defer client.Close()
	names := args[1:]
	if len(names) == 0 && target.Path != "" {
		names = []string{target.Path}
	}
	return o.fail(cmd, f(ctx, schema.NewReflection(client), names))
}

func (o *Options) fail(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return call.Fail(cmd.ErrOrStderr(), o.JSON, err)
}
