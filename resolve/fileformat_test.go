package resolve

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseEndpoints(t *testing.T) {
	tcp := func(a string) Addr { return Addr{"tcp", a} }
	for _, c := range []struct {
		text      string
		endpoints []Endpoint
		config    string
	}{
		{`{"endpoints":[]}`, []Endpoint{}, ""},
		{" {\n\"endpoints\": [ ] }\n", []Endpoint{}, ""},
		{`{"endpoints":[{"address":"users:80"}]}`, []Endpoint{{Addrs: []Addr{tcp("users:80")}}}, ""},
		{`{"endpoints":[{"address":"[2001:db8::1]:80"}],"serviceConfig":null}`, []Endpoint{{Addrs: []Addr{tcp("[2001:db8::1]:80")}}}, ""},
		{`{"endpoints":[{"address":"unix:/run/x"},{"address":"unix-abstract:x"}],"serviceConfig":{"a": 1}}`,
			[]Endpoint{{Addrs: []Addr{{"unix", "/run/x"}}}, {Addrs: []Addr{{"unix", "@x"}}}}, `{"a": 1}`},
		{`{"serviceConfig":7,"endpoints":[]}`, []Endpoint{}, "7"}, // the client will refuse it
		{`{"endpoints":[{"addresses":["192.0.2.1:80","[2001:db8::1]:80","unix:x"],"id":"a","weight":4294967295,"priority":2,
			"locality":{"region":"r","zone":"z","subZone":"s"}}]}`,
			[]Endpoint{{
				ID: "a", Addrs: []Addr{tcp("192.0.2.1:80"), tcp("[2001:db8::1]:80"), {"unix", "x"}},
				Weight: math.MaxUint32, Priority: 2, Locality: Locality{"r", "z", "s"},
			}}, ""},
		{`{"endpoints":[{"address":"a:1","locality":{"zone":"z"}},{"address":"a:1"}]}`, // Normalize makes them one
			[]Endpoint{{Addrs: []Addr{tcp("a:1")}, Locality: Locality{Zone: "z"}}, {Addrs: []Addr{tcp("a:1")}}}, ""},
	} {
		u, err := parseEndpoints([]byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if !reflect.DeepEqual(*u, Update{Endpoints: c.endpoints, ServiceConfig: c.config}) {
			t.Errorf("%s: %+v", c.text, u)
		}
	}
}

// The error says where the text is wrong and what to write.
func TestParseEndpointsErrors(t *testing.T) {
	with := func(ep string) string { return `{"endpoints":[{"address":"a:1"},` + ep + `]}` }
	for _, c := range []struct{ text, says string }{
		{"", "it is empty"},
		{" \n", "it is empty"},
		{"null", "line 1: it is null; an object is needed"},
		{"[]", "line 1, column 1: it is an array; an object is needed"},
		{`"x"`, "it is a string; an object is needed"},
		{"{", "line 1, column 1: unexpected end"},
		{"{\n  \"endpoints\": [\n    {\"address\": \"a:1\"},\n  ]\n}", "line 4, column 3: invalid character ']'"},
		{`{"endpoints":[]} {}`, "line 1, column 18: invalid character '{' after"},
		{`{}`, "endpoints: it is missing; write []"},
		{`{"endpoints":null}`, "endpoints: it is missing; write []"},
		{`{"endpoints":{}}`, "endpoints: it is an object; a list is needed"},
		{`{"endpoints":[],"serviceconfigs":{}}`, "serviceconfigs: there is no such field; there are endpoints and serviceConfig"},
		{with(`null`), "endpoints[1]: it is null; an object is needed"},
		{with(`"b:1"`), "endpoints[1]: it is a string; an object is needed"},
		{with(`{}`), "endpoints[1].address: it is missing; write host:port or unix:path"},
		{with(`{"addresses":[]}`), "endpoints[1].address: it is missing"},
		{with(`{"addresses":["b:1"],"address":"b:1"}`), "endpoints[1].address: addresses is there too; write one of them"},
		{with(`{"address":"b"}`), `endpoints[1].address: "b" needs a port; write b:443`},
		{with(`{"address":""}`), `endpoints[1].address: the host before`},
		{with(`{"address":7}`), "endpoints[1].address: it is a number; a string is needed"},
		{with(`{"addresses":["b:1","c:x"]}`), `endpoints[1].addresses[1]: port "x" is not a number`},
		{with(`{"addresses":"b:1"}`), "endpoints[1].addresses: it is a string; a list is needed"},
		{with(`{"address":"unix:"}`), `"unix:": nothing follows the colon`},
		{with(`{"address":"unix-abstract:"}`), "nothing follows the colon"},
		{with(`{"address":"unix:` + strings.Repeat("x", 108) + `"}`), "108 bytes; the system allows 107"},
		{with(`{"address":"b:1","wieght":2}`), "endpoints[1].wieght: there is no such field; there are address,"},
		{with(`{"address":"b:1","weight":0}`), "endpoints[1].weight: 0; the least is 1"},
		{with(`{"address":"b:1","weight":-1}`), "endpoints[1].weight: it is the number -1; a whole number from 1 to 4294967295 is needed"},
		{with(`{"address":"b:1","weight":4294967296}`), "endpoints[1].weight: it is the number 4294967296; a whole number"},
		{with(`{"address":"b:1","priority":-1}`), "endpoints[1].priority: -1; 0 is the most preferred"},
		{with(`{"address":"b:1","priority":"1"}`), "endpoints[1].priority: it is a string; a whole number is needed"},
		{with(`{"address":"b:1","locality":"z"}`), "endpoints[1].locality: it is a string; an object is needed"},
		{with(`{"address":"b:1","locality":{"zone":1}}`), "endpoints[1].locality.zone: it is a number; a string is needed"},
		{with(`{"address":"b:1","locality":{"rack":"1"}}`), "rack: there is no such field"},
		{with(`{"address":"b:1","id":"a:1"}`), `endpoint 2 of 2: another one has the ID "a:1" too`},
	} {
		u, err := parseEndpoints([]byte(c.text))
		if err == nil || u != nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %v; want it to say %q", c.text, u, err, c.says)
		}
	}
}

func FuzzParseEndpoints(f *testing.F) {
	for _, s := range []string{
		`{"endpoints":[{"address":"a:1","weight":2,"priority":1,"locality":{"zone":"z"}}],"serviceConfig":{"a":[]}}`,
		`{"endpoints":[{"id":"a","addresses":["[::1]:1","unix:x","unix-abstract:y"]}]}`,
		"{\n\"endpoints\": [\n{\"adress\": \"a:1\"}]}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := slices.Clone(text)
		u, err := parseEndpoints(text)
		switch {
		case err != nil && (u != nil || err.Error() == ""):
			t.Fatalf("%v beside %v", u, err)
		case err != nil:
		case u.Endpoints == nil:
			t.Fatal("nil endpoints")
		default:
			if _, err := Normalize(*u); err != nil {
				t.Fatalf("a client refuses it: %v", err)
			}
		}
		if !slices.Equal(before, text) {
			t.Fatal("the text was changed")
		}
	})
}
