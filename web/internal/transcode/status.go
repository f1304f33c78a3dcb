package transcode

import (
	"encoding/base64"
	"strconv"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// AppendStatus appends the body of a response to a call that failed: a google.rpc.Status
// as JSON, {"code":5,"message":"...","details":[{"@type":"..."}]}. A detail whose type is
// not known, or that is not what its type says, is {"@type":"...","value":"..."} with its
// bytes in base64. Text that is not UTF-8 is replaced. options are those of JSON.
func AppendStatus(dst []byte, code grpc.Code, message string, details []grpc.Detail, options jsonpb.Options) []byte {
	dst = append(dst, `{"code":`...)
	dst = strconv.AppendUint(dst, uint64(code), 10)
	dst = append(dst, `,"message":`...)
	dst = appendString(dst, message)
	if len(details) > 0 {
		dst = append(dst, `,"details":`...)
		for i, d := range details {
			before := byte(',')
			if i == 0 {
				before = '['
			}
			dst = appendDetail(append(dst, before), d, options)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendDetail(dst []byte, d grpc.Detail, options jsonpb.Options) []byte {
	if d.TypeURL != "" {
		if out, err := options.Append(dst, &anypb.Any{TypeUrl: d.TypeURL, Value: d.Value}); err == nil {
			return out
		}
	}
	dst = append(dst, `{"@type":`...)
	dst = appendString(dst, d.TypeURL)
	dst = append(dst, `,"value":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, d.Value)
	return append(dst, `"}`...)
}
