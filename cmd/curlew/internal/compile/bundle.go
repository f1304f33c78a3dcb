package compile

import (
	"io/fs"
	"strings"

	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/protobuf/reflect/protoregistry"

	// What can be imported without a file: these packages register its descriptors.
	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/api/httpbody"
	_ "google.golang.org/genproto/googleapis/api/visibility"
	_ "google.golang.org/genproto/googleapis/rpc/code"
	_ "google.golang.org/genproto/googleapis/rpc/context"
	_ "google.golang.org/genproto/googleapis/rpc/context/attribute_context"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	_ "google.golang.org/genproto/googleapis/rpc/http"
	_ "google.golang.org/genproto/googleapis/rpc/status"
	_ "google.golang.org/genproto/googleapis/type/calendarperiod"
	_ "google.golang.org/genproto/googleapis/type/color"
	_ "google.golang.org/genproto/googleapis/type/date"
	_ "google.golang.org/genproto/googleapis/type/datetime"
	_ "google.golang.org/genproto/googleapis/type/dayofweek"
	_ "google.golang.org/genproto/googleapis/type/decimal"
	_ "google.golang.org/genproto/googleapis/type/expr"
	_ "google.golang.org/genproto/googleapis/type/fraction"
	_ "google.golang.org/genproto/googleapis/type/interval"
	_ "google.golang.org/genproto/googleapis/type/latlng"
	_ "google.golang.org/genproto/googleapis/type/localized_text"
	_ "google.golang.org/genproto/googleapis/type/money"
	_ "google.golang.org/genproto/googleapis/type/month"
	_ "google.golang.org/genproto/googleapis/type/phone_number"
	_ "google.golang.org/genproto/googleapis/type/postaladdress"
	_ "google.golang.org/genproto/googleapis/type/quaternion"
	_ "google.golang.org/genproto/googleapis/type/timeofday"
)

// IsBundled reports whether a file can be imported without being in any root: the
// well-known types, google/api, google/rpc, google/type and buf/validate, as far as
// Go packages for them are linked.
func IsBundled(name string) bool {
	if !mayBeBundled(name) {
		return false
	}
	_, err := protoregistry.GlobalFiles.FindFileByPath(name)
	return err == nil
}

func mayBeBundled(name string) bool {
	for _, dir := range []string{"google/protobuf/", "google/api/", "google/rpc/", "google/type/", "buf/validate/"} {
		if strings.HasPrefix(name, dir) {
			return true
		}
	}
	return false
}

// bundled returns the text of a linked file. The compiler reads text only.
func bundled(name string) (string, error) {
	if !mayBeBundled(name) {
		return "", fs.ErrNotExist
	}
	file, err := protoregistry.GlobalFiles.FindFileByPath(name)
	if err != nil {
		return "", fs.ErrNotExist
	}
	return new(protoprint.Printer).PrintProtoToString(file)
}
