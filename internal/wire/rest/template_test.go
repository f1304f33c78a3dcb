package rest

import (
	"fmt"
	"strings"
	"testing"
)

// outline describes what a template was parsed to.
func outline(t *Template) string {
	var out []string
	for _, s := range t.segments {
		switch s.kind {
		case literal:
			out = append(out, s.text)
		case wildcard:
			out = append(out, "*")
		case deep:
			out = append(out, "**")
		}
	}
	text := "/" + strings.Join(out, "/")
	if t.verb != "" {
		text += " :" + t.verb
	}
	for _, v := range t.vars {
		text += fmt.Sprintf(" %s=%d-%d", v.Field, v.start, v.end)
		if v.Multi {
			text += "+"
		}
	}
	return text
}

func TestParseTemplate(t *testing.T) {
	for _, c := range []struct{ template, want string }{
		{"/", "/"},
		{"/v1", "/v1"},
		{"/v1/messages", "/v1/messages"},
		{"/v1/*/x", "/v1/*/x"},
		{"/v1/**", "/v1/**"},
		{"/v1/{id}", "/v1/* id=1-2"},
		{"/v1/{id=*}", "/v1/* id=1-2"},
		{"/v1/{a.b_c.D9}", "/v1/* a.b_c.D9=1-2"},
		{"/v1/{name=messages/*}", "/v1/messages/* name=1-3+"},
		{"/v1/{name=**}", "/v1/** name=1-2+"},
		{"/v1/{name=fixed}", "/v1/fixed name=1-2"},
		{"/v1/{name=a/*/b/**}", "/v1/a/*/b/** name=1-5+"},
		{"/v1/{a}/{b}:do", "/v1/*/* :do a=1-2 b=2-3"},
		{"/v1/messages:search", "/v1/messages :search"},
		{"/v1/**:run", "/v1/** :run"},
		{"/v1/a:b:c", "/v1/a:b :c"},
		{"/v1/a:b/c", "/v1/a:b/c"},
		{"/v1/{name=a:b}", "/v1/a:b name=1-2"},
		{"/v1/{name=a:b/*}:c", "/v1/a:b/* :c name=1-3+"},
		{"/v1/{name=**}/last", "/v1/**/last name=1-2+"},
		{"/v1/{name=**/last/*}/{id}", "/v1/**/last/*/* name=1-4+ id=4-5"},
		{"/v1/a%20b", "/v1/a b"},
		{"/v1/$-._~!&'()+,;=@", "/v1/$-._~!&'()+,;=@"},
		{"/v1/käse", "/v1/käse"},
		{"/v1/k%C3%A4se:%41", "/v1/käse :A"},
		{"/{_a}", "/* _a=0-1"},
		{"/...", "/..."},
	} {
		got, err := ParseTemplate(c.template)
		if err != nil {
			t.Error(err)
		} else if outline(got) != c.want || got.String() != c.template {
			t.Errorf("%s: %s, want %s", c.template, outline(got), c.want)
		}
	}
}

func TestParseTemplateRefuses(t *testing.T) {
	for _, c := range []struct {
		template, problem string
		offset            int
	}{
		{"", "no leading slash", 0},
		{"v1/x", "no leading slash", 0},
		{"{a}", "no leading slash", 0},
		{"//", "an empty segment", 1},
		{"/v1/", "an empty segment", 4},
		{"/v1//x", "an empty segment", 4},
		{"/v1/x:", "an empty verb", 6},
		{"/v1/:x", "an empty segment", 4},
		{"/v1/x:*", "a wildcard that is not a whole segment", 6},
		{"/v1/x*", "a wildcard that is not a whole segment", 5},
		{"/v1/***", "a wildcard that is not a whole segment", 4},
		{"/**/**", "a second **", 4},
		{"/**/{a=**}", "a second **", 7},
		{"/{a=**/b/**}", "a second **", 9},
		{"/v1/{}", `"}" where the name of a field was expected`, 5},
		{"/v1/{=x}", `"=" where the name of a field was expected`, 5},
		{"/v1/{a.}", `"}" where the name of a field was expected`, 7},
		{"/v1/{.a}", `"." where the name of a field was expected`, 5},
		{"/v1/{9a}", `"9" where the name of a field was expected`, 5},
		{"/v1/{ä}", `"ä" where the name of a field was expected`, 5},
		{"/v1/{a-b}", `"-" within the name of a field`, 6},
		{"/v1/{a", "the end of the template within a variable", 6},
		{"/v1/{", "the end of the template within a variable", 5},
		{"/v1/{a.", "the end of the template within a variable", 7},
		{"/v1/{a=", "an empty segment", 7},
		{"/v1/{a=}", "an empty segment", 7},
		{"/v1/{a=x", "the end of the template within a variable", 8},
		{"/v1/{a=x/", "an empty segment", 9},
		{"/v1/{a=x/}", "an empty segment", 9},
		{"/v1/{a=/x}", "an empty segment", 7},
		{"/v1/{a={b}}", "a variable where none may be", 7},
		{"/v1/{a=x/{b}}", "a variable where none may be", 9},
		{"/v1/{a=x{b}}", "a variable within a variable", 8},
		{"/v1/{a}b", `"b" where a slash or the end was expected`, 7},
		{"/v1/b{a}", `"{" where a slash or the end was expected`, 5},
		{"/v1/b}", `"}" where a slash or the end was expected`, 5},
		{"/v1/{a}:b/c", `":" where a slash or the end was expected`, 7},
		{"/v1/{a}/{a}", "field a, which is bound a second time", 9},
		{"/v1/{a.b}/{a.b=x/*}", "field a.b, which is bound a second time", 11},
		{"/v1/a b", "' ', which must be escaped", 5},
		{"/v1/a?b", "'?', which must be escaped", 5},
		{"/v1/a#b", "'#', which must be escaped", 5},
		{"/v1/a%2", "a percent sign without two hexadecimal digits", 5},
		{"/v1/a%zz", "a percent sign without two hexadecimal digits", 5},
		{"/v1/%2f", `a segment "%2f" with an escaped slash`, 4},
		{"/v1/%ff", `a segment "%ff" that is not UTF-8`, 4},
		{"/v1/\xff", "text that is not UTF-8", 0},
		{"/v1/../x", `a segment "..", which clients remove`, 4},
		{"/v1/%2e", `a segment "%2e", which clients remove`, 4},
		{"/v1/x:.", `a verb ".", which clients remove`, 6},
	} {
		got, err := ParseTemplate(c.template)
		want := SyntaxError{c.template, c.offset, c.problem}
		if e, ok := err.(*SyntaxError); !ok || *e != want || got != nil {
			t.Errorf("%s: %v, want %v", c.template, err, &want)
		}
	}
}

func TestExpand(t *testing.T) {
	for _, c := range []struct {
		template string
		values   []string
		want     string // "" if it cannot be
	}{
		{"/", nil, "/"},
		{"/v1/x:do", nil, "/v1/x:do"},
		{"/v1/{id}", []string{"7"}, "/v1/7"},
		{"/v1/{id}", []string{"a/b c:d"}, "/v1/a%2Fb%20c%3Ad"},
		{"/v1/{id}", []string{"ü-._~*!"}, "/v1/%C3%BC-._~%2A%21"},
		{"/v1/{id}", []string{"..."}, "/v1/..."},
		{"/v1/{name=m/*}/x", []string{"m/a b"}, "/v1/m/a%20b/x"},
		{"/v1/{name=**}:do", []string{"a/b:c/%2F"}, "/v1/a/b%3Ac/%252F:do"},
		{"/v1/{name=f/**}", []string{"f"}, "/v1/f"},
		{"/v1/{name=f/**}", []string{"f/"}, "/v1/f/"},
		{"/v1/{name=**}", []string{""}, "/v1/"},
		{"/v1/{name=**/x/*}/{id}", []string{"a/b/x/1", "2"}, "/v1/a/b/x/1/2"},
		{"/v1/{name=fixed}", []string{"fixed"}, "/v1/fixed"},
		{"/a%3ab/ä/$x", nil, "/a%3Ab/%C3%A4/$x"},

		{"/v1/{id}", nil, ""},
		{"/v1/{id}", []string{"1", "2"}, ""},
		{"/v1/*", nil, ""},
		{"/v1/{id}", []string{""}, ""},
		{"/v1/{id}", []string{".."}, ""},
		{"/v1/{id}", []string{"../x"}, ""},
		{"/v1/{name=fixed}", []string{"other"}, ""},
		{"/v1/{name=m/*}", []string{"m"}, ""},
		{"/v1/{name=m/*}", []string{"m/"}, ""},
		{"/v1/{name=m/*}", []string{"n/a"}, ""},
		{"/v1/{name=m/*}", []string{"m/a/b"}, ""},
		{"/v1/{name=**}", []string{"a/./b"}, ""},
		{"/v1/{name=**/x}", []string{"a"}, ""},
		{"/v1/{name=a/**/x}", []string{"a"}, ""},
		{"/v1/{name=a/**/x}", []string{""}, ""},
	} {
		template := mustParse(t, c.template)
		got, err := template.Expand(c.values)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s with %q: %q, %v; want %q", c.template, c.values, got, err, c.want)
		}
	}
}

func mustParse(tb testing.TB, template string) *Template {
	tb.Helper()
	t, err := ParseTemplate(template)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}
