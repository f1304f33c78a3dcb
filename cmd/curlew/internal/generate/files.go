package generate

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/compile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// files are compiled files. They are not changed any more when plugins run.
type files struct {
	all    []*descriptorpb.FileDescriptorProto // each after its imports
	byName map[string]*descriptorpb.FileDescriptorProto
	// paths are where files were read from; files that are built in have none. roots
	// are the import directories that they are in.
	paths map[string]string
	roots map[string]root
	// runtime are the files as plugins see those that they generate code for: without
	// options that are for source code only.
	runtime map[string]*descriptorpb.FileDescriptorProto
	// inputs are the names of the files to generate code for.
	inputs []string
}

func newFiles(result *compile.Result, in *inputs) *files {
	fs := &files{
		all:    result.Files,
		byName: make(map[string]*descriptorpb.FileDescriptorProto, len(result.Files)),
		paths:  make(map[string]string),
		roots:  make(map[string]root),
		inputs: in.names,
	}
	for _, f := range fs.all {
		name := f.GetName()
		fs.byName[name] = f
		for _, r := range in.roots {
			if file, err := (compile.Roots{r.dir}).Find(name); err == nil {
				fs.paths[name], fs.roots[name] = file, r
				break
			}
		}
	}
	return fs
}

// targets returns the names of the files to generate an output for, imports first.
func (fs *files) targets(o *Output) []string {
	chosen := make(map[string]bool)
	for _, name := range fs.inputs {
		file := fs.paths[name]
		if (len(o.Only) == 0 || isIn(file, o.Only)) && !isIn(file, o.Exclude) {
			chosen[name] = true
		}
	}
	if o.IncludeImports {
		for _, f := range fs.closure(slices.Collect(maps.Keys(chosen))) {
			if o.IncludeWellKnown || !strings.HasPrefix(f.GetName(), "google/protobuf/") {
				chosen[f.GetName()] = true
			}
		}
	}
	var names []string
	for _, f := range fs.all {
		if chosen[f.GetName()] {
			names = append(names, f.GetName())
		}
	}
	return names
}

// closure returns the files of these names and all that they import, in order.
func (fs *files) closure(names []string) []*descriptorpb.FileDescriptorProto {
	needed := make(map[string]bool)
	var visit func(name string)
	visit = func(name string) {
		f := fs.byName[name]
		if f == nil || needed[name] {
			return
		}
		needed[name] = true
		for _, dep := range slices.Concat(f.GetDependency(), f.GetOptionDependency()) {
			visit(dep)
		}
	}
	for _, name := range names {
		visit(name)
	}
	var list []*descriptorpb.FileDescriptorProto
	for _, f := range fs.all {
		if needed[f.GetName()] {
			list = append(list, f)
		}
	}
	return list
}

// A batch is what one call of a plugin gets, and where its files go.
type batch struct {
	names []string
	dir   string
}

// batches splits an output's targets into calls of its plugin.
func (fs *files) batches(o *Output) []batch {
	together := func(name string) string {
		switch {
		case o.builtin():
			// Files of a Go package need to be seen together, since names that they
			// declare must not collide; other files need not wait for them.
			return fs.byName[name].GetOptions().GetGoPackage()
		case o.PerDirectory:
			return path.Dir(name)
		}
		return ""
	}
	type key struct{ dir, group string }
	var order []key
	groups := make(map[key][]string)
	for _, name := range fs.targets(o) {
		k := key{dir: o.Dir, group: together(name)}
		if k.dir == "" {
			k.dir = fs.roots[name].dir
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], name)
	}
	list := make([]batch, len(order))
	for i, k := range order {
		list[i] = batch{names: groups[k], dir: filepath.Clean(k.dir)}
	}
	return list
}

// request returns what a plugin is told for a batch. plugin.proto says which of the
// files have all options, and which those alone that matter at run time.
func (fs *files) request(o *Output, b batch) *pluginpb.CodeGeneratorRequest {
	req := &pluginpb.CodeGeneratorRequest{
		FileToGenerate: b.names,
		ProtoFile:      fs.closure(b.names),
	}
	if len(o.Options) > 0 {
		req.Parameter = proto.String(strings.Join(o.Options, ","))
	}
	for _, name := range b.names {
		req.SourceFileDescriptors = append(req.SourceFileDescriptors, fs.byName[name])
	}
	for i, f := range req.ProtoFile {
		if slices.Contains(b.names, f.GetName()) {
			req.ProtoFile[i] = fs.runtime[f.GetName()]
		}
	}
	return req
}
