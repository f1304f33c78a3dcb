package rest

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
)

// text encodes a length-delimited field.
func text(id uint64, s string) string {
	b := binary.AppendUvarint(nil, id<<3|2)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return string(b) + s
}

func TestParseRule(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		want       Rule
	}{
		{"get", text(2, "/a"), Rule{Method: "GET", Template: "/a"}},
		{"put", text(3, "/a"), Rule{Method: "PUT", Template: "/a"}},
		{"post", text(4, "/a") + text(7, "*"), Rule{Method: "POST", Template: "/a", Body: "*"}},
		{"delete", text(5, "/a"), Rule{Method: "DELETE", Template: "/a"}},
		{"patch", text(6, "/a") + text(7, "b") + text(12, "c"), Rule{Method: "PATCH", Template: "/a", Body: "b", ResponseBody: "c"}},
		{"custom", text(8, text(1, "HEAD")+text(2, "/a")), Rule{Method: "HEAD", Template: "/a"}},
		{"any", text(8, text(2, "/a")+text(1, "*")+"\x18\x01"), Rule{Method: "*", Template: "/a"}},
		{"selector", text(1, "p.S.M") + text(2, "/a"), Rule{Method: "GET", Template: "/a"}},
		{"the last of the oneof", text(2, "/a") + text(4, "/b"), Rule{Method: "POST", Template: "/b"}},
		{"empty template", text(2, ""), Rule{Method: "GET"}},
		{"unknown fields", "\xa0\x06\x01" + text(2, "/a") + "\xa1\x0612345678" + "\xa5\x061234" + text(99, "x"), Rule{Method: "GET", Template: "/a"}},
		{"additional", text(2, "/a") + text(11, text(4, "/b")+text(7, "x")) + text(11, text(5, "/c")),
			Rule{Method: "GET", Template: "/a", Additional: []Rule{{Method: "POST", Template: "/b", Body: "x"}, {Method: "DELETE", Template: "/c"}}}},
	} {
		got, err := ParseRule([]byte(c.rule))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	for _, c := range []struct{ name, rule, want string }{
		{"nothing", "", "no verb"},
		{"only a body", text(7, "*"), "no verb"},
		{"a verb with a space", text(8, text(1, "GET IT")), `kind "GET IT" is no verb`},
		{"no kind", text(8, text(2, "/a")), `kind "" is no verb`},
		{"a bad pattern", text(8, "\x0a"), "not a google.api.HttpRule"},
		{"nested", text(2, "/a") + text(11, text(2, "/b")+text(11, text(2, "/c"))), "additional_bindings[0]: additional_bindings within"},
		{"a bad additional", text(2, "/a") + text(11, text(2, "/b")) + text(11, ""), "additional_bindings[1]: no verb"},
		{"cut", text(2, "/abc")[:4], "not a google.api.HttpRule"},
		{"a cut length", "\x12\x80", "not a google.api.HttpRule"},
		{"a cut tag", "\x80", "not a google.api.HttpRule"},
		{"a cut number", "\x10", "not a google.api.HttpRule"},
		{"cut 64 bits", "\x11123", "not a google.api.HttpRule"},
		{"field 0", "\x02\x00", "not a google.api.HttpRule"},
		{"a group", "\x13\x14", "not a google.api.HttpRule"},
	} {
		got, err := ParseRule([]byte(c.rule))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "google.api.http: ") {
			t.Errorf("%s: %+v, %v; want %s", c.name, got, err, c.want)
		}
	}
}

func TestHTTPStatus(t *testing.T) {
	want := []int{200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401, 500, 500}
	for code, want := range want {
		if got := HTTPStatus(uint32(code)); got != want {
			t.Errorf("code %d: %d, want %d", code, got, want)
		}
	}
	if got := HTTPStatus(1 << 31); got != 500 {
		t.Errorf("%d", got)
	}
}
