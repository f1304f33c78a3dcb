package schema

import (
	"context"
	"errors"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/spf13/cobra"
)

// Flags are the options of commands that need a schema.
type Flags struct {
	Protos, Imports, Sets []string
}

// Add gives cmd the options.
func (f *Flags) Add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVar(&f.Protos, "proto", nil, "take the schema from this .proto `file`, not from the server")
	fl.StringArrayVarP(&f.Imports, "import", "I", nil, "look for .proto files and their imports in this `directory` (default: the current one)")
	fl.StringArrayVar(&f.Sets, "protoset", nil, "take the schema from this `file`, a FileDescriptorSet")
	cmd.MarkFlagsMutuallyExclusive("proto", "protoset")
}

// Files returns the schema in the files that are given, or nil if none are. Mistakes
// in them are the user's.
func (f *Flags) Files(ctx context.Context) (Source, error) {
	var (
		s   Source
		err error
	)
	switch {
	case len(f.Protos) > 0:
		s, err = FromProtos(ctx, f.Imports, f.Protos)
	case len(f.Imports) > 0:
		err = errors.New("-I is for the imports of --proto, which is not given")
	case len(f.Sets) > 0:
		s, err = FromSets(f.Sets)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, exit.Usagef("%w", err)
	}
	return s, nil
}
