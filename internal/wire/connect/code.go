package connect

import "github.com/curlew-rpc/curlew/internal/wire/grpc"

// defined counts the codes that there are.
const defined = grpc.Unauthenticated + 1

var codeNames = [defined]string{
	"ok", "canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found",
	"already_exists", "permission_denied", "resource_exhausted", "failed_precondition",
	"aborted", "out_of_range", "unimplemented", "internal", "unavailable", "data_loss",
	"unauthenticated",
}

// CodeName returns a code's name on the wire, as in not_found. What is no code of an
// error, OK among it, is "unknown".
func CodeName(c grpc.Code) string {
	if c == grpc.OK || c >= defined {
		c = grpc.Unknown
	}
	return codeNames[c]
}

// ParseCode reads a code's name. ok is false for what is no code of an error: "ok"
// is none.
func ParseCode(s string) (c grpc.Code, ok bool) {
	for c, name := range codeNames {
		if c != 0 && name == s {
			return grpc.Code(c), true
		}
	}
	return grpc.OK, false
}

// statuses is indexed by the code ("Error Codes").
var statuses = [defined]int{
	grpc.OK:                 200,
	grpc.Canceled:           499,
	grpc.Unknown:            500,
	grpc.InvalidArgument:    400,
	grpc.DeadlineExceeded:   504,
	grpc.NotFound:           404,
	grpc.AlreadyExists:      409,
	grpc.PermissionDenied:   403,
	grpc.ResourceExhausted:  429,
	grpc.FailedPrecondition: 400,
	grpc.Aborted:            409,
	grpc.OutOfRange:         400,
	grpc.Unimplemented:      501,
	grpc.Internal:           500,
	grpc.Unavailable:        503,
	grpc.DataLoss:           500,
	grpc.Unauthenticated:    401,
}

// HTTPStatus returns the HTTP status of a unary response that ends with a code. It
// is also that of google.rpc.Code for JSON transcoding. The way back, for responses
// that carry no error, is [grpc.CodeFromHTTP]: the two are no inverses.
func HTTPStatus(c grpc.Code) int {
	if c >= defined {
		return 500
	}
	return statuses[c]
}
