package generate

import (
	"fmt"
	"strings"
)

// A Config says what shall be generated. Paths in it are relative to the current
// directory, or absolute.
type Config struct {
	// File is where the configuration was read from. It is empty if from flags.
	File string
	// Imports are the directories in which imports are looked for. If there are none,
	// they are those that a buf.yaml names, in the directory of an input or in the
	// current one, or else the current directory.
	Imports []string
	// Inputs are the .proto files, and directories of them, to generate code for. If
	// there are none, it is all files in Imports.
	Inputs []Input
	// Outputs are the plugins to run. If there are none, it is DefaultOutputs.
	Outputs []Output
	// Managed changes options of the files before the plugins see them.
	Managed *Managed
	// Clean removes, from the directories of outputs, the files not generated now.
	Clean bool
}

// An Input is a file or a directory to generate code for.
type Input struct {
	Path string
	// Root makes a directory one in which imports are looked for, if Config.Imports
	// is empty and it has no buf.yaml that names others.
	Root bool
	// Exclude are files and directories that are left out.
	Exclude []string
	// Only, if not empty, leaves out what is not in these files and directories.
	Only []string
}

// An Output is a plugin and where its files go.
type Output struct {
	// Plugin is the plugin's name with or without "protoc-gen-". If Command is empty,
	// go and curlew run in this process, and others are looked for.
	Plugin string
	// Command, if not empty, is the program and its arguments.
	Command []string
	// Dir is the directory to write to. If it is empty, each file is written below the
	// import directory that its .proto file is in.
	Dir string
	// Options are the plugin's parameters, each "key=value" or "key".
	Options []string
	// Only, if not empty, are the files and directories that the plugin sees of the
	// inputs; Exclude those it does not see.
	Only, Exclude []string
	// PerDirectory calls the plugin once for each directory instead of once.
	PerDirectory bool
	// IncludeImports generates code for what the inputs import too, and
	// IncludeWellKnown for google/protobuf as well.
	IncludeImports, IncludeWellKnown bool
}

// DefaultOutputs are messages and services in Go, beside the .proto files.
func DefaultOutputs() []Output {
	return []Output{
		{Plugin: pluginGo, Options: []string{sourceRelative}},
		{Plugin: pluginCurlew, Options: []string{sourceRelative}},
	}
}

// sourceRelative is the option that puts generated files where the .proto files are.
const sourceRelative = "paths=source_relative"

// Complete gives the built-in plugins the option paths=source_relative if they have
// neither that nor module, as curlew.yaml and flags have it; to protoc and buf the
// default is paths=import. It reports an output that misses its directory.
func (o *Output) Complete() error {
	if !o.builtin() {
		if o.Dir == "" {
			return fmt.Errorf("%s: want a directory to write to", o.name())
		}
		return nil
	}
	paths, module := o.option("paths"), o.option("module")
	switch {
	case o.Dir == "" && (paths == "import" || module != ""):
		return fmt.Errorf("%s: paths=import and module need a directory to write to", o.name())
	case o.Dir == "" && o.IncludeImports:
		return fmt.Errorf("%s: the imports' code needs a directory to write to", o.name())
	case paths == "" && module == "":
		o.Options = append(o.Options, sourceRelative)
	}
	return nil
}

// The plugins that are built in.
const (
	pluginGo     = "go"
	pluginCurlew = "curlew"
)

// shortName returns a plugin's name without the prefix that executables have.
func shortName(plugin string) string { return strings.TrimPrefix(plugin, "protoc-gen-") }

// builtin reports whether the output's plugin runs in this process.
func (o *Output) builtin() bool {
	name := shortName(o.Plugin)
	return len(o.Command) == 0 && (name == pluginGo || name == pluginCurlew)
}

// name returns what messages call the plugin.
func (o *Output) name() string {
	if len(o.Command) > 0 {
		return strings.Join(o.Command, " ")
	}
	return "protoc-gen-" + shortName(o.Plugin)
}

// option returns the value of an option of the plugin.
func (o *Output) option(name string) string {
	value := ""
	for _, list := range o.Options {
		for _, option := range strings.Split(list, ",") {
			if v, ok := strings.CutPrefix(option, name+"="); ok {
				value = v
			}
		}
	}
	return value
}
