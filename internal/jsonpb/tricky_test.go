package jsonpb_test

import (
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/oldpb"
	"github.com/curlew-rpc/curlew/internal/jsonpb/internal/shoppb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
)

type trickyInput struct {
	text string
	ok   bool
}

// tricky are inputs for Known, as the conformance tests of protobuf have them and as
// attackers do. Whether they are accepted, and as what, is what protojson says.
var tricky = []trickyInput{
	// Any.
	{`{"any":{}}`, true},
	{`{"any":null}`, true},
	{`{"any":[]}`, false},
	{`{"any":{"@type":"x/curlew.jsonpb.shop.User","name":"a"}}`, true},
	{`{"any":{"name":"a","@type":"x/curlew.jsonpb.shop.User"}}`, true},
	{`{"any":{"name":"a","@type":"x/curlew.jsonpb.shop.User","@type":"x/curlew.jsonpb.shop.User"}}`, false},
	{`{"any":{"@type":"x/curlew.jsonpb.shop.User","@type":"x/curlew.jsonpb.shop.User"}}`, false},
	{`{"any":{"@type":""}}`, false},
	{`{"any":{"@type":7}}`, false},
	{`{"any":{"@type":null}}`, false},
	{`{"any":{"@type":"curlew.jsonpb.shop.User"}}`, true},
	{`{"any":{"@type":"x/no.such.Type"}}`, false},
	{`{"any":{"name":"a"}}`, false},
	{`{"any":{"@type":"x/google.protobuf.Duration","value":"1.5s"}}`, true},
	{`{"any":{"value":"1.5s","@type":"x/google.protobuf.Duration"}}`, true},
	{`{"any":{"@type":"x/google.protobuf.Duration"}}`, false},
	{`{"any":{"@type":"x/google.protobuf.Duration","value":"1s","value":"2s"}}`, false},
	{`{"any":{"@type":"x/google.protobuf.Duration","value":"1s","other":1}}`, false},
	{`{"any":{"@type":"x/google.protobuf.Duration","value":null}}`, false},
	{`{"any":{"@type":"x/google.protobuf.Empty"}}`, true},
	{`{"any":{"@type":"x/google.protobuf.Empty","value":{}}}`, true},
	{`{"any":{"@type":"x/google.protobuf.Empty","value":{"a":1}}}`, false},
	{`{"any":{"@type":"x/google.protobuf.Value","value":null}}`, true},
	{`{"any":{"@type":"x/google.protobuf.Int32Value","value":1e1}}`, true},
	{`{"any":{"value":{"value":{"a":1},"@type":"x/google.protobuf.Struct"},"@type":"x/google.protobuf.Any"}}`, true},
	{`{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/google.protobuf.Any","value":{}}}}`, true},
	{`{"any":{"value":{"b":{}},"@type":"x/google.protobuf.Any"}}`, false},
	{`{"any":{"@type":"x/curlew.jsonpb.old.Strict"}}`, true},
	{`{"anyMap":{"a":{"@type":"x/curlew.jsonpb.old.Old","[curlew.jsonpb.old.note]":"n"}}}`, true},
	{`{"anys":[null]}`, false},

	// Timestamp and Duration.
	{`{"timestamp":"2024-02-29T12:34:56.789Z"}`, true},
	{`{"timestamp":"2023-02-29T12:34:56Z"}`, false},
	{`{"timestamp":"2024-02-29T12:34:56.789+05:30"}`, true},
	{`{"timestamp":"0001-01-01T00:00:00Z"}`, true},
	{`{"timestamp":"0001-01-01T00:00:00+00:01"}`, false},
	{`{"timestamp":"9999-12-31T23:59:59.999999999Z"}`, true},
	{`{"timestamp":"10000-01-01T00:00:00Z"}`, false},
	{`{"timestamp":"2024-02-29T12:34:56.1234567890Z"}`, false},
	{`{"timestamp":"2024-02-29T12:34:56.1234567890123456789012345-07:00"}`, false},
	{`{"timestamp":"2024-02-29T12:34:56,123Z"}`, true}, // not RFC 3339: time.Parse takes it
	{`{"timestamp":"2024-02-29t12:34:56z"}`, false},
	{`{"timestamp":"2024-02-29T12:34:56"}`, false},
	{`{"timestamp":" 2024-02-29T12:34:56Z"}`, false},
	{`{"timestamp":1}`, false},
	{`{"timestamps":[null]}`, false},
	{`{"duration":"1s"}`, true}, {`{"duration":"-1.5s"}`, true}, {`{"duration":"+.5s"}`, true}, {`{"duration":"1.s"}`, true},
	{`{"duration":".s"}`, true}, {`{"duration":"s"}`, false}, {`{"duration":"-s"}`, false}, {`{"duration":"1"}`, false},
	{`{"duration":"01s"}`, false}, {`{"duration":"0.1234567891s"}`, false}, {`{"duration":"315576000000.999999999s"}`, true},
	{`{"duration":"315576000001s"}`, false}, {`{"duration":"99999999999999999999s"}`, false}, {`{"duration":"1e3s"}`, false},
	{`{"duration":"1.000000000s"}`, true}, {`{"duration":"1 s"}`, false}, {`{"duration":""}`, false},

	// FieldMask.
	{`{"mask":""}`, true}, {`{"mask":" fooBar,a.bC "}`, true}, {`{"mask":"a,"}`, false}, {`{"mask":"a_b"}`, false},
	{`{"mask":"a, b"}`, false}, {`{"mask":"a..b"}`, false}, {`{"mask":"Foo"}`, true}, {`{"mask":"ä"}`, false}, {`{"mask":["a"]}`, false},

	// Struct, Value, ListValue, NullValue.
	{`{"struct":{"a":null,"b":[1,"x",true,{}],"c":{"d":-1.5e3}}}`, true},
	{`{"struct":{"a":1,"a":2}}`, false},
	{`{"value":null}`, true}, {`{"value":1e400}`, false}, {`{"value":"NaN"}`, true}, {`{"value":NaN}`, false},
	{`{"values":null}`, false}, {`{"values":[null,[],{}]}`, true}, {`{"valueMap":{"a":null}}`, true}, {`{"list":[1,[2]]}`, true}, {`{"list":{}}`, false},
	{`{"null":null}`, true}, {`{"null":"NULL_VALUE"}`, true}, {`{"null":0}`, true}, {`{"null":7}`, true}, {`{"null":"x"}`, false},
	{`{"nulls":[null,"NULL_VALUE",0]}`, true}, {`{"nulls":null}`, false}, {`{"nullMap":{"true":null,"false":0}}`, true},
	{`{"optionalNull":null}`, true}, {`{"oneNull":null}`, true}, {`{"oneNull":null,"oneValue":null}`, false}, {`{"oneValue":null}`, true},

	// Wrappers and Empty.
	{`{"bool":true,"int32":"1","int64":-5,"uint32":1.0,"uint64":"18446744073709551615","float":"NaN","double":"-Infinity","string":"","bytes":"-_8"}`, true},
	{`{"bool":null,"strings":[]}`, true}, {`{"strings":[null]}`, false}, {`{"bool":"true"}`, false}, {`{"bool":{"value":true}}`, false},
	{`{"empty":{}}`, true}, {`{"empty":{"a":1}}`, false}, {`{"empty":[]}`, false},

	// Numbers.
	{`{"int32":2147483647}`, true}, {`{"int32":2147483648}`, false}, {`{"int32":-2147483648}`, true}, {`{"int32":-2147483649}`, false},
	{`{"int32":1e3}`, true}, {`{"int32":"1e3"}`, true}, {`{"int32":1.5}`, false}, {`{"int32":1.5e1}`, true}, {`{"int32":150e-1}`, true}, {`{"int32":15e-1}`, false},
	{`{"int32":1.0}`, true}, {`{"int32":-0}`, true}, {`{"uint32":-0}`, true}, {`{"uint32":-1}`, false}, {`{"uint32":"-0.0e7"}`, true},
	{`{"int32":01}`, false}, {`{"int32":+1}`, false}, {`{"int32":.5}`, false}, {`{"int32":1.}`, false}, {`{"int32":0x1}`, false}, {`{"int32":1_0}`, false},
	{`{"int32":" 1"}`, false}, {`{"int32":"1 "}`, false}, {`{"int32":""}`, false}, {`{"int32":"a"}`, false}, {`{"int32":true}`, false}, {`{"int32":"\u0031"}`, true},
	{`{"int32":1e}`, false}, {`{"int32":1e+}`, false}, {`{"int32":0e99999999999}`, true}, {`{"int32":1e99999999999}`, false}, {`{"int64":1e18}`, true},
	{`{"int64":9223372036854775807}`, true}, {`{"int64":9223372036854775808}`, false}, {`{"int64":-9223372036854775808}`, true}, {`{"int64":-9223372036854775809}`, false},
	{`{"uint64":18446744073709551616}`, false}, {`{"uint64":1e19}`, true}, {`{"uint64":1e20}`, false}, {`{"uint64":0.0000000000000000000001e22}`, false},
	{`{"uint64":0.05e2}`, true}, {`{"uint64":100000000000000000000e-5}`, true}, {`{"uint64":10e-2147483649}`, false},
	{`{"float":3.5e38}`, false}, {`{"float":"3.4e38"}`, true}, {`{"double":1e309}`, false}, {`{"double":"1e-400"}`, true}, {`{"double":"inf"}`, false},
	{`{"double":Infinity}`, false}, {`{"double":"nan"}`, false}, {`{"double":" 1"}`, false}, {`{"double":"1e5"}`, true}, {`{"double":null}`, true},

	// Strings and bytes.
	{`{"string":"\ud83d\ude00\u0000\"\\\/\b\f\n\r\t"}`, true}, {`{"string":"\ud83d"}`, false}, {`{"string":"\ude00\ud83d"}`, false}, {`{"string":"\ud83dx\ude00"}`, false},
	{`{"string":"\x"}`, false}, {`{"string":"\u12g4"}`, false}, {`{"string":"\u12"}`, false}, {`{"string":"\U0041"}`, false}, {"{\"string\":\"\n\"}", false},
	{"{\"string\":\"\xff\"}", false}, {"{\"string\":\"\xed\xa0\x80\"}", false}, {"{\"string\":\"\xef\xbf\xbd\"}", true}, {"{\"string\":\"\x7f\"}", true}, {`{"string":'a'}`, false},
	{`{"string":"a`, false}, {`{"string":"a\`, false}, {`{"string":"a\"}`, false},
	{`{"bytes":""}`, true}, {`{"bytes":"AA=="}`, true}, {`{"bytes":"AA"}`, true}, {`{"bytes":"AA="}`, false}, {`{"bytes":"+/8="}`, true}, {`{"bytes":"+_8="}`, false},
	{`{"bytes":"A"}`, false}, {`{"bytes":"AA==\n"}`, false}, {`{"bytes":"A\nA=="}`, false}, {`{"bytes":"\nAAA\n"}`, true}, {`{"bytes":"AA\n\n\n\nAA"}`, true}, {`{"bytes":1}`, false},

	// Fields.
	{`{"unknown":1}`, false}, {`{"":1}`, false}, {`{"[a.b]":1}`, false}, {`{"[]":1}`, false}, {`{"[":1}`, false}, {`{"@type":"a"}`, false}, {`{"Bool":true}`, false},
	{`{"value_map":{"a":1}}`, true}, {`{"valueMap":{"a":1},"value_map":{"b":1}}`, false}, {`{"bool":null,"bool":true}`, false}, {`{"b\u006fol":true}`, true},
	{`{"oneInt32":1,"oneKnown":{}}`, false}, {`{"oneInt32":null,"oneKnown":{}}`, true}, {`{"nullMap":{"TRUE":null}}`, false}, {`{"nullMap":{"true":null,"true":null}}`, false},
	{`{"durationMap":{"+5":"1s","-6":"2s","007":"3s"}}`, true}, {`{"durationMap":{"5":"1s","+5":"2s"}}`, false}, {`{"durationMap":{"1e2":"1s"}}`, false},
	{`{"durationMap":{"5":null}}`, false}, {`{"durationMap":{5:"1s"}}`, false}, {`{"durationMap":[]}`, false},

	// Form.
	{``, false}, {` `, false}, {"\ufeff{}", false}, {"\t\r\n {} \n", true}, {"\v{}", false}, {`{}{}`, false}, {`{} x`, false}, {`null`, false}, {`[]`, false}, {`{`, false}, {`}`, false},
	{`{,}`, false}, {`{"bool":true,}`, false}, {`{"bool":true,,"int32":1}`, false}, {`{"bool" true}`, false}, {`{"bool":true "int32":1}`, false}, {`{"bool"}`, false},
	{`{"strings":["a",]}`, false}, {`{"strings":[,"a"]}`, false}, {`{"strings":["a" "b"]}`, false}, {`{"strings":["a"}`, false}, {`{"strings":["a":1]}`, false},
	{`{"bool":truex}`, false}, {`{"bool":nullx}`, false}, {`{"bool":nul}`, false}, {`{"bool":TRUE}`, false}, {`{/**/}`, false}, {"{}\x00", false}, {`{"list":[}]}`, false},
}

func TestTricky(t *testing.T) {
	empty := new(shoppb.Known)
	for _, in := range tricky {
		for _, m := range []proto.Message{empty, dynamicpb.NewMessage(empty.ProtoReflect().Descriptor())} {
			got, err := checkUnmarshal(t, jsonpb.Options{}, m, []byte(in.text))
			if (err == nil) != in.ok {
				t.Errorf("%s: %v", in.text, err)
			}
			if err == nil {
				checkAppend(t, jsonpb.Options{}, got)
			}
			_, _ = checkUnmarshal(t, jsonpb.Options{DiscardUnknown: true}, m, []byte(in.text))
		}
	}
}

func TestTrickyProto2(t *testing.T) {
	for _, in := range []trickyInput{
		{`{"text":""}`, true}, {`{"data":""}`, true},
		{`{"inner":{"number":1}}`, true}, {`{"Inner":{"number":1}}`, true}, {`{"INNER":{}}`, false}, {`{"inner":{},"Inner":{}}`, false},
		{`{"more":[{"name":"a"}]}`, true}, {`{"more":[{}]}`, false}, {`{"strict":{}}`, false}, {`{"stricts":{"a":{"id":1}}}`, true}, {`{"stricts":{"a":{}}}`, false},
		{`{"kind":"KIND_B"}`, true}, {`{"kind":3}`, true}, {`{"kind":-1.0}`, true}, {`{"kind":4}`, true}, {`{"kind":"3"}`, false}, {`{"kind":"KIND_X"}`, false}, {`{"kind":3000000000}`, false},
		{`{"[curlew.jsonpb.old.note]":"n"}`, true}, {`{"[curlew.jsonpb.old.Scope.number]":"-5"}`, true}, {`{"note":"n"}`, false}, {`{"[curlew.jsonpb.old.note]":null}`, true},
		{`{"[curlew.jsonpb.old.note]":"n","[curlew.jsonpb.old.note]":"n"}`, false}, {`{"[curlew.jsonpb.old.elsewhere]":"n"}`, false}, {`{"[curlew.jsonpb.old.Old]":1}`, false},
		{`{"[curlew.jsonpb.old.old]":{"strict":{}}}`, false}, {`{"[curlew.jsonpb.old.ext_kinds]":["KIND_A",-1,"KIND_B"]}`, true},
		{`{"[curlew.jsonpb.old.extgroup]":[{"name":"a"}]}`, true}, {`{"[curlew.jsonpb.old.ExtGroup]":[{"name":"a"}]}`, false},
	} {
		for _, m := range []proto.Message{new(oldpb.Old), dynamicpb.NewMessage((*oldpb.Old)(nil).ProtoReflect().Descriptor())} {
			got, err := checkUnmarshal(t, jsonpb.Options{}, m, []byte(in.text))
			if (err == nil) != in.ok {
				t.Errorf("%s: %v", in.text, err)
			}
			if err == nil {
				checkAppend(t, jsonpb.Options{}, got)
			}
			_, _ = checkUnmarshal(t, jsonpb.Options{DiscardUnknown: true}, m, []byte(in.text))
		}
	}
}

// Nesting is limited where protojson limits it, whatever nests.
func TestDepth(t *testing.T) {
	nest := func(open, middle, end string, n int) string {
		return strings.Repeat(open, n) + middle + strings.Repeat(end, n)
	}
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 48, 49, 50, 51, 98, 99, 100, 101, 102, 200} {
		for name, text := range map[string]string{
			"messages":     nest(`{"oneKnown":`, `{}`, `}`, n),
			"values":       `{"value":` + nest(`[`, `1`, `]`, n) + `}`,
			"structs":      `{"struct":` + nest(`{"a":`, `{}`, `}`, n) + `}`,
			"unknown":      `{"unknown":` + nest(`{"a":[`, `1`, `]}`, n) + `}`,
			"anys":         `{"any":` + nest(`{"@type":"x/google.protobuf.Any","value":`, `{}`, `}`, n) + `}`,
			"anys late":    `{"any":` + nest(`{"value":`, `{}`, `,"@type":"x/google.protobuf.Any"}`, n) + `}`,
			"in anys":      `{"any":` + nest(`{"@type":"x/curlew.jsonpb.shop.Known","any":`, `{}`, `}`, n) + `}`,
			"any of lists": `{"any":{"@type":"x/google.protobuf.ListValue","value":` + nest(`[`, ``, `]`, n) + `}}`,
			"any unknown":  `{"any":{"@type":"x/google.protobuf.Empty","value":{"a":` + nest(`[`, ``, `]`, n) + `}}}`,
			"no any":       `{"any":{"a":` + nest(`[`, ``, `]`, n) + `}}`,
			"in empty":     `{"empty":{"a":` + nest(`[`, ``, `]`, n) + `}}`,
		} {
			for _, o := range []jsonpb.Options{{DiscardUnknown: true}, {DiscardUnknown: true, MaxDepth: 7}} {
				if _, err := checkUnmarshal(t, o, new(shoppb.Known), []byte(text)); n >= 200 && err == nil {
					t.Errorf("%s: %d deep is accepted", name, n)
				}
			}
		}
	}
}
