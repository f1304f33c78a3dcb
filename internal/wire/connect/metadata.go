package connect

import (
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// trailerPrefix marks what a unary response has as trailers: it has no others.
const trailerPrefix = "trailer-"

// Visible reports whether a received field belongs into the metadata that the
// application sees: HTTP's own and those of gRPC and Connect do not. name is in lower
// case.
func Visible(name string) bool {
	switch name {
	case "accept", "accept-encoding", "accept-post", "allow", "content-encoding", "trailer":
		return false
	}
	return grpc.Visible(name) && !strings.HasPrefix(name, "connect-")
}

// TrailerName returns the name of the trailer that a field of a unary response
// carries, ok is false for a field that is none. What the application must not see
// has no name.
func TrailerName(field string) (name string, ok bool) {
	name, ok = strings.CutPrefix(field, trailerPrefix)
	if ok && (!Visible(name) || strings.HasPrefix(name, trailerPrefix)) {
		name = ""
	}
	return name, ok
}

// TrailerField returns the name of the field of a unary response that carries a
// trailer.
func TrailerField(name string) string { return trailerPrefix + name }

// CheckName returns nil if an application may send metadata under name: what gRPC
// allows, see [grpc.CheckName], and neither Connect nor HTTP gives a meaning of its
// own. Otherwise the error is a [*grpc.Error] with Internal.
func CheckName(name string) error {
	if err := grpc.CheckName(name); err != nil {
		return err
	}
	if !Visible(name) || strings.HasPrefix(name, trailerPrefix) {
		return &grpc.Error{Code: grpc.Internal, Message: "metadata name " + grpc.Quote(name) + " is reserved by Connect"}
	}
	return nil
}

// ChooseEncoding returns the first name of an accept-encoding list that known reports
// true for, "" if none is: then nothing is compressed. Connect's lists are ordered by
// preference; identity may be among them.
func ChooseEncoding(list string, known func(name string) bool) string {
	for name := range grpc.Listed(list) {
		switch {
		case name == grpc.Identity:
			return ""
		case known(name):
			return name
		}
	}
	return ""
}

// Version is the value of connect-protocol-version.
const Version = "1"

var (
	errNoVersion = &grpc.Error{Code: grpc.InvalidArgument, Message: "connect-protocol-version is missing: want " + Version}
	errVersion   = &grpc.Error{Code: grpc.InvalidArgument, Message: "connect-protocol-version is not " + Version}
)

// CheckVersion returns nil if value, a request's connect-protocol-version, is one that
// is spoken here, or if there is none and none is required. Otherwise the error is a
// [*grpc.Error] with InvalidArgument.
func CheckVersion(value string, required bool) error {
	switch {
	case value == Version, value == "" && !required:
		return nil
	case value == "":
		return errNoVersion
	}
	return errVersion
}
