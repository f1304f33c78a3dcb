package generate

import (
	"fmt"

	"github.com/curlew-rpc/curlew/internal/gen"
	gengo "google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"
)

// runBuiltin runs a plugin of this process.
func runBuiltin(plugin string, req *pluginpb.CodeGeneratorRequest) (*pluginpb.CodeGeneratorResponse, error) {
	// protogen decodes extensions in the descriptors, which other plugins read.
	req = proto.Clone(req).(*pluginpb.CodeGeneratorRequest)
	if plugin == pluginGo {
		return runGo(req)
	}
	var o gen.Options
	p, err := protogen.Options{ParamFunc: o.Set}.New(req)
	if err != nil {
		return nil, err
	}
	gen.Generate(p, o)
	return p.Response(), nil
}

// runGo does what protoc-gen-go does.
func runGo(req *pluginpb.CodeGeneratorRequest) (*pluginpb.CodeGeneratorResponse, error) {
	p, err := protogen.Options{ParamFunc: func(name, _ string) error {
		return fmt.Errorf("unknown option %q: there are paths, module, M<file>, annotate_code, default_api_level and apilevelM<file>", name)
	}}.New(req)
	if err != nil {
		return nil, err
	}
	p.SupportedFeatures = gengo.SupportedFeatures
	p.SupportedEditionsMinimum = gengo.SupportedEditionsMinimum
	p.SupportedEditionsMaximum = gengo.SupportedEditionsMaximum
	for _, f := range p.Files {
		if f.Generate {
			gengo.GenerateFile(p, f)
		}
	}
	return p.Response(), nil
}
