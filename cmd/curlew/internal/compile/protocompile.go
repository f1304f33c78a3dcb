package compile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile/experimental/fdp"
	"github.com/bufbuild/protocompile/experimental/incremental"
	"github.com/bufbuild/protocompile/experimental/incremental/queries"
	"github.com/bufbuild/protocompile/experimental/ir"
	"github.com/bufbuild/protocompile/experimental/report"
	"github.com/bufbuild/protocompile/experimental/report/rtags"
	"github.com/bufbuild/protocompile/experimental/source"
	"github.com/bufbuild/protocompile/experimental/source/length"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// New returns a compiler that looks for imports in the roots and then among what is
// built in: Google's well-known types, which nothing in the roots replaces, and the
// files that IsBundled knows.
func New(roots Roots) Compiler { return &compiler{roots} }

type compiler struct {
	roots Roots
}

func (c *compiler) Compile(ctx context.Context, names []string) (*Result, error) {
	opener := source.Openers{source.WKTs(), &rootOpener{c.roots}, &bundleOpener{}}
	var options fdp.Options
	options.Apply(fdp.IncludeSourceCodeInfo(true))
	results, diagnostics, err := incremental.Run(ctx, incremental.New(), queries.FDS{
		Opener:    &opener,
		Session:   new(ir.Session),
		Workspace: source.NewWorkspace(names...),
		Options:   options,
	})
	if err != nil {
		return nil, err
	}
	failed, warnings := c.diagnose(diagnostics, names)
	if len(failed) > 0 {
		return nil, failed
	}
	if err := results[0].Fatal; err != nil {
		return nil, err
	}
	files, err := decodeOptions(results[0].Value)
	if err != nil {
		return nil, err
	}
	return &Result{Files: order(files, names), Warnings: warnings}, nil
}

// diagnose splits a report into errors, and warnings about the files of these names.
// What else the compiler warns of is a matter of style.
func (c *compiler) diagnose(r *report.Report, names []string) (failed, warnings Diagnostics) {
	asked := make(map[string]bool, len(names))
	for _, name := range names {
		if file, err := c.roots.Find(name); err == nil {
			asked[file] = true
		}
	}
	for i := range r.Diagnostics {
		d := convert(&r.Diagnostics[i])
		switch level := r.Diagnostics[i].Level(); {
		case level <= report.Error:
			failed = append(failed, d)
		case r.Diagnostics[i].Is(rtags.UnusedImport) && asked[d.File]:
			warnings = append(warnings, d)
		}
	}
	for _, ds := range []Diagnostics{failed, warnings} {
		slices.SortStableFunc(ds, func(a, b Diagnostic) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
	}
	return failed, warnings
}

// noSuchImport is the message about an import that cannot be found. It does not name
// it, because it is printed with the source line.
const noSuchImport = "imported file does not exist"

var importName = regexp.MustCompile(`^import\b[^"']*["']([^"']+)["']`)

// convert joins a diagnostic's advice to its message, since it gets one line.
func convert(d *report.Diagnostic) Diagnostic {
	out := Diagnostic{File: d.File(), Message: d.Message()}
	if d.Level() == report.ICE {
		out.Message = "internal error of the compiler: " + out.Message
	}
	if span := d.Primary(); !span.IsZero() {
		at := span.Location(span.Start, length.Runes)
		out.Line, out.Column = at.Line, at.Column
		if m := importName.FindStringSubmatch(span.Text()); m != nil && out.Message == noSuchImport {
			out.Missing = m[1]
			out.Message = fmt.Sprintf("imported file %q does not exist", out.Missing)
		}
	}
	for _, help := range d.Help() {
		out.Message += " (" + help + ")"
	}
	out.Message = strings.ReplaceAll(out.Message, "\n", " ")
	return out
}

// decodeOptions decodes the options, which the compiler leaves encoded.
func decodeOptions(set *descriptorpb.FileDescriptorSet) ([]*descriptorpb.FileDescriptorProto, error) {
	data, err := proto.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encoding descriptors: %w", err)
	}
	decoded := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(data, decoded); err != nil {
		return nil, fmt.Errorf("decoding descriptors: %w", err)
	}
	return decoded.File, nil
}

// order sorts files so that each stands after its imports, and otherwise as names
// and import statements have them.
func order(files []*descriptorpb.FileDescriptorProto, names []string) []*descriptorpb.FileDescriptorProto {
	byName := make(map[string]*descriptorpb.FileDescriptorProto, len(files))
	for _, f := range files {
		byName[f.GetName()] = f
	}
	sorted := make([]*descriptorpb.FileDescriptorProto, 0, len(files))
	var visit func(name string)
	visit = func(name string) {
		f := byName[name]
		if f == nil {
			return
		}
		delete(byName, name)
		for _, dep := range slices.Concat(f.GetDependency(), f.GetOptionDependency()) {
			visit(dep)
		}
		sorted = append(sorted, f)
	}
	for _, name := range names {
		visit(name)
	}
	return sorted
}

// rootOpener opens the files in the roots.
type rootOpener struct {
	roots Roots
}

func (o *rootOpener) Open(name string) (*source.File, error) {
	file, err := o.roots.Find(name)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return source.NewFile(file, string(text)), nil
}

// bundleOpener opens the files whose descriptors are linked.
type bundleOpener struct{ _ byte } // not of size zero: openers are told apart by address

func (*bundleOpener) Open(name string) (*source.File, error) {
	text, err := bundled(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return nil, fmt.Errorf("printing the built-in %s: %w", name, err)
	}
	return source.NewFile(name, text), nil
}
