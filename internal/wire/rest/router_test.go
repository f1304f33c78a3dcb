package rest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// routes builds a router whose values are its lines, as in "GET /a".
func routes(tb testing.TB, lines ...string) *Router[string] {
	tb.Helper()
	r := &Router[string]{}
	for _, line := range lines {
		method, template, _ := strings.Cut(line, " ")
		if err := r.Add(line, method, mustParse(tb, template), line); err != nil {
			tb.Fatal(err)
		}
	}
	return r
}

// describe renders a match: the line, and the values.
func describe(m Match[string]) string {
	switch m.Result {
	case Found:
		text := m.Value
		for _, v := range m.Vars {
			text += fmt.Sprintf(" %q", v)
		}
		return text
	case WrongVerb:
		return "allow " + strings.Join(m.Allow, ",")
	case BadPath:
		return "bad"
	}
	return "none"
}

func TestFind(t *testing.T) {
	r := routes(t,
		"GET /", "GET /v1", "GET /v1/me", "POST /v1/{id}", "GET /v1/{id}", "DELETE /v1/*/x",
		"GET /v1/{name=**}", "POST /v1/{name=**}:run", "POST /v1/{id}:cancel", "GET /v1/a%20b",
		"* /any/*", "GET /any/*", "PUT /any/one",
		"GET /long/**/x/*", "GET /long/{name=**}", "GET /long/{name=**/y}", "GET /long/*/z",
		"HEAD /head", "GET /head", "GET /multi/{name=a/*}/{id}", "POST /k/käse:größe",
		"GET /files/{name=f/**}/end", "REPORT /odd",
	)
	for _, c := range []struct{ request, want string }{
		{"GET /", "GET /"},
		{"GET /v1", "GET /v1"},
		{"GET /v1/me", "GET /v1/me"},
		{"GET /v1/%6d%65", "GET /v1/me"},
		{"POST /v1/me", `POST /v1/{id} "me"`},
		{"GET /v1/you", `GET /v1/{id} "you"`},
		{"GET /v1/a%20b", "GET /v1/a%20b"},
		{"GET /v1/a%2fb", `GET /v1/{id} "a/b"`},
		{"GET /v1/a+b%2B", `GET /v1/{id} "a+b+"`},
		{"GET /v1/%FF", `GET /v1/{id} "\xff"`},
		{"GET /v1/", `GET /v1/{name=**} ""`},
		{"GET /v1/a/", `GET /v1/{name=**} "a/"`},
		{"GET /v1/a//b", `GET /v1/{name=**} "a//b"`},
		{"GET /v1/a%2Fb/c%2fd%20e", `GET /v1/{name=**} "a%2Fb/c%2fd e"`},
		{"GET /v1/../b", `GET /v1/{name=**} "../b"`},
		{"DELETE /v1/a/x", "DELETE /v1/*/x"},
		{"DELETE /v1//x", "allow GET,HEAD"},
		{"GET /v1/a/x", `GET /v1/{name=**} "a/x"`},
		// Verbs.
		{"POST /v1/7:cancel", `POST /v1/{id}:cancel "7"`},
		{"POST /v1/a:b:cancel", `POST /v1/{id}:cancel "a:b"`},
		{"POST /v1/7:%63ancel", `POST /v1/{id}:cancel "7"`},
		{"POST /v1/7%3Acancel", `POST /v1/{id} "7:cancel"`},
		{"POST /v1/7:other", `POST /v1/{id} "7:other"`},
		{"POST /v1/7:", `POST /v1/{id} "7:"`},
		{"POST /v1/7:run", `POST /v1/{name=**}:run "7"`},
		{"POST /v1:run", `POST /v1/{name=**}:run ""`},
		{"POST /v1/:run", `POST /v1/{name=**}:run ""`},
		{"POST /v1/a/b:run", `POST /v1/{name=**}:run "a/b"`},
		{"POST /v1/a:run/b", "allow GET,HEAD"},
		{"GET /v1/7:cancel", `GET /v1/{id} "7:cancel"`},
		{"DELETE /v1/7:cancel", "allow GET,HEAD,POST"},
		{"POST /k/k%c3%a4se:gr%C3%B6%C3%9fe", "POST /k/käse:größe"},
		{"POST /k/käse", "none"},
		// Verbs of HTTP.
		{"GET /any/one", "GET /any/*"},
		{"PUT /any/one", "PUT /any/one"},
		{"BREW /any/one", "* /any/*"},
		{"HEAD /any/one", "GET /any/*"},
		{"HEAD /head", "HEAD /head"},
		{"HEAD /v1/me", "GET /v1/me"},
		{"POST /head", "allow GET,HEAD"},
		{"get /head", "allow GET,HEAD"},
		{"REPORT /odd", "REPORT /odd"},
		{"GET /odd", "allow REPORT"},
		// What comes first.
		{"GET /long/a/z", "GET /long/*/z"},
		{"GET /long/a/y", `GET /long/{name=**/y} "a/y"`},
		{"GET /long/y", `GET /long/{name=**/y} "y"`},
		{"GET /long/x/y", "GET /long/**/x/*"},
		{"GET /long/a/b/x/y", "GET /long/**/x/*"},
		{"GET /long/a/b/x/", `GET /long/{name=**} "a/b/x/"`},
		{"GET /long", `GET /long/{name=**} ""`},
		{"GET /long/y/", `GET /long/{name=**} "y/"`},
		{"GET /multi/a/b/c", `GET /multi/{name=a/*}/{id} "a/b" "c"`},
		{"GET /multi/a/b%2Fc/d%2Fe", `GET /multi/{name=a/*}/{id} "a/b%2Fc" "d/e"`},
		{"GET /files/f/end", `GET /files/{name=f/**}/end "f"`},
		{"GET /files/f//end", `GET /files/{name=f/**}/end "f/"`},
		{"GET /files/f/a/b/end", `GET /files/{name=f/**}/end "f/a/b"`},
		{"GET /files/f/a/b", "none"},
		{"GET /files/end", "none"},
		// Paths that are none.
		{"GET //", "none"},
		{"GET /other", "none"},
		{"GET /head/", "none"},
		{"GET /./v1", "none"},
		{"GET /v1%2Fme", "none"},
		{"GET ", "bad"},
		{"GET v1", "bad"},
		{"OPTIONS *", "bad"},
		{"GET /v1/%", "bad"},
		{"GET /v1/%4", "bad"},
		{"GET /v1/%g1/x", "bad"},
		{"GET /other/%zz", "bad"},
	} {
		method, path, _ := strings.Cut(c.request, " ")
		if got := describe(r.Find(method, path, nil)); got != c.want {
			t.Errorf("%s: %s, want %s", c.request, got, c.want)
		}
	}
	if got := describe((&Router[string]{}).Find("GET", "/", nil)); got != "none" {
		t.Errorf("an empty router: %s", got)
	}
}

func TestConflicts(t *testing.T) {
	for _, c := range []struct {
		first, second string
		conflict      bool
	}{
		{"GET /v1/{a}", "GET /v1/{b}", true},
		{"GET /v1/{a}", "GET /v1/*", true},
		{"GET /v1/{a=x/*}", "GET /v1/x/{b}", true},
		{"GET /v1/{a=**}", "GET /v1/**", true},
		{"GET /v1/**/x", "GET /v1/{a=**/x}", true},
		{"GET /v1/%61", "GET /v1/a", true},
		{"GET /v1/a:b", "GET /v1/{x=a}:b", true},
		{"* /a", "* /a", true},
		{"* /a", "GET /a", false},
		{"HEAD /a", "GET /a", false},
		{"POST /v1/{a}", "GET /v1/{b}", false},
		{"GET /v1/{a}", "GET /v1/{a}:b", false},
		{"GET /v1/{a}:c", "GET /v1/{a}:b", false},
		{"GET /v1/*", "GET /v1/**", false},
		{"GET /v1", "GET /v1/**", false},
		{"GET /v1/**/x", "GET /v1/**", false},
		{"GET /v1/**/x", "GET /v1/**/*", false},
		{"GET /a", "GET /A", false},
	} {
		r := routes(t, c.first)
		method, template, _ := strings.Cut(c.second, " ")
		err := r.Add("p.S.Second", method, mustParse(t, template), c.second)
		if !c.conflict {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		_, earlier, _ := strings.Cut(c.first, " ")
		want := ConflictError{Method: method, Template: template, Owner: "p.S.Second", Earlier: earlier, EarlierOwner: c.first}
		if e, ok := err.(*ConflictError); !ok || *e != want {
			t.Errorf("%s and %s: %v", c.first, c.second, err)
		} else if text := fmt.Sprintf("p.S.Second: %s %s matches the same paths as %s of %s", method, template, earlier, c.first); e.Error() != text {
			t.Errorf("%q, want %q", e, text)
		}
	}
	if err := (&Router[int]{}).Add("p.S.M", "GE T", mustParse(t, "/"), 1); err == nil || !strings.Contains(err.Error(), `p.S.M: "GE T" is no verb`) {
		t.Errorf("%v", err)
	}
}

// Every node of the trie is visited once at most: with each combination of a literal
// and a wildcard in 12 segments, and paths that match in all ways but for the last
// segment or the verb, a search must not try more than there is.
func TestFindWorkIsBounded(t *testing.T) {
	const depth = 12
	r := &Router[int]{}
	for i := range 1 << depth {
		parts := make([]string, depth)
		for j := range parts {
			parts[j] = []string{"a", "*"}[i>>j&1]
		}
		for k, last := range []string{"/end", "/**/end/end", ":verb"} {
			path := "/" + strings.Join(parts, "/") + last
			if err := r.Add(path, "GET", mustParse(t, path), i<<2|k); err != nil {
				t.Fatal(err)
			}
		}
	}
	nodes := count(&r.root)
	for _, path := range []string{
		strings.Repeat("/a", depth) + "/none",
		strings.Repeat("/a", depth) + strings.Repeat("/b", 1000),
		strings.Repeat("/%61", depth) + "/end/none",
		strings.Repeat("/a", depth-1) + ":verb",
	} {
		visits := 0
		if r.root.countVisits(path, &visits); visits > nodes {
			t.Errorf("%.40s: %d visits of %d nodes", path, visits, nodes)
		}
		if got := r.Find("GET", path, nil); got.Result != NotFound {
			t.Errorf("%.40s: %d", path, got.Result)
		}
	}
	// A chain of ** cannot be made, and what stands before and after one is tried once.
	many := &Router[int]{}
	for i := range 200 {
		path := "/**" + strings.Repeat("/*", i) + "/x"
		if err := many.Add(path, "GET", mustParse(t, path), i); err != nil {
			t.Fatal(err)
		}
	}
	visits := 0
	if many.root.countVisits(strings.Repeat("/a", 8000), &visits); visits > count(&many.root) {
		t.Errorf("%d visits of %d nodes", visits, count(&many.root))
	}
}

// count returns how many nodes there are from n on.
func count[T any](n *node[T]) int {
	sum := 1
	for _, next := range n.literals {
		sum += count(next)
	}
	if n.wildcard != nil {
		sum += count(n.wildcard)
	}
	for _, t := range n.tails {
		sum += count(t.root)
	}
	return sum
}

// countVisits walks as find does if nothing is found.
func (n *node[T]) countVisits(rest string, visits *int) {
	*visits++
	if rest != "" {
		text, after := cut(rest)
		if next := n.literal(text); next != nil {
			next.countVisits(after, visits)
		}
		if n.wildcard != nil && text != "" {
			n.wildcard.countVisits(after, visits)
		}
	}
	for _, t := range n.tails {
		if last, ok := lastSegments(rest, t.length); ok {
			t.root.countVisits(last, visits)
		}
	}
}

func TestFindAllocations(t *testing.T) {
	r := routes(t, "GET /v1/me", "GET /v1/{id}", "GET /v1/{id}/x/{name=**}", "POST /v1/{id}:do", "GET /v1/a%20b/c")
	space := make([]string, 0, 4)
	for _, c := range []struct {
		method, path string
		want         float64
	}{
		{"GET", "/v1/me", 0},
		{"GET", "/v1/you", 0},
		{"GET", "/v1/you/x/a/b/c", 0},
		{"POST", "/v1/you:do", 0},
		{"GET", "/v1/a%20b/c", 0},
		{"GET", "/v2/none", 0},
		{"GET", "/v1/a%20c", 1},
	} {
		if got := testing.AllocsPerRun(100, func() { r.Find(c.method, c.path, space) }); got != c.want {
			t.Errorf("%s %s: %v allocations, want %v", c.method, c.path, got, c.want)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	r := &Router[*published]{}
	for _, p := range publishedRules(b) {
		// What another service has already does not matter here.
		_ = r.Add(p.String(), p.rule.Method, mustParse(b, p.rule.Template), p)
	}
	space := make([]string, 0, 4)
	for _, path := range []string{
		"/v1/projects/p/locations/l/keyRings/k/cryptoKeys/c", "/v1/projects/p%20q/topics/t", "/v9/none",
	} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Find("GET", path, space)
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	rules := publishedRules(b)
	var templates []*Template
	for _, p := range rules {
		templates = append(templates, mustParse(b, p.rule.Template))
	}
	b.ReportAllocs()
	for b.Loop() {
		r := &Router[*published]{}
		for i, p := range rules {
			_ = r.Add(p.service, p.rule.Method, templates[i], p)
		}
	}
}

func TestVars(t *testing.T) {
	template := mustParse(t, "/v1/{name=a/*}/{id}:do")
	var fields []string
	for _, v := range template.Vars() {
		fields = append(fields, v.Field)
	}
	if !slices.Equal(fields, []string{"name", "id"}) || template.Verb() != "do" || !template.Vars()[0].Multi || template.Vars()[1].Multi {
		t.Errorf("%s: %v, %s", template, template.Vars(), template.Verb())
	}
}
