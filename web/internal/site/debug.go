package site

import (
	"errors"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// debugDetail returns an error's detail as JSON, for people to read; nil if its type is
// not known here.
func debugDetail(d wire.Detail) []byte {
	mt, err := protoregistry.GlobalTypes.FindMessageByURL(d.TypeURL)
	if err != nil {
		return nil
	}
	m := mt.New().Interface()
	if proto.Unmarshal(d.Value, m) != nil {
		return nil
	}
	b, err := jsonpb.Options{}.Append(nil, m)
	if err != nil {
		return nil
	}
	return b
}

// decompressError returns the status of a request that cannot be decompressed.
func decompressError(err error) error {
	code := wire.InvalidArgument
	if errors.Is(err, compress.ErrTooLarge) {
		code = wire.ResourceExhausted
	}
	return &transport.Status{Code: code, Message: "decompressing the request: " + err.Error(), Cause: err}
}

func statusCode(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 500
	}
	return n
}
