package generate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/compile"
)

// ErrOutOfDate is what Run returns if it only checks and there is something to change.
var ErrOutOfDate = errors.New("generated files are out of date")

// Run generates. Nothing is written if anything fails, and files that are as they
// shall be are not touched. If check is true, nothing is written at all: the files
// that would be are reported to notes, and the error is ErrOutOfDate. Warnings and
// what plugins say go to notes too.
//
// Errors of .proto files are a compile.Diagnostics.
func Run(ctx context.Context, c *Config, check bool, notes io.Writer) error {
	outputs := c.Outputs
	if len(outputs) == 0 {
		outputs = DefaultOutputs()
	}
	in, err := findInputs(c)
	if err != nil {
		return err
	}
	if c.Clean {
		if err := mayClean(outputs, in); err != nil {
			return err
		}
	}
	fs, err := prepare(ctx, c, outputs, in, notes)
	if err != nil {
		return err
	}
	generated, err := runOutputs(ctx, outputs, fs, notes)
	if err != nil {
		return err
	}
	if generated, err = merge(generated); err != nil {
		return err
	}
	found, err := changes(generated)
	if err != nil {
		return err
	}
	if c.Clean {
		superfluous, err := leftovers(outputs, generated)
		if err != nil {
			return err
		}
		found = append(found, superfluous...)
	}
	if !check {
		return apply(found)
	}
	for _, change := range found {
		fmt.Fprintln(notes, change)
	}
	if len(found) > 0 {
		return ErrOutOfDate
	}
	return nil
}

// prepare compiles the inputs and completes their options.
func prepare(ctx context.Context, c *Config, outputs []Output, in *inputs, notes io.Writer) (*files, error) {
	result, err := compile.New(in.compileRoots()).Compile(ctx, in.names)
	if err != nil {
		var diagnostics compile.Diagnostics
		if errors.As(err, &diagnostics) {
			in.advise(diagnostics)
		}
		return nil, err
	}
	for _, warning := range result.Warnings {
		warning.Message = "warning: " + warning.Message
		fmt.Fprintln(notes, warning)
	}
	fs := newFiles(result, in)
	if c.Managed != nil {
		for _, f := range fs.all {
			if fs.paths[f.GetName()] != "" && !strings.HasPrefix(f.GetName(), "google/protobuf/") {
				c.Managed.apply(managedFile{f, fs.roots[f.GetName()].module})
			}
		}
	}
	if err := fs.completeGoPackages(outputs); err != nil {
		return nil, err
	}
	fs.runtime, err = compile.WithoutSourceOptions(fs.all)
	return fs, err
}
