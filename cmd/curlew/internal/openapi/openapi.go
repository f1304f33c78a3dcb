// Package openapi has the command "curlew openapi", which describes services as an
// OpenAPI document.
package openapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/schema"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/source"
	"github.com/curlew-rpc/curlew/internal/openapi"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const long = `Openapi writes an OpenAPI 3.1 document about services: the paths that google.api.http
gives to their methods, and those of the Connect protocol, which all methods have
(POST /package.Service/Method, and GET if the method has no side effects). Messages
are described as JSON has them.

Comments in .proto files become descriptions. So --proto makes a better document than
a running server, which as a rule does not know its comments. A server can embed what
was written and serve that.

Without names, all services of the --proto files are described, or all of the server
but those for tools, as reflection and health are. The document goes to standard
output as JSON, or to a file as JSON or YAML, as the file's name says: .json, .yaml or
.yml.`

const example = `  curlew openapi --proto orders.proto
  curlew openapi --proto orders.proto -o openapi.yaml --title Orders --version 1.4.0
  curlew openapi --proto orders.proto -o openapi.json --check
  curlew openapi localhost:50051 demo.orders.v1.Orders`

// options are those of the command.
type options struct {
	source.Options
	out    string
	check  bool
	config openapi.Config
}

// New returns the command openapi.
func New() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "openapi [HOST:PORT] [service]...",
		Short:   "Describe services as an OpenAPI document",
		Long:    long,
		Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			write, err := o.writer()
			if err != nil {
				return err
			}
			return o.With(cmd, args, func(ctx context.Context, s schema.Source, names []string) error {
				d, err := o.describe(ctx, s, names)
				if err != nil {
					return err
				}
				return o.deliver(cmd, write(d))
			})
		},
	}
	o.Add(cmd)
	fl := cmd.Flags()
	fl.StringVarP(&o.out, "out", "o", "", "write to this `file`: .json, .yaml or .yml (default: JSON, to standard output)")
	fl.BoolVar(&o.check, "check", false, "write nothing, and fail if the file would change")
	fl.StringVar(&o.config.Title, "title", "", "the `name` of the API (default: that of the service, or of the package)")
	fl.StringVar(&o.config.Version, "version", "", "the `version` of the API (default: the package's, as v1, or else 0.0.0)")
	fl.StringVar(&o.config.Description, "description", "", "what the API is about: `Markdown`")
	fl.StringArrayVar(&o.config.Servers, "server", nil, "the `URL` below which the paths are (can be repeated; default: where the document is served from)")
	fl.BoolVar(&o.config.Bearer, "bearer", false, "say that calls carry a bearer token")
	fl.BoolVar(&o.config.NoConnect, "no-connect", false, "leave out the paths of the Connect protocol")
	fl.BoolVar(&o.config.NoREST, "no-rest", false, "leave out the paths of google.api.http")
	return cmd
}

// writer returns what writes a document in the format that the file's name asks for.
func (o *options) writer() (func(*openapi.Document) []byte, error) {
	if o.check && o.out == "" {
		return nil, exit.Usagef("--check compares with the file of -o, which is not given")
	}
	if o.config.NoConnect && o.config.NoREST {
		return nil, exit.Usagef("--no-connect and --no-rest leave nothing")
	}
	switch strings.ToLower(filepath.Ext(o.out)) {
	case ".yaml", ".yml":
		return (*openapi.Document).YAML, nil
	case ".json":
		return (*openapi.Document).JSON, nil
	}
	if o.out == "" {
		return (*openapi.Document).JSON, nil
	}
	return nil, exit.Usagef("-o %s: the name of the file does not end with .json, .yaml or .yml", o.out)
}

// describe returns the document about the services that are named, or all.
func (o *options) describe(ctx context.Context, s schema.Source, names []string) (*openapi.Document, error) {
	named := len(names) > 0
	if !named {
		var err error
		if names, err = s.Services(ctx); err != nil {
			return nil, err
		}
	}
	var services []protoreflect.ServiceDescriptor
	for _, name := range names {
		sd, err := schema.Service(ctx, s, name)
		if err != nil {
			return nil, err
		}
		if named || o.isMeant(sd) {
			services = append(services, sd)
		}
	}
	if len(services) == 0 {
		return nil, exit.Usagef("there are no services to describe")
	}
	return openapi.Build(services, o.config)
}

// isMeant reports whether a service is described without being named. Those that the
// files of --proto import are not.
func (o *options) isMeant(sd protoreflect.ServiceDescriptor) bool {
	if len(o.Schema.Protos) == 0 {
		return !openapi.Infrastructure(sd.FullName())
	}
	file := sd.ParentFile().Path()
	return slices.ContainsFunc(o.Schema.Protos, func(p string) bool {
		p = path.Clean(filepath.ToSlash(p))
		return p == file || strings.HasSuffix(p, "/"+file)
	})
}

// deliver writes the document to where it shall go, or compares it with what is there.
func (o *options) deliver(cmd *cobra.Command, document []byte) error {
	switch {
	case o.check:
		before, err := os.ReadFile(o.out)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if !bytes.Equal(before, document) {
			return fmt.Errorf("%s is out of date", o.out)
		}
		return nil
	case o.out != "":
		return os.WriteFile(o.out, document, 0o644)
	}
	_, err := io.Copy(cmd.OutOrStdout(), bytes.NewReader(document))
	return err
}
