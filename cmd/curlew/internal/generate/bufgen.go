package generate

import (
	"path/filepath"
	"strings"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/compile"
	"go.yaml.in/yaml/v3"
)

// emptyFile says that a configuration has nothing in it.
func emptyFile(file string) compile.Diagnostic {
	return compile.Diagnostic{File: file, Line: 1, Column: 1, Message: "the file is empty"}
}

// bufGen reads a buf.gen.yaml of version v1 or v2.
// https://buf.build/docs/configuration/v2/buf-gen-yaml
func (d *document) bufGen(root *yaml.Node, c *Config) {
	switch version := lookup(root, "version"); {
	case version == nil:
		d.errorf(root, "want version: v2")
	case version.Value == "v1":
		d.bufGenV1(root, c)
	case version.Value == "v2":
		d.bufGenV2(root, c)
	default:
		d.errorf(version, "version %s is not supported: there are v1 and v2", version.Value)
	}
	if len(c.Outputs) == 0 && len(d.errors) == 0 {
		d.errorf(root, "want plugins")
	}
}

// lookup returns the value of a key, or nil.
func lookup(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return resolve(n.Content[i+1])
		}
	}
	return nil
}

func (d *document) bufGenV1(root *yaml.Node, c *Config) {
	d.mapping(root, fields{
		"version": ignore,
		"types":   d.refuse("a choice of types is not supported: name the files on the command line"),
		"managed": func(n *yaml.Node) { c.Managed = d.managedV1(n) },
		"plugins": func(n *yaml.Node) {
			d.items(n, func(item *yaml.Node) { c.Outputs = append(c.Outputs, d.bufPluginV1(item)) })
		},
	})
}

func (d *document) bufPluginV1(n *yaml.Node) Output {
	o := Output{PerDirectory: true}
	var plugin, name, out string
	d.mapping(n, fields{
		"plugin":      d.text(&plugin),
		"name":        d.text(&name),
		"remote":      d.remote,
		"out":         d.text(&out),
		"opt":         d.texts(&o.Options),
		"path":        d.texts(&o.Command),
		"strategy":    d.strategy(&o),
		"protoc_path": d.refuse(noProtoc),
		"revision":    ignore, // tells builds of a remote plugin apart
	})
	o.Plugin = plugin + name
	switch {
	case lookup(n, "remote") != nil:
		return o
	case plugin == "" && name == "":
		d.errorf(n, "want a plugin or a name")
	case plugin != "" && name != "":
		d.errorf(n, "want either a plugin or a name")
	case strings.Count(plugin, "/") >= 2 && len(o.Command) == 0:
		d.remote(lookup(n, "plugin"))
	}
	o.Dir = d.bufOut(n, out)
	return o
}

func (d *document) bufGenV2(root *yaml.Node, c *Config) {
	d.mapping(root, fields{
		"version": ignore,
		"clean":   d.truth(&c.Clean),
		"managed": func(n *yaml.Node) { c.Managed = d.managedV2(n) },
		"plugins": func(n *yaml.Node) {
			d.items(n, func(item *yaml.Node) { c.Outputs = append(c.Outputs, d.bufPluginV2(item)) })
		},
		"inputs": func(n *yaml.Node) {
			d.items(n, func(item *yaml.Node) { c.Inputs = append(c.Inputs, d.bufInput(item)) })
		},
	})
}

func (d *document) bufPluginV2(n *yaml.Node) Output {
	o := Output{PerDirectory: true}
	var local []string
	var out string
	d.mapping(n, fields{
		"remote":          d.remote,
		"revision":        ignore,
		"local":           d.texts(&local),
		"protoc_builtin":  d.refuse(noProtoc),
		"protoc_path":     d.refuse(noProtoc),
		"out":             d.text(&out),
		"opt":             d.texts(&o.Options),
		"strategy":        d.strategy(&o),
		"include_imports": d.truth(&o.IncludeImports),
		"include_wkt":     d.truth(&o.IncludeWellKnown),
		"types":           d.refuse("a choice of types is not supported: name the files on the command line"),
		"exclude_types":   d.refuse("a choice of types is not supported: name the files on the command line"),
	})
	switch {
	case lookup(n, "remote") != nil || lookup(n, "protoc_builtin") != nil:
		return o // refused
	case len(local) == 0:
		d.errorf(n, "want a plugin, as local")
	case len(local) == 1:
		o.Plugin = local[0]
	default:
		o.Plugin, o.Command = local[0], local
	}
	if o.IncludeWellKnown && !o.IncludeImports {
		d.errorf(n, "include_wkt has no effect without include_imports")
	}
	o.Dir = d.bufOut(n, out)
	return o
}

const noProtoc = "generators inside of protoc are not supported: call protoc for them, or use a plugin"

// remote refuses a plugin that runs on a server, and says what runs here instead.
func (d *document) remote(n *yaml.Node) {
	name := resolve(n).Value
	name, _, _ = strings.Cut(name[strings.LastIndex(name, "/")+1:], ":")
	instead := "install the plugin and write its name, as local: protoc-gen-" + name
	if strings.HasPrefix(resolve(n).Value, "buf.build/protocolbuffers/go") {
		instead = "write local: protoc-gen-go, which is built in"
	}
	d.errorf(n, "plugin %s runs on a server, which is not supported: %s", resolve(n).Value, instead)
}

func (d *document) strategy(o *Output) func(*yaml.Node) {
	return func(n *yaml.Node) {
		switch s := d.scalar(n); s {
		case "directory":
			o.PerDirectory = true
		case "all":
			o.PerDirectory = false
		default:
			d.errorf(n, "strategy %q: there are directory and all", s)
		}
	}
}

func (d *document) bufOut(n *yaml.Node, out string) string {
	switch filepath.Ext(out) {
	case ".jar", ".zip":
		d.errorf(n, "out: %s: archives are not supported, only directories", out)
	}
	if out == "" {
		d.errorf(n, "want the directory to write to, as out")
	}
	return under(".", out)
}

// bufInput reads an entry of inputs.
func (d *document) bufInput(n *yaml.Node) Input {
	var in Input
	var directory, file string
	known := fields{
		"directory":             d.text(&directory),
		"proto_file":            d.text(&file),
		"paths":                 d.paths(".", &in.Only),
		"exclude_paths":         d.paths(".", &in.Exclude),
		"types":                 d.refuse("a choice of types is not supported: name the files in paths"),
		"exclude_types":         d.refuse("a choice of types is not supported: name the files in exclude_paths"),
		"include_package_files": d.refuse("include_package_files is not supported: name the files' directory"),
	}
	for _, kind := range []string{"module", "git_repo", "tarball", "zip_archive", "binary_image", "json_image", "text_image", "yaml_image"} {
		known[kind] = d.refuse("an input from %s is not supported: fetch it first, with buf export for instance, and name its directory", kind)
	}
	before := len(d.errors)
	d.mapping(n, known)
	if (directory == "") == (file == "") && len(d.errors) == before {
		d.errorf(n, "want either a directory or a proto_file")
	}
	in.Path, in.Root = under(".", directory+file), true
	return in
}
