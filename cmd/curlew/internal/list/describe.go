package list

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/schema"
	"github.com/jhump/protoreflect/v2/protoprint"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// NewDescribe returns the command describe.
func NewDescribe() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "describe [HOST:PORT] [symbol]",
		Short: "Show the definition of a service, method, message or enum",
		Long: `Describe shows definitions as a .proto file has them: of the symbol, which is a full
name such as demo.orders.v1.Order, or else of all services. A method is shown with the
messages that it takes and returns.`,
		Example: `  curlew describe localhost:50051 demo.orders.v1.Orders/GetOrder
  curlew describe --proto orders.proto demo.orders.v1.Order`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.with(cmd, args, func(ctx context.Context, s schema.Source, symbol string) error {
				return describe(ctx, s, symbol, cmd.OutOrStdout())
			})
		},
	}
	o.Add(cmd)
	return cmd
}

func describe(ctx context.Context, s schema.Source, symbol string, w io.Writer) error {
	names := []string{symbol}
	if symbol == "" {
		var err error
		if names, err = s.Services(ctx); err != nil {
			return err
		}
	}
	var file protoreflect.FileDescriptor
	for _, name := range names {
		d, err := schema.Symbol(ctx, s, name)
		if err != nil {
			return err
		}
		for _, d := range withMessages(d) {
			if err := definition(w, d, file); err != nil {
				return err
			}
			file = d.ParentFile()
		}
	}
	return nil
}

// withMessages returns d and, if it is a method, its messages.
func withMessages(d protoreflect.Descriptor) []protoreflect.Descriptor {
	all := []protoreflect.Descriptor{d}
	if md, ok := d.(protoreflect.MethodDescriptor); ok {
		all = append(all, md.Input())
		if md.Output() != md.Input() {
			all = append(all, md.Output())
		}
	}
	return all
}

// definition writes a definition, below its package unless the one before it, if any,
// is in the same file.
func definition(w io.Writer, d protoreflect.Descriptor, before protoreflect.FileDescriptor) error {
	text, err := text(d)
	if err != nil {
		return err
	}
	if before != nil {
		fmt.Fprintln(w)
	}
	if before != d.ParentFile() {
		if p := d.ParentFile().Package(); p != "" {
			fmt.Fprintf(w, "package %s; ", p)
		}
		fmt.Fprintf(w, "// %s\n\n", d.ParentFile().Path())
	}
	_, err = fmt.Fprintln(w, text)
	return err
}

func text(d protoreflect.Descriptor) (string, error) {
	p := protoprint.Printer{Compact: true, OmitComments: protoprint.CommentsDetached}
	s, err := p.PrintProtoToString(d)
	if err != nil {
		return "", fmt.Errorf("printing %s: %w", d.FullName(), err)
	}
	return spacedMethod.ReplaceAllString(strings.TrimSpace(s), "$1($2) returns ($3)"), nil
}

// spacedMethod is a method as the printer writes it.
var spacedMethod = regexp.MustCompile(`(?m)^( *rpc \w+) \( ([^()]+) \) returns \( ([^()]+) \)`)
