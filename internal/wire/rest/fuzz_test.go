package rest

import (
	"slices"
	"strings"
	"testing"
)

func FuzzTemplate(f *testing.F) {
	f.Add("/v1/{name=a/*/b/**}/%41:do")
	f.Fuzz(func(t *testing.T, s string) {
		template, err := ParseTemplate(s)
		if err != nil {
			if e := err.(*SyntaxError); e.Offset < 0 || e.Offset > len(s) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		// Without its variables a template matches the same paths.
		plain := mustParse(t, withoutVariables(template))
		if !slices.Equal(plain.segments, template.segments) || plain.verb != template.verb {
			t.Fatalf("%q: %s, %s", s, outline(template), outline(plain))
		}
		r := &Router[string]{}
		if err := r.Add("", "GET", template, s); err != nil {
			t.Fatal(err)
		}
		if err := r.Add("", "GET", plain, s); err == nil {
			t.Fatalf("%s and %s do not conflict", template, plain)
		}
		path := samplePath(template)
		if m := r.Find("GET", path, nil); m.Result != Found || len(m.Vars) != len(template.vars) {
			t.Fatalf("%s: %s of %s", describe(m), path, template)
		}
		for _, kept := range template.segments {
			if kept.kind != literal && len(template.vars) == 0 {
				return
			}
		}
		if back, err := template.Expand(r.Find("GET", path, nil).Vars); err == nil && r.Find("GET", back, nil).Result != Found {
			t.Fatalf("%s: expanded to %s", template, back)
		}
	})
}

// withoutVariables renders a template's segments.
func withoutVariables(t *Template) string {
	text := ""
	for _, s := range t.segments {
		switch s.kind {
		case literal:
			text += "/" + string(appendEscaped(nil, s.text, &plainChars))
		case wildcard:
			text += "/*"
		case deep:
			text += "/**"
		}
	}
	if text == "" {
		text = "/"
	}
	if t.verb != "" {
		text += ":" + string(appendEscaped(nil, t.verb, &plainChars))
	}
	return text
}

// samplePath returns a path that the template matches.
func samplePath(t *Template) string {
	return strings.NewReplacer("/**", "/x/y", "/*", "/z").Replace(withoutVariables(t))
}

// FuzzFind compares the trie with a search through a list.
func FuzzFind(f *testing.F) {
	f.Add("/a/*/{b}\n/a/**\n/**/b:v\n/a/{x=b/*}", "/a/b/b:v")
	f.Add("/*/a/b\n/a/*/*\n/**/*\n/{x=**}/a", "/a/%61/")
	f.Fuzz(func(t *testing.T, templates, path string) {
		r := &Router[string]{}
		var all []*Template
		for s := range strings.SplitSeq(templates, "\n") {
			if template, err := ParseTemplate(s); err == nil && r.Add("", "GET", template, s) == nil {
				all = append(all, template)
			}
		}
		got := r.Find("GET", path, nil)
		if path == "" || path[0] != '/' || !validEscapes(path) {
			if got.Result != BadPath {
				t.Fatalf("%q: %s", path, describe(got))
			}
			return
		}
		want, values := naive(all, path)
		switch {
		case want == nil && got.Result != NotFound:
			t.Fatalf("%q: %s, want none", path, describe(got))
		case want != nil && (got.Result != Found || got.Value != want.text || !slices.Equal(got.Vars, values)):
			t.Fatalf("%q: %s, want %s %q", path, describe(got), want, values)
		}
		if m := r.Find("PUT", path, nil); (m.Result == WrongVerb) != (want != nil) || m.Result == WrongVerb && !slices.Equal(m.Allow, []string{"GET", "HEAD"}) {
			t.Fatalf("%q: %s, want %v", path, describe(m), want)
		}
	})
}

// naive is Find by its definition: of the templates that match, the first one.
func naive(all []*Template, path string) (best *Template, values []string) {
	at := strings.LastIndexByte(path, ':')
	if at > strings.LastIndexByte(path, '/') {
		for _, t := range all {
			if t.verb != "" && t.verb == decode(path[at+1:], false) {
				best, values = naiveVerb(all, path[:at], t.verb)
				break
			}
		}
	}
	if best == nil {
		best, values = naiveVerb(all, path, "")
	}
	return best, values
}

func naiveVerb(all []*Template, path, verb string) (best *Template, values []string) {
	var parts []string
	if path != "/" {
		parts = strings.Split(path[1:], "/")
	}
	for _, t := range all {
		if t.verb != verb {
			continue
		}
		if ranges := align(t.segments, parts); ranges != nil && (best == nil || before(t, best)) {
			best, values = t, nil
			for _, v := range t.vars {
				value := strings.Join(parts[ranges[v.start]:ranges[v.end]], "/")
				values = append(values, decode(value, v.Multi))
			}
		}
	}
	return best, values
}

// align returns where each segment begins among the parts, and where the last ends, or
// nil if they do not match. It tries every length of **.
func align(segments []segment, parts []string) []int {
	if len(segments) == 0 {
		if len(parts) > 0 {
			return nil
		}
		return []int{0}
	}
	s, lengths := segments[0], []int{1}
	if s.kind == deep {
		lengths = nil
		for n := range len(parts) + 1 {
			lengths = append(lengths, n)
		}
	}
	for _, n := range lengths {
		if n > len(parts) || s.kind == literal && decode(parts[0], false) != s.text || s.kind == wildcard && parts[0] == "" {
			continue
		}
		if rest := align(segments[1:], parts[n:]); rest != nil {
			for i := range rest {
				rest[i] += n
			}
			return append([]int{0}, rest...)
		}
	}
	return nil
}

// before reports whether a comes before b.
func before(a, b *Template) bool {
	for i := range min(len(a.segments), len(b.segments)) {
		if x, y := a.segments[i].kind, b.segments[i].kind; x != y {
			return x < y
		} else if x == deep && len(a.segments) != len(b.segments) {
			return len(a.segments) > len(b.segments)
		}
	}
	// One goes on with **, or they would not match the same path.
	return len(a.segments) < len(b.segments)
}

func FuzzQuery(f *testing.F) {
	f.Add("a=b&c%20=d+e&f")
	f.Fuzz(func(t *testing.T, query string) {
		pairs, err := AppendQuery(nil, query, QueryLimits{Pairs: 10})
		if err != nil {
			return
		}
		var again []byte
		for _, p := range pairs {
			again = AppendPair(again, p.Name, p.Value)
		}
		if back, err := AppendQuery(nil, string(again), QueryLimits{Length: 4*len(query) + 1}); err != nil || !slices.Equal(back, pairs) {
			t.Fatalf("%q: %q, then %q, %v", query, pairs, back, err)
		}
	})
}

func FuzzRule(f *testing.F) {
	f.Add([]byte(text(2, "/a") + text(11, text(8, text(1, "X")+text(2, "/b")))))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRule(b)
		if err == nil && !ValidVerb(r.Method) {
			t.Fatalf("%q: verb %q", b, r.Method)
		}
	})
}
