package gen

import (
	"cmp"
	"go/token"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Names. A service S with a method M has the package-level names S, SName,
// RegisterS, UnimplementedS, SClient, NewSClient and, unexported, sM. One that is
// taken gets as many underscores appended as make it free. Taken are the names of
// the messages' generated code; then, over all files of the package in order of
// their paths, first the names of services, then the exported names, then the
// others. So a name changes only where the code would not compile otherwise, and a
// service gives way to messages only.

// serviceNames are the Go names of a service.
type serviceNames struct {
	service, nameConst, register, unimplemented, client, newClient string
	methods                                                        map[*protogen.Method]methodNames
}

// methodNames are the Go names of a method: of the interfaces' method and of its
// descriptor.
type methodNames struct {
	method, descriptor string
}

// A scope is the block of a Go package: the names declared in it, and those under
// which its files may import packages, which Go does not let it declare.
type scope struct {
	taken, imports map[string]bool
}

func newScope() scope { return scope{make(map[string]bool), make(map[string]bool)} }

// claim returns name, or name with underscores appended, and takes it.
func (s scope) claim(name string) string {
	// protogen appends a number to an import's name if another import has it.
	for s.taken[name] || s.imports[trimNumber(name)] {
		name += "_"
	}
	s.taken[name] = true
	return name
}

func trimNumber(name string) string { return strings.TrimRight(name, "0123456789") }

// nameAll names all services of the plugin's request. If apart, generated code is
// in other packages than the messages.
func nameAll(p *protogen.Plugin, apart bool) map[*protogen.Service]*serviceNames {
	packages := make(map[protogen.GoImportPath][]*protogen.File)
	for _, f := range p.Files {
		packages[f.GoImportPath] = append(packages[f.GoImportPath], f)
	}
	all := make(map[*protogen.Service]*serviceNames)
	for _, files := range packages {
		slices.SortFunc(files, func(a, b *protogen.File) int { return cmp.Compare(a.Desc.Path(), b.Desc.Path()) })
		pkg := newScope()
		for _, f := range files {
			takeImports(pkg, p, f)
			if apart {
				pkg.takeImport(f.GoImportPath)
			} else {
				takeMessages(pkg.taken, p, f)
			}
		}
		namePackage(all, files, pkg)
	}
	return all
}

func namePackage(all map[*protogen.Service]*serviceNames, files []*protogen.File, pkg scope) {
	var services []*protogen.Service
	for _, f := range files {
		services = append(services, f.Services...)
	}
	for _, s := range services {
		all[s] = &serviceNames{service: pkg.claim(s.GoName), methods: nameMethods(s)}
	}
	for _, s := range services {
		n := all[s]
		n.nameConst = pkg.claim(s.GoName + "Name")
		n.register = pkg.claim("Register" + s.GoName)
		n.unimplemented = pkg.claim("Unimplemented" + s.GoName)
		n.client = pkg.claim(s.GoName + "Client")
		n.newClient = pkg.claim("New" + s.GoName + "Client")
	}
	for _, s := range services {
		for _, m := range s.Methods {
			n := all[s].methods[m]
			n.descriptor = pkg.claim(lowerFirst(s.GoName) + m.GoName)
			all[s].methods[m] = n
		}
	}
}

// nameMethods names a service's methods, in order. With is the client's own.
func nameMethods(s *protogen.Service) map[*protogen.Method]methodNames {
	methods := newScope()
	methods.taken["With"] = true
	names := make(map[*protogen.Method]methodNames, len(s.Methods))
	for _, m := range s.Methods {
		names[m] = methodNames{method: methods.claim(m.GoName)}
	}
	return names
}

// takeMessages takes the exported names that protoc-gen-go declares for a file,
// including those it forwards from files that it imports publicly.
func takeMessages(taken map[string]bool, p *protogen.Plugin, f *protogen.File) {
	taken[f.GoDescriptorIdent.GoName] = true
	takeEnums(taken, f.Enums)
	takeExtensions(taken, f.Extensions)
	for _, m := range f.Messages {
		takeMessage(taken, m)
	}
	imports := f.Desc.Imports()
	for i := range imports.Len() {
		imp := imports.Get(i)
		if file := p.FilesByPath[imp.Path()]; imp.IsPublic && file != nil {
			takeMessages(taken, p, file)
		}
	}
}

func takeMessage(taken map[string]bool, m *protogen.Message) {
	name := m.GoIdent.GoName
	taken[name] = true
	taken[name+"_builder"] = true
	for _, f := range m.Fields {
		if f.Oneof != nil {
			taken[f.GoIdent.GoName] = true
		}
		if f.Desc.HasDefault() {
			taken["Default_"+name+"_"+f.GoName] = true
		}
	}
	takeEnums(taken, m.Enums)
	takeExtensions(taken, m.Extensions)
	for _, nested := range m.Messages {
		takeMessage(taken, nested)
	}
}

func takeEnums(taken map[string]bool, enums []*protogen.Enum) {
	for _, e := range enums {
		taken[e.GoIdent.GoName] = true
		for _, v := range e.Values {
			taken[v.GoIdent.GoName] = true
			taken[v.PrefixedAlias.GoName] = true
		}
	}
}

func takeExtensions(taken map[string]bool, extensions []*protogen.Extension) {
	for _, x := range extensions {
		taken["E_"+x.GoIdent.GoName] = true
	}
}

// takeImports takes the names of the packages that the generated files of f may
// import for its messages and methods.
func takeImports(pkg scope, p *protogen.Plugin, f *protogen.File) {
	imports := f.Desc.Imports()
	for i := range imports.Len() {
		imp := imports.Get(i)
		file := p.FilesByPath[imp.Path()]
		if file == nil {
			continue
		}
		pkg.takeImport(file.GoImportPath)
		if imp.IsPublic {
			takeImports(pkg, p, file)
		}
	}
}

func (s scope) takeImport(p protogen.GoImportPath) {
	s.imports[trimNumber(packageName(path.Base(string(p))))] = true
}

// packageName returns the name that protogen imports a package under whose path
// ends in base.
func packageName(base string) string {
	base = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, base)
	if r, _ := utf8.DecodeRuneInString(base); token.IsKeyword(base) || !unicode.IsLetter(r) {
		return "_" + base
	}
	return base
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

// isDeprecated reports whether the option deprecated is set.
func isDeprecated(d protoreflect.Descriptor) bool {
	o, ok := d.Options().(interface{ GetDeprecated() bool })
	return ok && o.GetDeprecated()
}
