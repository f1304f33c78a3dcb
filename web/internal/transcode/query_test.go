package transcode

import (
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/web/internal/transcode/internal/testpb"
)

var queries = []struct{ query, want string }{
	{"", `{}`},
	{"&", `{}`},
	// Scalars.
	{"f_double=1.5", `{"fDouble":1.5}`},
	{"f_double=-1e10", `{"fDouble":-1e10}`},
	{"f_double=1E%2B3", `{"fDouble":1000}`},
	{"f_double=NaN", `{"fDouble":"NaN"}`},
	{"f_double=-Infinity", `{"fDouble":"-Infinity"}`},
	{"f_double=7", `{"fDouble":7}`},
	{"f_float=0.25", `{"fFloat":0.25}`},
	{"f_float=Infinity", `{"fFloat":"Infinity"}`},
	{"f_int32=-2147483648", `{"fInt32":-2147483648}`},
	{"f_int32=2147483647", `{"fInt32":2147483647}`},
	{"f_int64=-9223372036854775808", `{"fInt64":"-9223372036854775808"}`},
	{"f_int64=9223372036854775807", `{"fInt64":"9223372036854775807"}`},
	{"f_uint32=4294967295", `{"fUint32":4294967295}`},
	{"f_uint64=18446744073709551615", `{"fUint64":"18446744073709551615"}`},
	{"f_sint32=-7", `{"fSint32":-7}`},
	{"f_sint64=-8", `{"fSint64":"-8"}`},
	{"f_fixed32=9", `{"fFixed32":9}`},
	{"f_fixed64=10", `{"fFixed64":"10"}`},
	{"f_sfixed32=-11", `{"fSfixed32":-11}`},
	{"f_sfixed64=-12", `{"fSfixed64":"-12"}`},
	{"f_int32=007", `{"fInt32":7}`},
	{"f_int32=-0", `{}`},
	{"f_bool=true", `{"fBool":true}`},
	{"f_bool=false", `{}`},
	{"f_string=a+b%26c", `{"fString":"a b&c"}`},
	{"f_string=k%C3%A4se", `{"fString":"käse"}`},
	{"f_string=", `{}`},
	{"f_string", `{}`},
	{"f_string=%00", `{"fString":"\u0000"}`},
	{"f_color=RED", `{"fColor":"RED"}`},
	{"f_color=7", `{"fColor":"BLUE"}`},
	{"f_color=99", `{"fColor":99}`},
	{"f_color=-1", `{"fColor":-1}`},
	// Bytes, in either alphabet.
	{"f_bytes=", `{}`},
	{"f_bytes=AQI=", `{"fBytes":"AQI="}`},
	{"f_bytes=AQI", `{"fBytes":"AQI="}`},
	{"f_bytes=AQ%3D%3D", `{"fBytes":"AQ=="}`},
	{"f_bytes=-_-_", `{"fBytes":"+/+/"}`},
	{"f_bytes=%2B/%2B/", `{"fBytes":"+/+/"}`},
	{"f_bytes=+/+/", `{"fBytes":"+/+/"}`},
	// Both names.
	{"fInt32=1", `{"fInt32":1}`},
	{"rString=a&r_string=b", `{"rString":["a","b"]}`},
	{"other-Name=x", `{"other-Name":"x"}`},
	{"renamed=x&other=y", `{"other-Name":"x","other":"y"}`},
	// Lists.
	{"r_int32=1&r_int32=2&r_int32=1", `{"rInt32":[1,2,1]}`},
	{"r_string=a,b&r_string=", `{"rString":["a,b",""]}`},
	{"r_color=RED&r_color=7", `{"rColor":["RED","BLUE"]}`},
	{"r_bytes=AQ&r_bytes=", `{"rBytes":["AQ==",""]}`},
	{"r_bool=true&r_bool=false", `{"rBool":[true,false]}`},
	{"r_time=2020-01-02T03:04:05Z&r_time=1970-01-01T00:00:00Z", `{"rTime":["2020-01-02T03:04:05Z","1970-01-01T00:00:00Z"]}`},
	// Presence.
	{"o_int32=0", `{"oInt32":0}`},
	{"o_string=", `{"oString":""}`},
	{"o_int32=1&o_string=x", `{"oInt32":1,"oString":"x"}`},
	// Oneofs.
	{"c_text=x", `{"cText":"x"}`},
	{"c_text=", `{"cText":""}`},
	{"c_number=0", `{"cNumber":0}`},
	{"c_nested.name=x&c_nested.page_size=3", `{"cNested":{"name":"x","pageSize":3}}`},
	{"c_time=1970-01-01T00:00:01Z", `{"cTime":"1970-01-01T00:00:01Z"}`},
	{"nested.left=a&c_text=b", `{"nested":{"left":"a"},"cText":"b"}`},
	// Nested messages.
	{"nested.name=x", `{"nested":{"name":"x"}}`},
	{"nested.page_size=1", `{"nested":{"pageSize":1}}`},
	{"nested.pageSize=1", `{"nested":{"pageSize":1}}`},
	{"nested.name=", `{"nested":{}}`},
	{"nested.child.child.name=x&nested.child.name=y", `{"nested":{"child":{"name":"y","child":{"name":"x"}}}}`},
	{"nested.tags=a&nested.tags=b", `{"nested":{"tags":["a","b"]}}`},
	{"nested.time=1970-01-01T00:00:01Z", `{"nested":{"time":"1970-01-01T00:00:01Z"}}`},
	{"nested.labels[a.b]=c", `{"nested":{"labels":{"a.b":"c"}}}`},
	// Maps.
	{"labels[a]=b&labels[c]=d", `{"labels":{"a":"b","c":"d"}}`},
	{"labels%5Ba%5D=b", `{"labels":{"a":"b"}}`},
	{"labels[]=b", `{"labels":{"":"b"}}`},
	{"labels[a[0].b]=c", `{"labels":{"a[0].b":"c"}}`},
	{"counts[-1]=7&counts[2]=8", `{"counts":{"-1":"7","2":"8"}}`},
	{"colors[true]=RED&colors[false]=7", `{"colors":{"true":"RED","false":"BLUE"}}`},
	{"waits[1]=1.5s", `{"waits":{"1":"1.5s"}}`},
	// Well-known types.
	{"time=2020-01-02T03:04:05.678Z", `{"time":"2020-01-02T03:04:05.678Z"}`},
	{"time=2020-01-02T03:04:05%2B01:00", `{"time":"2020-01-02T02:04:05Z"}`},
	{"duration=1.5s", `{"duration":"1.5s"}`},
	{"duration=-0.000000001s", `{"duration":"-0.000000001s"}`},
	{"update_mask=f_int32,nested.name", `{"updateMask":"fInt32,nested.name"}`},
	{"update_mask=fInt32", `{"updateMask":"fInt32"}`},
	{"update_mask=", `{"updateMask":""}`},
	{"w_string=x", `{"wString":"x"}`},
	{"w_string=", `{"wString":""}`},
	{"w_string=%22", `{"wString":"\""}`},
	{"w_string=%0a%5c", `{"wString":"\n\\"}`},
	{"w_bytes=AQI=", `{"wBytes":"AQI="}`},
	{"w_bool=true", `{"wBool":true}`},
	{"w_bool=false", `{"wBool":false}`},
	{"w_int32=-1", `{"wInt32":-1}`},
	{"w_int64=-2", `{"wInt64":"-2"}`},
	{"w_uint32=0", `{"wUint32":0}`},
	{"w_uint64=18446744073709551615", `{"wUint64":"18446744073709551615"}`},
	{"w_float=1.5", `{"wFloat":1.5}`},
	{"w_double=NaN", `{"wDouble":"NaN"}`},
	{"value=1", `{"value":1}`},
	{"value=%22x%22", `{"value":"x"}`},
	{"value=null", `{"value":null}`},
	{"value={%22a%22:[1]}", `{"value":{"a":[1]}}`},
	{"struct={%22a%22:1}", `{"struct":{"a":1}}`},
	{"list=[1,2]", `{"list":[1,2]}`},
	// Many at once.
	{"f_int32=1&f_string=x&nested.name=y&r_int32=2&labels[k]=v&r_int32=3", `{"fInt32":1,"fString":"x","nested":{"name":"y"},"rInt32":[2,3],"labels":{"k":"v"}}`},
}

func TestQuery(t *testing.T) {
	b := mustCompile(t, method("Call"), "GET /v1", Options{})
	for _, c := range queries {
		msg := &testpb.Everything{}
		if err := call(t, b, "/v1?"+c.query, "", msg); err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		wantMessage(t, c.query, msg, c.want)
	}
}

var badQueries = []struct{ query, want string }{
	{"none=1", `query parameter "none": there is no such field`},
	{"=1", "no such field"},
	{"F_INT32=1", "no such field"},
	{"f_int32.x=1", "no such field"},
	{"nested.none=1", "no such field"},
	{"nested.=1", "no such field"},
	{".nested=1", "no such field"},
	{"nested..name=1", "no such field"},
	{"r_nested.name=1", "no such field"},
	{"labels.a=1", "no such field"},
	{"labels[a=1", "no such field"},
	{"[a]=1", "no such field"},
	{"labels[a].b=1", "no such field"},
	{"nests[a].name=1", "no such field"},
	{"time.seconds=1", "no such field"},
	{"w_string.value=1", "no such field"},
	{"any.value=1", "no such field"},
	{"nested" + strings.Repeat(".child", 99) + ".name=1", "no such field"},
	{"nested=1", `query parameter "nested": it is a message; parameters name its fields`},
	{"empty=1", "it is a message"},
	{"r_nested=1", "many messages"},
	{"nests[a]=1", "many messages"},
	{"any=1", "google.protobuf.Any"},
	{"labels=1", "have a key"},
	{"f_int32[1]=1", "no map"},
	{"nested[a]=1", "no map"},
	{"f_int32=1&f_int32=1", `query parameter "f_int32": it is given twice`},
	{"f_int32=0&fInt32=0", `query parameter "fInt32": it is given twice`},
	{"nested.page_size=0&nested.pageSize=0", "given twice"},
	{"time=1970-01-01T00:00:00Z&time=1970-01-01T00:00:00Z", "given twice"},
	{"labels[a]=b&labels[a]=c", "given twice"},
	{"colors[true]=RED&colors[true]=RED", "given twice"},
	{"c_text=x&c_number=1", `query parameter "c_number": c_number and c_text are both of oneof choice`},
	{"c_text=x&c_nested.name=1", "c_nested and c_text are both of oneof choice"},
	{"c_nested.name=1&c_time=1970-01-01T00:00:00Z", "both of oneof choice"},
	{"nested.left=a&nested.right=b", "right and left are both of oneof choice"},
	{"c_nested.left=a&c_nested.right=b", "right and left are both of oneof choice"},
	{"f_int32=x", `query parameter "f_int32": "x" is no int32`},
	{"f_int32=", `"" is no int32`},
	{"f_int32=+1", `" 1" is no int32`},
	{"f_int32=%2B1", `"+1" is no int32`},
	{"f_int32=1.0", "no int32"},
	{"f_int32=0x1", "no int32"},
	{"f_int32=1_0", "no int32"},
	{"f_int32=2147483648", "no int32"},
	{"f_int64=9223372036854775808", "no int64"},
	{"f_uint32=-1", "no uint32"},
	{"f_uint32=4294967296", "no uint32"},
	{"f_uint64=18446744073709551616", "no uint64"},
	{"f_sint32=x", "no sint32"},
	{"f_sint64=x", "no sint64"},
	{"f_fixed32=-1", "no fixed32"},
	{"f_fixed64=-1", "no fixed64"},
	{"f_sfixed32=x", "no sfixed32"},
	{"f_sfixed64=x", "no sfixed64"},
	{"f_float=1e39", "no float"},
	{"f_double=1e309", "no double"},
	{"f_double=nan", "no double"},
	{"f_double=inf", "no double"},
	{"f_double=0x1p1", "no double"},
	{"f_double=1_0", "no double"},
	{"f_double=", "no double"},
	{"f_bool=1", "no bool, which is true or false"},
	{"f_bool=True", "no bool"},
	{"f_bool", "no bool"},
	{"f_bytes=A", "no base64"},
	{"f_bytes=!!!!", "no base64"},
	{"f_bytes=AQI%0A", "no base64"},
	{"f_bytes=AQ=", "no base64"},
	{"f_color=GREEN", `"GREEN" is no value of curlew.transcode.test.Color`},
	{"f_color=red", "no value of"},
	{"f_color=2147483648", "no value of"},
	{"r_int32=1&r_int32=x", `query parameter "r_int32": "x" is no int32`},
	{"counts[x]=1", `its key: "x" is no int32`},
	{"counts[1]=x", `"x" is no int64`},
	{"colors[1]=RED", "its key"},
	{"time=yesterday", `"yesterday" is no google.protobuf.Timestamp`},
	{"time=", "no google.protobuf.Timestamp"},
	{"duration=1", "no google.protobuf.Duration"},
	{"update_mask=a%22b", "no google.protobuf.FieldMask"},
	{"w_bool=1", "no google.protobuf.BoolValue"},
	{"w_int32=x", "no google.protobuf.Int32Value"},
	{"w_uint64=-1", "no google.protobuf.UInt64Value"},
	{"value={", "no google.protobuf.Value"},
	{"value=", "no google.protobuf.Value"},
	{"struct=[]", "no google.protobuf.Struct"},
	{"list={}", "no google.protobuf.ListValue"},
	{"r_time=x", "no google.protobuf.Timestamp"},
	{"waits[1]=x", "no google.protobuf.Duration"},
	{"f_string=%ff", `query parameter "f_string": its value has text that is not UTF-8`},
	{"f_string=%2", "a percent sign"},
	{strings.Repeat("r_int32=1&", 1001), "more than 1000 parameters"},
}

func TestQueryRefuses(t *testing.T) {
	b := mustCompile(t, method("Call"), "GET /v1", Options{})
	for _, c := range badQueries {
		err := call(t, b, "/v1?"+c.query, "", &testpb.Everything{})
		wantRefusal(t, c.query, err, c.want)
	}
}

// What is given twice is found however many parameters there are.
func TestQueryTwiceAmongMany(t *testing.T) {
	b := mustCompile(t, method("Call"), "GET /v1", Options{})
	names := strings.Fields("f_double f_float f_int32 f_int64 f_uint32 f_uint64 f_sint32 f_sint64 f_fixed32 f_fixed64 f_sfixed32 f_sfixed64 nested.page_size o_int32 w_int32 w_int64 nested.child.page_size nested.child.child.page_size f_string other")
	query := strings.Join(names, "=1&") + "=1"
	if err := call(t, b, "/v1?"+query, "", &testpb.Everything{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		wantRefusal(t, name, call(t, b, "/v1?"+query+"&"+name+"=1", "", &testpb.Everything{}), "given twice")
	}
}

func TestQueryBesidePathAndBody(t *testing.T) {
	for _, c := range []struct{ rule, target, body, want string }{
		{"GET /v1/{f_int32}", "/v1/7?f_int32=8", "", `query parameter "f_int32": the path has f_int32`},
		{"GET /v1/{f_int32}", "/v1/7?fInt32=7", "", "the path has f_int32"},
		{"GET /v1/{nested.name}", "/v1/7?nested.name=x", "", "the path has nested.name"},
		{"GET /v1/{c_text}", "/v1/7?c_number=1", "", "c_number and c_text are both of oneof choice"},
		{"POST /v1 nested", "/v1?nested.name=x", "{}", "the body has it"},
		{"POST /v1 r_int32", "/v1?r_int32=1", "", "the body has it"},
		{"POST /v1 c_nested", "/v1?c_text=x", "{}", "c_text and c_nested are both of oneof choice"},
		{"POST /v1 *", "/v1?f_int32=1", "{}", "the body has all that the path has not"},
		{"POST /v1 *", "/v1?none=1", "{}", "there is no such field"},
		{"GET /v1", "/v1", "{}", "body: there is one, which the method's rule has not"},
	} {
		b := mustCompile(t, method("Call"), c.rule, Options{})
		wantRefusal(t, c.rule+" "+c.target, call(t, b, c.target, c.body, &testpb.Everything{}), c.want)
	}
}

func TestIgnoreUnknown(t *testing.T) {
	for _, c := range []struct{ rule, target, body, want string }{
		{"GET /v1", "/v1?none=1&f_int32=2&nested.none=3", "", `{"fInt32":2}`},
		{"GET /v1", "/v1", "{broken", `{}`},
		{"POST /v1 *", "/v1?f_int32=1&none=2", `{"none":1,"fString":"x"}`, `{"fString":"x"}`},
		{"POST /v1 nested", "/v1?none=2", `{"none":1,"name":"x"}`, `{"nested":{"name":"x"}}`},
	} {
		b := mustCompile(t, method("Call"), c.rule, Options{IgnoreUnknown: true})
		msg := &testpb.Everything{}
		if err := call(t, b, c.target, c.body, msg); err != nil {
			t.Errorf("%s %s: %v", c.rule, c.target, err)
			continue
		}
		wantMessage(t, c.rule, msg, c.want)
	}
	b := mustCompile(t, method("Call"), "GET /v1", Options{IgnoreUnknown: true})
	wantRefusal(t, "a bad value", call(t, b, "/v1?f_int32=x", "", &testpb.Everything{}), "no int32")
}
