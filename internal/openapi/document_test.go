package openapi

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{``, "unexpected EOF"},
		{`{"openapi":"3.1.0"`, "unexpected EOF"},
		{`{"openapi":`, "unexpected EOF"},
		{`{"openapi":["a"`, "unexpected EOF"},
		{`{"openapi":"3.1.0",}`, "invalid character"},
		{`{"openapi":"3.1.0"} x`, "something follows"},
		{`{"openapi":"3.1.0","openapi":"3.1.0"}`, `"openapi" is there twice`},
		{`[]`, "not a JSON object"},
		{`{}`, "not of version 3"},
		{`{"openapi":3}`, "not of version 3"},
		{`{"openapi":"2.0"}`, "not of version 3"},
		{`{"openapi":"3.1.0","x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "nest too deeply"},
	} {
		_, err := Parse([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s gives %v, want %s", c.in, err, c.want)
		}
	}
}

func TestValues(t *testing.T) {
	d, err := Parse([]byte(`{"openapi":"3.1.0","b":[1,"x",null],"a":{"deep":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range d.Root().Members() {
		names = append(names, name)
		if name == "b" {
			break
		}
	}
	if !reflect.DeepEqual(names, []string{"openapi", "b"}) {
		t.Errorf("the members are %q", names)
	}
	var items []string
	for v := range d.Root().Get("b").Items() {
		items = append(items, v.JSON()+v.Text())
		if len(items) == 2 {
			break
		}
	}
	if !reflect.DeepEqual(items, []string{"1", `"x"x`}) {
		t.Errorf("the items are %q", items)
	}
	if !d.Root().Get("a").Get("deep").IsTrue() || d.Root().Get("b").IsTrue() {
		t.Error("what is true is wrong")
	}
	none := d.Root().Get("none").Get("at all")
	if !none.IsZero() || none.Text() != "" || none.JSON() != "" || d.Root().IsZero() {
		t.Error("what is there is wrong")
	}
	for range none.Members() {
		t.Error("nothing has members")
	}
	for range none.Items() {
		t.Error("nothing has items")
	}
}

// What is parsed and written is the same JSON, and stays so.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"openapi":"3.1.0","x":["a\u2028",-0,1.5e3,true,null,{}],"\"":[]}`))
	f.Add([]byte(`{"openapi":"3.0.0","a":{"b":"\ud800\n"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data)
		if err != nil {
			return
		}
		var want, got any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Skip("a number is out of range")
		}
		if err := json.Unmarshal(d.JSON(), &got); err != nil {
			t.Fatalf("%s: %v", d.JSON(), err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %s", d.JSON())
		}
		again, err := Parse(d.JSON())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.JSON(), d.JSON()) || !bytes.Equal(again.YAML(), d.YAML()) {
			t.Errorf("%s changes", d.JSON())
		}
	})
}
