package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/generate"
	"github.com/spf13/cobra"
)

const generateLong = `Generate code from .proto files.

Without arguments and without a configuration, it is for all .proto files below the
current directory: Go messages (*.pb.go), methods that encode and decode them fast
(*_curlew_codec.pb.go) and Curlew services (*_curlew.pb.go), each beside its .proto
file. Neither protoc nor any plugin needs to be installed.

A configuration is read from --config, or else from curlew.yaml or buf.gen.yaml in
the current directory. The plugins go and curlew are built in. Any other NAME is the
program protoc-gen-NAME: a tool of go.mod, in PATH, or in node_modules/.bin. This is a
curlew.yaml; its paths are relative to its directory, and only version is needed:

  version: 1
  imports: [proto]           # where imports are looked for; otherwise what a buf.yaml
                             # says, or the current directory
  inputs: [proto/user]       # .proto files and directories; otherwise all in imports
  exclude: [proto/user/old]  # not these
  clean: false               # remove other files from the directories of outputs
  go_package_prefix: example.com/gen   # for files without go_package; otherwise it is
                                       # derived from go.mod and the directory
  outputs:                   # otherwise go and curlew, beside the .proto files
    - plugin: go
      out: gen               # otherwise beside the .proto files, for go and curlew
      options:               # also a list; paths=source_relative is the default
        default_api_level: API_OPAQUE
    - plugin: curlew
      out: gen
      options: [codec=false] # no methods that encode and decode messages fast
      inputs: [proto/user]   # of the inputs, only these
      exclude: [proto/admin] # and not these
    - plugin: es
      command: [npx, protoc-gen-es]    # otherwise protoc-gen-es is looked for
      out: web/src
      include_imports: true  # code for what the inputs import, too
      per_directory: true    # call the plugin once for each directory

With the option codec=false, or package_suffix, the plugin curlew writes services
alone.

Imports of google/protobuf, google/api, google/rpc, google/type and buf/validate are
built in.

Errors are printed as file:line:column: message. The status is 1 if something is
wrong with the files, and 2 if with the command line.`

const generateExample = `  curlew generate
  curlew generate -I proto --out gen proto/user
  curlew generate --go-opt default_api_level=API_OPAQUE user.proto
  curlew generate --plugin go --plugin go-grpc --out gen proto
  curlew generate --check`

// generateFlags are the flags of the sub-command generate.
type generateFlags struct {
	imports, goOptions, curlewOptions, plugins []string
	out, config                                string
	noConfig, check                            bool
}

func newGenerate() *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use:     "generate [flags] [FILE|DIRECTORY]...",
		Aliases: []string{"gen"},
		Short:   "Generate code from .proto files",
		Long:    generateLong,
		Example: generateExample,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.load(args)
			if err != nil {
				return err
			}
			err = generate.Run(cmd.Context(), c, f.check, cmd.ErrOrStderr())
			if errors.Is(err, generate.ErrOutOfDate) {
				return exit.Silent(exit.Failure) // the files have been named
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.imports, "import", "I", nil, "look for imports in this `directory` (can be repeated)")
	flags.StringVar(&f.out, "out", "", "write below this `directory`, not beside the .proto files")
	flags.StringArrayVar(&f.goOptions, "go-opt", nil, "option `key=value` of the plugin go (can be repeated)")
	flags.StringArrayVar(&f.curlewOptions, "curlew-opt", nil, "option `key=value` of the plugin curlew (can be repeated)")
	flags.StringArrayVar(&f.plugins, "plugin", nil, "run this plugin, `name[,option]...`, instead of go and curlew (can be repeated)")
	flags.StringVar(&f.config, "config", "", "read the configuration from this `file`")
	flags.BoolVar(&f.noConfig, "no-config", false, "read no configuration")
	flags.BoolVar(&f.check, "check", false, "write nothing, and fail if a file would change")
	return cmd
}

// load returns the configuration that flags, arguments and a file give together.
// Flags that say what to generate do not mix with a file, which says it already.
func (f *generateFlags) load(args []string) (*generate.Config, error) {
	file, err := f.find()
	if err != nil {
		return nil, err
	}
	c := new(generate.Config)
	if file == "" {
		c.Outputs, err = f.outputs()
	} else if flag := f.outputFlag(); flag != "" {
		err = exit.Usagef("--%s cannot be used with %s, which says what to generate: add --no-config to leave it unread", flag, file)
	} else {
		c, err = generate.Load(file)
	}
	if err != nil {
		return nil, err
	}
	if len(f.imports) > 0 {
		c.Imports = f.imports
	}
	if len(args) > 0 {
		c.Inputs = nil
	}
	for _, arg := range args {
		c.Inputs = append(c.Inputs, generate.Input{Path: filepath.Clean(arg)})
	}
	return c, nil
}

// find returns the file to read, or "".
func (f *generateFlags) find() (string, error) {
	switch {
	case f.config != "" && f.noConfig:
		return "", exit.Usagef("either --config or --no-config")
	case f.config != "" || f.noConfig:
		return f.config, nil
	}
	for _, name := range generate.ConfigFiles {
		_, err := os.Stat(name)
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", nil
}

// outputFlag returns the name of a flag that says what to generate, if one is set.
func (f *generateFlags) outputFlag() string {
	switch {
	case f.out != "":
		return "out"
	case len(f.plugins) > 0:
		return "plugin"
	case len(f.goOptions) > 0:
		return "go-opt"
	case len(f.curlewOptions) > 0:
		return "curlew-opt"
	}
	return ""
}

// outputs returns the outputs that flags describe.
func (f *generateFlags) outputs() ([]generate.Output, error) {
	outputs := []generate.Output{{Plugin: "go"}, {Plugin: "curlew"}}
	if len(f.plugins) > 0 {
		outputs = nil
	}
	for _, plugin := range f.plugins {
		name, options, _ := strings.Cut(plugin, ",")
		o := generate.Output{Plugin: name}
		if options != "" {
			o.Options = strings.Split(options, ",")
		}
		outputs = append(outputs, o)
	}
	byName := map[string][]string{"go": f.goOptions, "curlew": f.curlewOptions}
	for i := range outputs {
		o := &outputs[i]
		o.Dir = f.out
		name := strings.TrimPrefix(o.Plugin, "protoc-gen-")
		o.Options = append(o.Options, byName[name]...)
		delete(byName, name)
		if err := o.Complete(); err != nil {
			return nil, exit.Usagef("%v", err)
		}
	}
	for name, options := range byName {
		if len(options) > 0 {
			return nil, exit.Usagef("--%s-opt is set, but --plugin %s is not", name, name)
		}
	}
	return outputs, nil
}
