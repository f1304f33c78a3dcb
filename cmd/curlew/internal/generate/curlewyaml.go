package generate

import (
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

const curlewFile = "curlew.yaml"

// ConfigFiles are the names of configuration files, in the order in which they are
// looked for.
var ConfigFiles = []string{curlewFile, "buf.gen.yaml"}

// Load reads a configuration: a curlew.yaml, whose paths are relative to its own
// directory, or a buf.gen.yaml, whose paths are relative to the current one. What is
// wrong with it is a compile.Diagnostics.
func Load(file string) (*Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	d := &document{file: file}
	root := d.parse(data)
	c := &Config{File: file}
	switch {
	case len(d.errors) > 0:
	case root == nil:
		d.errors = append(d.errors, emptyFile(file))
	case isBuf(root):
		d.bufGen(root, c)
	default:
		d.curlewYAML(root, c)
	}
	if len(d.errors) > 0 {
		return nil, d.errors
	}
	return c, nil
}

// isBuf tells the two kinds of files apart by content, because either may have any
// name: buf's lists plugins.
func isBuf(root *yaml.Node) bool {
	if root.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(root.Content); i += 2 {
		if root.Content[i].Value == "plugins" {
			return true
		}
		if version := root.Content[i+1].Value; root.Content[i].Value == "version" && len(version) > 0 && version[0] == 'v' {
			return true
		}
	}
	return false
}

func (d *document) curlewYAML(root *yaml.Node, c *Config) {
	dir := filepath.Dir(d.file)
	version := ""
	var inputs, exclude []string
	prefix := ""
	d.mapping(root, fields{
		"version":           d.text(&version),
		"imports":           d.paths(dir, &c.Imports),
		"inputs":            d.paths(dir, &inputs),
		"exclude":           d.paths(dir, &exclude),
		"clean":             d.truth(&c.Clean),
		"go_package_prefix": d.text(&prefix),
		"outputs": func(n *yaml.Node) {
			d.items(n, func(item *yaml.Node) { c.Outputs = append(c.Outputs, d.output(dir, item)) })
		},
	})
	if version != "1" {
		d.errorf(root, "want version: 1")
	}
	if prefix != "" {
		c.Managed = goPackagePrefix(prefix)
	}
	if len(inputs) == 0 && len(exclude) > 0 {
		inputs = c.Imports
		if len(inputs) == 0 {
			inputs = []string{dir}
		}
	}
	for _, input := range inputs {
		c.Inputs = append(c.Inputs, Input{Path: input, Exclude: exclude})
	}
}

// output reads an entry of outputs.
func (d *document) output(dir string, n *yaml.Node) Output {
	var o Output
	var out string
	d.mapping(n, fields{
		"plugin":          d.text(&o.Plugin),
		"command":         d.texts(&o.Command),
		"out":             d.text(&out),
		"options":         d.options(&o.Options),
		"inputs":          d.paths(dir, &o.Only),
		"exclude":         d.paths(dir, &o.Exclude),
		"include_imports": d.truth(&o.IncludeImports),
		"per_directory":   d.truth(&o.PerDirectory),
	})
	if out != "" {
		o.Dir = under(dir, out)
	}
	if o.Plugin == "" && len(o.Command) == 0 {
		d.errorf(n, "want a plugin or a command")
	} else if err := o.Complete(); err != nil {
		d.errorf(n, "%v", err)
	}
	return o
}

// options reads plugin parameters: a text, a list of texts or keys with values.
func (d *document) options(p *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if resolve(n).Kind != yaml.MappingNode {
			d.texts(p)(n)
			return
		}
		d.pairs(n, func(key, value *yaml.Node) {
			option := key.Value
			if v := resolve(value); !isNull(v) && v.Value != "" {
				option += "=" + d.scalar(value)
			}
			*p = append(*p, option)
		})
	}
}

// paths reads paths that are relative to dir.
func (d *document) paths(dir string, p *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var list []string
		d.texts(&list)(n)
		for _, path := range list {
			*p = append(*p, under(dir, path))
		}
	}
}

// under returns path as seen from the current directory, if it was seen from dir.
func under(dir, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
