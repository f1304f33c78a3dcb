package gen

import (
	"path"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/gofeaturespb"
)

// CodecFileSuffix ends the name of a file with the codec methods of messages.
const CodecFileSuffix = "_curlew_codec.pb.go"

const (
	fastPackage      = protogen.GoImportPath("github.com/curlew-rpc/curlew/codec/fast")
	protoimplPackage = protogen.GoImportPath("google.golang.org/protobuf/runtime/protoimpl")
	mathPackage      = protogen.GoImportPath("math")
	slicesPackage    = protogen.GoImportPath("slices")
)

// codecMethods are the names of the methods: those of codec/fast's Message and
// Parted. They
// cannot be those of accessors, which begin with Get, Set, Has, Clear and Which.
var codecMethods = []string{"SizeCurlew", "MarshalCurlew", "MergeCurlew", "RequiredCurlew", "LongCurlew", "MarshalPartedCurlew"}

// codecLocals are the names that are declared in the methods.
var codecLocals = []string{"x", "b", "i", "k", "n", "v", "w", "m", "err", "end", "size", "list", "depth", "tag", "key", "value", "parts"}

// generateCodec writes the codec methods of a file's messages: one file, and for the
// hybrid API, whose messages are opaque in builds with the tag protoopaque, another.
func generateCodec(p *protogen.Plugin, f *protogen.File) {
	hybrid := f.APILevel == gofeaturespb.GoFeatures_API_HYBRID
	generateCodecFile(p, f, CodecFileSuffix, hybrid, false)
	if hybrid {
		generateCodecFile(p, f, "_curlew_codec_protoopaque.pb.go", hybrid, true)
	}
}

func generateCodecFile(p *protogen.Plugin, f *protogen.File, suffix string, tagged, opaque bool) {
	fast := fastMessages(f, opaque)
	if len(fast) == 0 {
		return
	}
	g := p.NewGeneratedFile(f.GeneratedFilenamePrefix+suffix, f.GoImportPath)
	header(g, f)
	switch {
	case opaque:
		g.P("//go:build protoopaque")
		g.P()
	case tagged:
		g.P("//go:build !protoopaque")
		g.P()
	}
	g.P("package ", f.GoPackageName)
	g.P()
	g.QualifiedGoIdent(fastPackage.Ident(""))
	eachMessage(f.Messages, func(m *protogen.Message) {
		if fast[m] {
			codec{g: g, file: f, fast: fast, m: m, opaque: isOpaque(m, opaque)}.message()
		}
	})
}

// codec writes the methods of a message.
type codec struct {
	g    *protogen.GeneratedFile
	file *protogen.File
	// fast are the file's messages that have these methods. Other files may have been
	// generated without them.
	fast map[*protogen.Message]bool
	m    *protogen.Message
	// opaque says that the message has the opaque API.
	opaque bool
}

func (c codec) message() {
	c.size()
	c.marshal()
	c.merge()
	c.required()
}

// required writes the method that looks for missing required fields.
func (c codec) required() {
	c.g.P("// RequiredCurlew implements ", c.fastName("Message"), ".")
	c.g.P("func (x *", c.m.GoIdent, ") RequiredCurlew() error {")
	if mayRequire(c.m) {
		c.g.P("return ", c.fastName("Required"), "(x)")
	} else {
		c.g.P("return nil")
	}
	c.g.P("}")
	c.g.P()
}

func (c codec) id(p protogen.GoImportPath, name string) string {
	return c.g.QualifiedGoIdent(p.Ident(name))
}

func (c codec) fastName(name string) string { return c.id(fastPackage, name) }

// eachMessage calls f for all messages and those declared within them.
func eachMessage(messages []*protogen.Message, f func(*protogen.Message)) {
	for _, m := range messages {
		if !m.Desc.IsMapEntry() {
			f(m)
			eachMessage(m.Messages, f)
		}
	}
}

func isOpaque(m *protogen.Message, all bool) bool {
	return all || m.APILevel == gofeaturespb.GoFeatures_API_OPAQUE
}

// fastMessages returns the messages that get methods. The others are left to
// google.golang.org/protobuf, within messages that get them too: those that can have
// extensions, fields that are decoded when they are read, names that the methods
// need, or themselves as a group.
func fastMessages(f *protogen.File, opaque bool) map[*protogen.Message]bool {
	fast := make(map[*protogen.Message]bool)
	eachMessage(f.Messages, func(m *protogen.Message) {
		// Where a group ends is looked for before it is decoded, and that would be done
		// again in each group within.
		if m.Desc.ExtensionRanges().Len() == 0 && !hasLazyFields(m, opaque) && !takesCodecNames(m) && !isOwnGroup(m) {
			fast[m] = true
		}
	})
	return fast
}

// hasLazyFields reports whether fields are decoded when they are read, which only
// happens with the opaque API.
func hasLazyFields(m *protogen.Message, opaque bool) bool {
	if !isOpaque(m, opaque) {
		return false
	}
	for _, f := range m.Fields {
		if lazy, ok := f.Desc.(interface{ IsLazy() bool }); ok && f.Message != nil && lazy.IsLazy() {
			return true
		}
	}
	return false
}

// takesCodecNames reports whether a field has the name of a method, or a field's type
// is in a package that is imported under the name of a variable.
func takesCodecNames(m *protogen.Message) bool {
	names := make(map[string]bool)
	for _, name := range codecMethods {
		names[name] = true
	}
	for _, f := range m.Fields {
		if names[f.GoName] || f.Oneof != nil && names[f.Oneof.GoName] || importsLocal(m, f) {
			return true
		}
	}
	return false
}

func importsLocal(m *protogen.Message, f *protogen.Field) bool {
	var id protogen.GoIdent
	switch {
	case f.Desc.IsMap():
		return importsLocal(m, f.Message.Fields[1])
	case f.Message != nil:
		id = f.Message.GoIdent
	case f.Enum != nil:
		id = f.Enum.GoIdent
	}
	if id.GoImportPath == m.GoIdent.GoImportPath {
		return false
	}
	name := trimNumber(packageName(path.Base(string(id.GoImportPath))))
	for _, local := range codecLocals {
		if name == local {
			return true
		}
	}
	return false
}

// isOwnGroup reports whether a message can be within itself as a group in groups.
func isOwnGroup(m *protogen.Message) bool {
	return reaches(m, map[*protogen.Message]bool{}, func(f *protogen.Field) bool {
		return f.Desc.Kind() == protoreflect.GroupKind
	}, func(other *protogen.Message) bool { return other == m })
}

// mayRequire reports whether a message or one within it has required fields, or may
// have them in an extension.
func mayRequire(m *protogen.Message) bool {
	found := func(m *protogen.Message) bool {
		return m.Desc.RequiredNumbers().Len() > 0 || m.Desc.ExtensionRanges().Len() > 0
	}
	return found(m) || reaches(m, map[*protogen.Message]bool{}, func(*protogen.Field) bool { return true }, found)
}

// reaches reports whether a message that is wanted can be within m, by the fields that
// are followed.
func reaches(m *protogen.Message, seen map[*protogen.Message]bool, follow func(*protogen.Field) bool, wanted func(*protogen.Message) bool) bool {
	if seen[m] {
		return false
	}
	seen[m] = true
	for _, f := range m.Fields {
		if f.Message == nil || !follow(f) {
			continue
		}
		if wanted(f.Message) || reaches(f.Message, seen, follow, wanted) {
			return true
		}
	}
	return false
}
