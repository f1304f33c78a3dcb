package rpcerror

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestStatus(t *testing.T) {
	tests := map[curlew.Code]int{
		curlew.OK: 0, curlew.Canceled: 65, curlew.NotFound: 69, curlew.Unavailable: 78, curlew.Unauthenticated: 80, 99: 80,
	}
	for code, want := range tests {
		if got := Status(code); got != want {
			t.Errorf("Status(%v) = %d, want %d", code, got, want)
		}
	}
}

// A narrow resolver knows no type but google.rpc.RetryInfo.
type narrow struct{ *protoregistry.Types }

func (narrow) FindMessageByURL(url string) (protoreflect.MessageType, error) {
	if strings.HasSuffix(url, "/google.rpc.RetryInfo") {
		return new(errdetails.RetryInfo).ProtoReflect().Type(), nil
	}
	return nil, protoregistry.NotFound
}

func TestWrite(t *testing.T) {
	info := &errdetails.ErrorInfo{Reason: "R", Domain: "<d>"}
	tests := []struct {
		name   string
		format Format
		err    error
		status int
		want   string
	}{
		{"a plain one", Format{}, curlew.Errorf(curlew.NotFound, "no user"), 69, "NOT_FOUND: no user\n"},
		{"in another", Format{}, errors.Join(curlew.Errorf(curlew.NotFound, "no user")), 69, "NOT_FOUND: no user\n"},
		{"of another kind", Format{}, errors.New("odd"), 66, "UNKNOWN: odd\n"},
		{"details", Format{}, curlew.Errorf(curlew.Aborted, "x").With(info, &emptypb.Empty{}, structpb.NewStringValue("s")), 74,
			"ABORTED: x\n  google.rpc.ErrorInfo {\"reason\":\"R\",\"domain\":\"<d>\"}\n  google.protobuf.Empty {}\n  google.protobuf.Value \"s\"\n"},
		{"of unknown type", Format{Resolver: narrow{protoregistry.GlobalTypes}}, curlew.Errorf(curlew.Aborted, "x").With(info), 74,
			"ABORTED: x\n  google.rpc.ErrorInfo, of unknown type: CgFSEgM8ZD4= (base64)\n"},
		{"JSON", Format{JSON: true}, curlew.Errorf(curlew.NotFound, "no \"user\""), 69,
			`{"code":"NOT_FOUND","number":5,"message":"no \"user\""}` + "\n"},
		{"JSON with details", Format{JSON: true}, curlew.Errorf(curlew.Aborted, "x").With(info, &emptypb.Empty{}, structpb.NewStringValue("s")), 74,
			`{"code":"ABORTED","number":10,"message":"x","details":[` +
				`{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"R","domain":"\u003cd\u003e"},` +
				`{"@type":"type.googleapis.com/google.protobuf.Empty"},` +
				`{"@type":"type.googleapis.com/google.protobuf.Value","value":"s"}]}` + "\n"},
		{"JSON of unknown type", Format{JSON: true, Resolver: narrow{protoregistry.GlobalTypes}}, curlew.Errorf(curlew.Aborted, "x").With(info), 74,
			`{"code":"ABORTED","number":10,"message":"x","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","value":"CgFSEgM8ZD4="}]}` + "\n"},
	}
	for _, test := range tests {
		var b bytes.Buffer
		err := test.format.Write(&b, test.err)
		if b.String() != test.want || exit.Status(err) != test.status || !exit.IsSilent(err) {
			t.Errorf("%s: status %d, got\n%swant\n%s", test.name, exit.Status(err), b.String(), test.want)
		}
		if test.format.JSON && !json.Valid(b.Bytes()) {
			t.Errorf("%s: no JSON", test.name)
		}
	}
}
