package generate

import (
	"path"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Managed is buf's managed mode: rules that set options of files, so that they need
// not stand there. Files that are built in are left as they are.
// https://buf.build/docs/generate/managed-mode
type Managed struct {
	disable, override []managedRule
	// explicit leaves an option that stands in the file, and sets only what override
	// names.
	explicit bool
}

// A managedRule concerns an option of some files.
type managedRule struct {
	option string // a file option, or one with _prefix or _suffix; empty is all
	path   string // a file or directory; empty is all
	module string // a buf module; empty is all
	value  string
}

// goPackagePrefix returns the rules that give files without go_package one that
// starts with prefix.
func goPackagePrefix(prefix string) *Managed {
	return &Managed{explicit: true, override: []managedRule{{option: "go_package_prefix", value: prefix}}}
}

// A managedFile is a file that rules look at.
type managedFile struct {
	*descriptorpb.FileDescriptorProto
	module string
}

func (r managedRule) concerns(f managedFile) bool {
	return (r.path == "" || contains(r.path, f.GetName())) && (r.module == "" || r.module == f.module)
}

// contains reports whether name is dir or in it, both slash-separated.
func contains(dir, name string) bool {
	dir = path.Clean(dir)
	return dir == "." || dir == name || strings.HasPrefix(name, dir+"/")
}

// stringValue is how an option's value is made: as it is or around the file's own.
type stringValue struct {
	value, prefix, suffix string
}

// apply sets the options of f.
func (m *Managed) apply(f managedFile) {
	if f.Options == nil {
		f.Options = new(descriptorpb.FileOptions)
	}
	for _, o := range managedStrings {
		m.applyString(f, o)
	}
	for _, o := range managedScalars {
		m.applyScalar(f, o)
	}
}

func (m *Managed) applyString(f managedFile, o managedString) {
	options := f.Options.ProtoReflect()
	field := options.Descriptor().Fields().ByName(protoreflect.Name(o.name))
	if m.disabled(f, o.name) || m.explicit && options.Has(field) {
		return
	}
	v := m.stringValue(f, o)
	if v == (stringValue{}) {
		return
	}
	text := v.value
	if text == "" {
		text = o.make(f, v.prefix, v.suffix)
	}
	if text != "" {
		options.Set(field, protoreflect.ValueOfString(text))
	}
}

// stringValue returns what the last rules say. A value ends what prefixes and
// suffixes said before it, and the other way round.
func (m *Managed) stringValue(f managedFile, o managedString) stringValue {
	var v stringValue
	if o.byDefault != nil && !m.explicit {
		v = o.byDefault(f)
	}
	prefix, suffix := o.name+"_prefix", o.name+"_suffix"
	if m.disabled(f, prefix) {
		v.prefix = ""
	}
	if m.disabled(f, suffix) {
		v.suffix = ""
	}
	for _, r := range m.override {
		if !r.concerns(f) {
			continue
		}
		switch r.option {
		case o.name:
			v = stringValue{value: r.value}
		case prefix:
			if !m.disabled(f, prefix) {
				v = stringValue{prefix: r.value, suffix: v.suffix}
			}
		case suffix:
			if !m.disabled(f, suffix) {
				v = stringValue{prefix: v.prefix, suffix: r.value}
			}
		}
	}
	return v
}

func (m *Managed) applyScalar(f managedFile, o managedScalar) {
	if m.disabled(f, o.name) || m.explicit {
		return
	}
	value := o.byDefault
	for _, r := range m.override {
		if r.option == o.name && r.concerns(f) {
			value = r.value
		}
	}
	options := f.Options.ProtoReflect()
	field := options.Descriptor().Fields().ByName(protoreflect.Name(o.name))
	if v, ok := parseScalar(field, value); ok && !options.Get(field).Equal(v) {
		options.Set(field, v)
	}
}

func (m *Managed) disabled(f managedFile, option string) bool {
	for _, r := range m.disable {
		if (r.option == "" || r.option == option) && r.concerns(f) {
			return true
		}
	}
	return false
}

// parseScalar parses the value of an option of type bool or of an enum.
func parseScalar(field protoreflect.FieldDescriptor, value string) (protoreflect.Value, bool) {
	if field.Kind() == protoreflect.EnumKind {
		v := field.Enum().Values().ByName(protoreflect.Name(value))
		if v == nil {
			return protoreflect.Value{}, false
		}
		return protoreflect.ValueOfEnum(v.Number()), true
	}
	v, err := strconv.ParseBool(value)
	return protoreflect.ValueOfBool(v), err == nil
}
