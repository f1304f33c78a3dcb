package generate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// A generatedFile is what a plugin wants to be written.
type generatedFile struct {
	path    string
	content string
	plugin  string
}

// runOutputs runs all plugins, several at once. A plugin that fails does not stop the
// others, so that each error is one's own.
func runOutputs(ctx context.Context, outputs []Output, fs *files, notes io.Writer) ([]generatedFile, error) {
	type call struct {
		output *Output
		batch  batch
		files  []generatedFile
		notes  string
		err    error
	}
	var calls []*call
	for i := range outputs {
		o := &outputs[i]
		for _, b := range fs.batches(o) {
			calls = append(calls, &call{output: o, batch: b})
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, c := range calls {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			c.files, c.notes, c.err = runPlugin(ctx, c.output, c.batch, fs)
		})
	}
	wg.Wait()
	var all []generatedFile
	var failed []error
	seen := make(map[string]bool)
	for _, c := range calls {
		fmt.Fprint(notes, c.notes)
		all = append(all, c.files...)
		if c.err == nil {
			continue
		}
		// A plugin fails in the same way for each directory if it is not there.
		err := fmt.Errorf("%s: %w", c.output.name(), c.err)
		if !seen[err.Error()] {
			seen[err.Error()] = true
			failed = append(failed, err)
		}
	}
	return all, errors.Join(failed...)
}

// runPlugin calls a plugin once.
func runPlugin(ctx context.Context, o *Output, b batch, fs *files) (list []generatedFile, notes string, err error) {
	req := fs.request(o, b)
	var res *pluginpb.CodeGeneratorResponse
	if o.builtin() {
		res, err = runBuiltin(shortName(o.Plugin), req)
	} else {
		command := o.Command
		if len(command) == 0 {
			if command, err = findPlugin(o.Plugin); err != nil {
				return nil, "", err
			}
		}
		res, notes, err = runExternal(ctx, command, req)
	}
	if err != nil {
		return nil, notes, err
	}
	if res.Error != nil {
		return nil, notes, errors.New(strings.TrimSpace(res.GetError()))
	}
	if err := checkFeatures(res, b, fs); err != nil {
		return nil, notes, err
	}
	list, err = collect(res, o, b)
	return list, notes, err
}

// checkFeatures reports a file that the plugin does not understand, by what it says
// that it supports.
func checkFeatures(res *pluginpb.CodeGeneratorResponse, b batch, fs *files) error {
	supports := func(f pluginpb.CodeGeneratorResponse_Feature) bool {
		return res.GetSupportedFeatures()&uint64(f) != 0
	}
	for _, name := range b.names {
		f := fs.byName[name]
		if f.GetSyntax() == "editions" {
			edition := f.GetEdition()
			if !supports(pluginpb.CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS) {
				return fmt.Errorf("%s: the plugin does not support editions", name)
			}
			if int32(edition) < res.GetMinimumEdition() || int32(edition) > res.GetMaximumEdition() {
				return fmt.Errorf("%s: the plugin does not support edition %s", name, strings.TrimPrefix(edition.String(), "EDITION_"))
			}
		}
		if !supports(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL) && hasProto3Optional(f.GetMessageType()) {
			return fmt.Errorf("%s: the plugin does not support optional fields in proto3", name)
		}
	}
	return nil
}

func hasProto3Optional(messages []*descriptorpb.DescriptorProto) bool {
	for _, m := range messages {
		for _, field := range m.GetField() {
			if field.GetProto3Optional() {
				return true
			}
		}
		if hasProto3Optional(m.GetNestedType()) {
			return true
		}
	}
	return false
}

// collect returns the response's files. One without a name goes on where the one
// before ended.
func collect(res *pluginpb.CodeGeneratorResponse, o *Output, b batch) ([]generatedFile, error) {
	var list []generatedFile
	for _, f := range res.GetFile() {
		name := f.GetName()
		switch {
		case f.GetInsertionPoint() != "":
			return nil, fmt.Errorf("it inserts into %s, which is not supported", name)
		case name == "" && len(list) > 0:
			list[len(list)-1].content += f.GetContent()
			continue
		case !filepath.IsLocal(filepath.FromSlash(name)):
			return nil, fmt.Errorf("it wants to write %q, which is not in its directory", name)
		}
		list = append(list, generatedFile{
			path:    filepath.Join(b.dir, filepath.FromSlash(name)),
			content: f.GetContent(),
			plugin:  o.name(),
		})
	}
	return list, nil
}
