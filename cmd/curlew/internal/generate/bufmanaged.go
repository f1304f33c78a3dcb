package generate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// managedV2 reads the key managed of a buf.gen.yaml of version v2.
func (d *document) managedV2(n *yaml.Node) *Managed {
	enabled := false
	m := new(Managed)
	d.mapping(n, fields{
		"enabled": d.truth(&enabled),
		"disable": func(n *yaml.Node) {
			d.items(n, func(item *yaml.Node) { m.disable = append(m.disable, d.managedRule(item, false)...) })
		},
		"override": func(n *yaml.Node) {
			d.items(n, func(item *yaml.Node) { m.override = append(m.override, d.managedRule(item, true)...) })
		},
	})
	if !enabled {
		return nil
	}
	return m
}

// managedRule reads an entry of disable or override. Of field options there is only
// jstype, which is not set: disabling it changes nothing.
func (d *document) managedRule(n *yaml.Node, override bool) []managedRule {
	var r managedRule
	var fieldOption string
	known := fields{
		"file_option":  d.managedOption(&r.option),
		"field_option": d.text(&fieldOption),
		"field":        ignore,
		"module":       d.text(&r.module),
		"path":         d.text(&r.path),
	}
	if override {
		known["value"] = d.text(&r.value)
		known["field_option"] = d.refuse("options of fields are not supported")
	}
	before := len(d.errors)
	d.mapping(n, known)
	if override && len(d.errors) == before {
		if r.option == "" {
			d.errorf(n, "want the option to set, as file_option")
		}
		d.checkValue(n, r)
	}
	if fieldOption != "" {
		return nil
	}
	return []managedRule{r}
}

func (d *document) managedOption(p *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if *p = d.scalar(n); !isManaged(*p) {
			d.errorf(n, "file option %q cannot be managed", *p)
		}
	}
}

// checkValue reports a value that the option cannot have.
func (d *document) checkValue(n *yaml.Node, r managedRule) {
	if !slices.ContainsFunc(managedScalars, func(o managedScalar) bool { return o.name == r.option }) {
		return
	}
	field := new(descriptorpb.FileOptions).ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(r.option))
	if _, ok := parseScalar(field, r.value); !ok {
		d.errorf(n, "%s cannot be %q", r.option, r.value)
	}
}

// managedV1 reads the key managed of a buf.gen.yaml of version v1.
// https://buf.build/docs/configuration/v1/buf-gen-yaml
func (d *document) managedV1(n *yaml.Node) *Managed {
	enabled := false
	m := new(Managed)
	known := fields{
		"enabled":  d.truth(&enabled),
		"override": func(n *yaml.Node) { d.managedFilesV1(n, m) },
	}
	for _, option := range []string{"cc_enable_arenas", "java_multiple_files", "java_string_check_utf8"} {
		known[option] = func(n *yaml.Node) {
			r := managedRule{option: option, value: d.scalar(n)}
			d.checkValue(n, r)
			m.override = append(m.override, r)
		}
	}
	for option, disables := range map[string]string{
		"go_package_prefix": "go_package", "java_package_prefix": "java_package", "optimize_for": "optimize_for",
		"csharp_namespace": "csharp_namespace", "objc_class_prefix": "objc_class_prefix",
		"ruby_package": "ruby_package", "swift_prefix": "swift_prefix",
	} {
		known[option] = func(n *yaml.Node) { d.managedModulesV1(n, option, disables, m) }
	}
	d.mapping(n, known)
	if !enabled {
		return nil
	}
	return m
}

// managedModulesV1 reads an option's value for all modules but some, and for others.
func (d *document) managedModulesV1(n *yaml.Node, option, disables string, m *Managed) {
	add := func(n *yaml.Node, module string) {
		r := managedRule{option: option, module: module, value: d.scalar(n)}
		d.checkValue(n, r)
		m.override = append(m.override, r)
	}
	if resolve(n).Kind == yaml.ScalarNode {
		add(n, "")
		return
	}
	var except []string
	byModule := &yaml.Node{Kind: yaml.MappingNode}
	d.mapping(n, fields{
		"default":  func(n *yaml.Node) { add(n, "") },
		"except":   d.texts(&except),
		"override": func(n *yaml.Node) { byModule = n },
	})
	d.pairs(byModule, func(key, value *yaml.Node) { add(value, key.Value) })
	for _, module := range except {
		m.disable = append(m.disable, managedRule{option: disables, module: module})
	}
}

// managedFilesV1 reads options' values for single files: GO_PACKAGE: {a.proto: x}.
func (d *document) managedFilesV1(n *yaml.Node, m *Managed) {
	d.pairs(n, func(key, files *yaml.Node) {
		option := strings.ToLower(key.Value)
		if !isManaged(option) {
			d.errorf(key, "file option %q cannot be managed", key.Value)
			return
		}
		d.pairs(files, func(file, value *yaml.Node) {
			r := managedRule{option: option, path: file.Value, value: d.scalar(value)}
			d.checkValue(value, r)
			m.override = append(m.override, r)
		})
	})
}
