// Package gen turns the services of .proto files into Go: what a server
// implements, how it is registered, and a client. It also writes methods of messages
// that encode and decode them.
//
// It reads a protogen plugin's model and writes one file, <name>_curlew.pb.go,
// for each .proto file that declares a service. That uses nothing of the messages
// but their Go names, so the open, hybrid and opaque APIs are alike to it. The codec
// methods are in <name>_curlew_codec.pb.go, for each .proto file with messages; they
// use the fields that protoc-gen-go declares.
package gen

import (
	"cmp"
	"errors"
	"fmt"
	"go/token"
	"path"
	"strconv"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// Version is the generator's version, which generated files name. The version of
// the compiler that parsed the .proto file is left out of them: it does not change
// the code, and would make the same input give other files on another machine.
const Version = "v0.1.0"

// FileSuffix ends the name of a generated file, where the name of the .proto file
// has .proto.
const FileSuffix = "_curlew.pb.go"

const (
	// SupportedFeatures says what the generator understands, as bits of
	// CodeGeneratorResponse.Feature.
	SupportedFeatures = uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL |
		pluginpb.CodeGeneratorResponse_FEATURE_SUPPORTS_EDITIONS)
	// SupportedEditionsMinimum is the oldest edition understood.
	SupportedEditionsMinimum = descriptorpb.Edition_EDITION_PROTO2
	// SupportedEditionsMaximum is the newest edition understood.
	SupportedEditionsMaximum = descriptorpb.Edition_EDITION_2024
)

// Options are the generator's own options. The zero value is the default.
type Options struct {
	// PackageSuffix, if not empty, puts the code in a package of its own below that
	// of the messages, whose name is the messages' with the suffix appended. So it
	// lives beside another generator's code that uses the same names.
	PackageSuffix string

	// NoCodec leaves out the methods of messages by which package codec encodes and
	// decodes them fast. They go into a file beside the one of protoc-gen-go, which has to
	// be of the version of google.golang.org/protobuf that this generator is built with, or
	// newer. With PackageSuffix there are none: they belong into the messages' package.
	NoCodec bool

	// codecAsked says that codec methods were asked for by name.
	codecAsked bool
}

// Set sets an option by its name in plugin parameters. It is a
// protogen.Options.ParamFunc. A name that is no option, or a value that is none of
// the option's, is an error.
func (o *Options) Set(name, value string) error {
	switch name {
	case "package_suffix":
		if value != "" && !token.IsIdentifier("x"+value) {
			return fmt.Errorf("package_suffix=%s: not letters, digits and underscores, which a Go package name is made of", value)
		}
		o.PackageSuffix = value
		return nil
	case "codec":
		codec, err := strconv.ParseBool(cmp.Or(value, "true"))
		if err != nil {
			return fmt.Errorf("codec=%s: neither true nor false", value)
		}
		o.NoCodec, o.codecAsked = !codec, codec
		return nil
	}
	return fmt.Errorf("unknown option %q: there are paths, module, M<file>, annotate_code, default_api_level, apilevelM<file>, codec and package_suffix", name)
}

// Generate adds the generated files to the plugin's response.
func Generate(p *protogen.Plugin, o Options) {
	p.SupportedFeatures = SupportedFeatures
	p.SupportedEditionsMinimum = SupportedEditionsMinimum
	p.SupportedEditionsMaximum = SupportedEditionsMaximum
	if o.codecAsked && o.PackageSuffix != "" {
		p.Error(errors.New("codec adds methods to messages, which can be done in their package alone: it cannot be with package_suffix"))
		return
	}
	names := nameAll(p, o.PackageSuffix != "")
	for _, f := range p.Files {
		if f.Generate && !o.NoCodec && o.PackageSuffix == "" {
			generateCodec(p, f)
		}
		if f.Generate && len(f.Services) > 0 {
			generateFile(p, f, o, names)
		}
	}
}

func generateFile(p *protogen.Plugin, f *protogen.File, o Options, names map[*protogen.Service]*serviceNames) {
	prefix, importPath, pkg := f.GeneratedFilenamePrefix, f.GoImportPath, f.GoPackageName
	if o.PackageSuffix != "" {
		pkg += protogen.GoPackageName(o.PackageSuffix)
		importPath = protogen.GoImportPath(path.Join(string(importPath), string(pkg)))
		prefix = path.Join(path.Dir(prefix), string(pkg), path.Base(prefix))
	}
	g := p.NewGeneratedFile(prefix+FileSuffix, importPath)
	header(g, f)
	if importPath != f.GoImportPath {
		g.P("// Package ", pkg, " holds the services of package ", f.GoPackageName, ".")
	}
	g.P("package ", pkg)
	g.P()
	if importPath != f.GoImportPath {
		// The file's descriptor is in that package, and reflection looks for it even
		// when all message types come from elsewhere.
		g.Import(f.GoImportPath)
	}
	importOwn(g, f)
	for _, s := range f.Services {
		w := writer{g: g, file: f, svc: s, names: names[s]}
		w.name()
		w.descriptors()
		w.server()
		w.client()
	}
}

// importOwn imports the packages that the code is made with, before those of messages:
// the names of these get the numbers if there are two of a name.
func importOwn(g *protogen.GeneratedFile, f *protogen.File) {
	g.QualifiedGoIdent(curlewPackage.Ident(""))
	for _, s := range f.Services {
		for _, m := range s.Methods {
			g.QualifiedGoIdent(contextPackage.Ident(""))
			if k := kind(m); k == "ClientStream" || k == "ServerStream" {
				g.QualifiedGoIdent(iterPackage.Ident(""))
			}
		}
	}
}

func header(g *protogen.GeneratedFile, f *protogen.File) {
	g.P("// Code generated by protoc-gen-curlew. DO NOT EDIT.")
	g.P("// versions:")
	g.P("// \tprotoc-gen-curlew ", Version)
	if isDeprecated(f.Desc) {
		g.P("// ", f.Desc.Path(), " is a deprecated file.")
	} else {
		g.P("// source: ", f.Desc.Path())
	}
	g.P()
}
