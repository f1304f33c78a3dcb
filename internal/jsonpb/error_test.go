package jsonpb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/oldpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/shoppb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Errors say where in the message and in the text, and what is wrong.
func TestDecodingErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"parts":[{},{},{"customer":{"name":7}}]}`:                 `parts[2].customer.name: want a string, found 7 (line 1:37)`,
		"{\n \"items\": [\n  {\"sku\": \"ä\", \"count\": -1}\n]}":   `items[0].count: "-1" is no uint32 (line 3:25)`,
		`{"labels":{"a":"b","c d":true}}`:                           `labels["c d"]: want a string, found true (line 1:26)`,
		`{"labels":{"a":"b","a":"c"}}`:                              `labels["a"]: the key is there twice (line 1:20)`,
		`{"states":{"x":1}}`:                                        `states: "x" is no key of type int32 (line 1:12)`,
		`{"states":{"1":"STATE_SOLD"}}`:                             `states["1"]: "STATE_SOLD" is no value of the enum (line 1:16)`,
		`{"users":{"u":{"roles":["a",null]}}}`:                      `users["u"].roles[1]: want a string, found null (line 1:29)`,
		`{"customer":{"nmae":"x"}}`:                                 `customer: there is no field "nmae" (line 1:14)`,
		`{"orderId":"a","order_id":"b"}`:                            `orderId: the field is there twice (line 1:16)`,
		`{"card":"a","voucher":"1"}`:                                `voucher: another field of the oneof payment is there (line 1:13)`,
		`{"createdAt":"yesterday"}`:                                 `createdAt: "yesterday" is no timestamp of RFC 3339 (line 1:14)`,
		`{"ttl":"5 minutes"}`:                                       `ttl: "5 minutes" is no duration such as 1.5s, of 10,000 years at most (line 1:8)`,
		`{"receipt":"*"}`:                                           `receipt: the string is not base64: illegal base64 data at input byte 0 (line 1:12)`,
		`{"numbers":["1",2.5]}`:                                     `numbers[1]: "2.5" is no int64 (line 1:17)`,
		`{"orderId":"a"`:                                            `want a comma or }, found the end (line 1:15)`,
		`{"orderId":"a`:                                             `orderId: a string does not end (line 1:12)`,
		`{"orderId":"\q"}`:                                          `orderId: a string has the unknown escape 'q' (line 1:13)`,
		`[]`:                                                        `want an object, found [ (line 1:1)`,
		`{} {}`:                                                     `want the end, found { (line 1:4)`,
		`{"orderId":` + strings.Repeat("x", 99) + `}`:               `orderId: want a string, found ` + strings.Repeat("x", 40) + `… (line 1:12)`,
		strings.Repeat(`{"replaces":`, 3) + `{}}}}`:                 `replaces.replaces.replaces: it nests more than 3 deep (line 1:37)`,
		`{"replaces":{"customer":{"created":"0000-01-01T00:00:00Z"`: `replaces.customer.created: it nests more than 3 deep (line 1:36)`,
	} {
		o := jsonpb.Options{}
		if strings.Contains(want, "than 3") {
			o.MaxDepth = 3
		}
		for _, m := range []proto.Message{new(shoppb.Order), dynamicpb.NewMessage((*shoppb.Order)(nil).ProtoReflect().Descriptor())} {
			err := o.Unmarshal([]byte(text), m)
			var e *jsonpb.Error
			if !errors.As(err, &e) || err.Error() != want {
				t.Errorf("%s:\nthe error is %v\nwant         %s", text, err, want)
			}
		}
	}
	for text, want := range map[string]string{
		`{"any":{"@type":"x/y.Z"}}`:                                     `any.@type: the type "x/y.Z" is not known: `,
		`{"anys":[{"@type":"x/google.protobuf.Duration","value":"1"}]}`: `anys[0].value: "1" is no duration`,
		`{"mask":"a_b"}`: `mask: "a_b" is no path of a field mask`,
	} {
		if err := (jsonpb.Options{}).Unmarshal([]byte(text), new(shoppb.Known)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: the error is %v", text, err)
		}
	}
}

func TestEncodingErrors(t *testing.T) {
	for want, m := range map[string]proto.Message{
		`items[1].tags[0]: the string is not UTF-8`:                                        &shoppb.Order{Items: []*shoppb.Order_Item{{}, {Tags: []string{"\xff"}}}},
		`labels["k"]: the string is not UTF-8`:                                             &shoppb.Order{Labels: map[string]string{"k": "\xff"}},
		`users["a"].created: a google.protobuf.Timestamp cannot have -62135596801 seconds`: &shoppb.Order{Users: map[string]*shoppb.User{"a": {Created: &timestamppb.Timestamp{Seconds: -62135596801}}}},
		`timestamp: a google.protobuf.Timestamp cannot have -1 nanos`:                      &shoppb.Known{Timestamp: &timestamppb.Timestamp{Nanos: -1}},
		`duration: seconds and nanos of a google.protobuf.Duration have different signs`:   &shoppb.Known{Duration: &durationpb.Duration{Seconds: 1, Nanos: -1}},
		`duration: a google.protobuf.Duration cannot have 315576000001 seconds`:            &shoppb.Known{Duration: &durationpb.Duration{Seconds: 315576000001}},
		`duration: a google.protobuf.Duration cannot have 1000000000 nanos`:                &shoppb.Known{Duration: &durationpb.Duration{Nanos: 1e9}},
		`mask: "a__b" cannot be a path of a google.protobuf.FieldMask in JSON`:             &shoppb.Known{Mask: &fieldmaskpb.FieldMask{Paths: []string{"a", "a__b"}}},
		`values[0]: a google.protobuf.Value has no value`:                                  &shoppb.Known{Values: []*structpb.Value{{}}},
		`any: a google.protobuf.Any has a value and no type_url`:                           &shoppb.Known{Any: &anypb.Any{Value: []byte{1}}},
		`any: the type "x/y.Z" of a google.protobuf.Any is not known: proto: not found`:    &shoppb.Known{Any: &anypb.Any{TypeUrl: "x/y.Z"}},
		`proto: required field curlew.jsonpb.old.Strict.id not set`:                        &oldpb.Old{Strict: new(oldpb.Strict)},
	} {
		out, err := jsonpb.Options{}.Append([]byte("dst"), m)
		if err == nil || normal(err.Error()) != want || string(out) != "dst" {
			t.Errorf("%.60s, %v\nwant %s", out, err, want)
		}
		checkAppend(t, jsonpb.Options{}, m)
	}
}

// A message that holds itself ends in an error, whose path is no longer than needed.
func TestCycle(t *testing.T) {
	cyclic := new(shoppb.Order)
	cyclic.Replaces = cyclic
	_, err := jsonpb.Options{}.Append(nil, cyclic)
	if err == nil || !strings.HasSuffix(err.Error(), "replaces: messages nest more than 10000 deep") || len(err.Error()) > 1100 {
		t.Errorf("the error is %v", err)
	}
}
