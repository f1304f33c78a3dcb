// Protoc-gen-curlew is a plugin of protoc and buf that generates Go code of the
// services in .proto files: what a server implements, and a client. Messages are
// protoc-gen-go's; they get methods by which they are encoded and decoded fast.
//
//	protoc --go_out=. --go_opt=paths=source_relative \
//	       --curlew_out=. --curlew_opt=paths=source_relative user/v1/user.proto
//
// Options are protoc-gen-go's (paths, module, M and so on) and
//
//	package_suffix=curlew   put the code in a package of its own, <package>curlew,
//	                        below that of the messages
//	codec=false             do not write <name>_curlew_codec.pb.go, with methods that
//	                        encode and decode the messages
//
// The codec methods use the fields that protoc-gen-go declares. So they belong into the
// messages' package, and there are none with package_suffix; and protoc-gen-go has to
// be of the version of google.golang.org/protobuf that this plugin is built with, or
// newer. If other code is generated for messages, or none, say codec=false. What the
// methods do is what google.golang.org/protobuf does: the same bytes, and the same
// refusals. Messages that can have extensions, that are groups in themselves, whose
// opaque API decodes fields when they are read, or whose fields take the methods'
// names, get none and are encoded by google.golang.org/protobuf, also within messages
// that have them.
//
// A service S gives the Go names S, SName, RegisterS, UnimplementedS, SClient and
// NewSClient. A name that the package has already, of a message for instance, gets an
// underscore appended, and so does that of a method that another has, or that is With.
package main

import (
	"fmt"
	"os"

	"github.com/curlew-rpc/curlew/internal/gen"
	"google.golang.org/protobuf/compiler/protogen"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("protoc-gen-curlew", gen.Version)
		return
	}
	var o gen.Options
	protogen.Options{ParamFunc: o.Set}.Run(func(p *protogen.Plugin) error {
		gen.Generate(p, o)
		return nil
	})
}
