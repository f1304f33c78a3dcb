// Package list has the commands "curlew list", which shows the services of a server
// and their methods, and "curlew describe", which shows their definitions.
package list

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/schema"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/source"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// options are those of both commands.
type options struct {
	source.Options
	long bool
}

// New returns the command list.
func New() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "list [HOST:PORT] [service]",
		Short: "List the services of a server, or the methods of one",
		Long: `List shows the full names of a server's services, or the methods of one of them.
The server says so by reflection; with --proto or --protoset no server is asked and
none is named.`,
		Example: `  curlew list localhost:50051
  curlew list localhost:50051 demo.orders.v1.Orders --long
  curlew list --proto orders.proto`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.with(cmd, args, func(ctx context.Context, s schema.Source, service string) error {
				return o.list(ctx, s, service, cmd.OutOrStdout())
			})
		},
	}
	o.Add(cmd)
	cmd.Flags().BoolVarP(&o.long, "long", "l", false, "show the methods of all services, and their messages")
	return cmd
}

// with calls f with the schema that the options choose, and the name that the
// arguments have, if any.
func (o *options) with(cmd *cobra.Command, args []string, f func(context.Context, schema.Source, string) error) error {
	return o.With(cmd, args, func(ctx context.Context, s schema.Source, names []string) error {
		switch len(names) {
		case 0:
			return f(ctx, s, "")
		case 1:
			return f(ctx, s, names[0])
		}
		return exit.Usagef("the schema comes from files: no server is asked, so name none")
	})
}

// A service and a method as --json shows them.
type (
	serviceJSON struct {
		Name    string       `json:"name"`
		Methods []methodJSON `json:"methods,omitempty"`
	}
	methodJSON struct {
		Name            string `json:"name"`
		Request         string `json:"request"`
		Response        string `json:"response"`
		ClientStreaming bool   `json:"clientStreaming,omitempty"`
		ServerStreaming bool   `json:"serverStreaming,omitempty"`
		Deprecated      bool   `json:"deprecated,omitempty"`
	}
)

func (o *options) list(ctx context.Context, s schema.Source, name string, w io.Writer) error {
	names := []string{name}
	if name == "" {
		var err error
		if names, err = s.Services(ctx); err != nil {
			return err
		}
	}
	for _, n := range names {
		if name == "" && !o.long {
			if err := o.print(w, serviceJSON{Name: n}, n); err != nil {
				return err
			}
			continue
		}
		sd, err := schema.Service(ctx, s, n)
		if err != nil {
			return err
		}
		if err := o.methods(w, sd); err != nil {
			return err
		}
	}
	return nil
}

// methods shows a service's methods, in the form in which call takes them.
func (o *options) methods(w io.Writer, sd protoreflect.ServiceDescriptor) error {
	out := serviceJSON{Name: string(sd.FullName())}
	methods := sd.Methods()
	for i := range methods.Len() {
		md := methods.Get(i)
		out.Methods = append(out.Methods, methodJSON{
			Name:            string(md.Name()),
			Request:         string(md.Input().FullName()),
			Response:        string(md.Output().FullName()),
			ClientStreaming: md.IsStreamingClient(),
			ServerStreaming: md.IsStreamingServer(),
			Deprecated:      deprecated(md),
		})
		if o.JSON {
			continue
		}
		line := out.Name + "/" + string(md.Name())
		if o.long {
			line += signature(md)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	if o.JSON {
		return o.print(w, out, "")
	}
	return nil
}

func signature(md protoreflect.MethodDescriptor) string {
	in, out := string(md.Input().FullName()), string(md.Output().FullName())
	if md.IsStreamingClient() {
		in = "stream " + in
	}
	if md.IsStreamingServer() {
		out = "stream " + out
	}
	s := fmt.Sprintf("(%s) returns (%s)", in, out)
	if deprecated(md) {
		s += "  deprecated"
	}
	return s
}

func deprecated(d protoreflect.Descriptor) bool {
	o, ok := d.Options().(interface{ GetDeprecated() bool })
	return ok && o.GetDeprecated()
}

// print writes v as JSON if that is asked for, or else text, on one line.
func (o *options) print(w io.Writer, v any, text string) error {
	if o.JSON {
		line, err := json.Marshal(v)
		if err != nil {
			return err
		}
		text = string(line)
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
