package rest

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A published is one rule that Google has published.
type published struct {
	service, method string
	rule            Rule
}

func (p *published) String() string { return p.service + "." + p.method }

// publishedRules reads testdata/googleapis.txt.gz, whose form testdata/README.md says.
func publishedRules(tb testing.TB) []*published {
	tb.Helper()
	f, err := os.Open("testdata/googleapis.txt.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	var rules []*published
	service := ""
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "service "); ok {
			service = name
			continue
		}
		f := strings.Split(lines.Text(), "\t")
		if len(f) != 5 {
			tb.Fatalf("line %q", lines.Text())
		}
		rules = append(rules, &published{service, f[0], Rule{Method: f[1], Template: f[2], Body: f[3], ResponseBody: f[4]}})
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	if len(rules) < 14000 {
		tb.Fatalf("%d rules", len(rules))
	}
	return rules
}

// sampleValue returns a value that a variable of the template can have, which needs
// escapes where it may have any text.
func sampleValue(t *Template, v *Variable, n int) string {
	var parts []string
	for _, s := range t.segments[v.start:v.end] {
		switch s.kind {
		case literal:
			parts = append(parts, s.text)
		case wildcard:
			parts = append(parts, fmt.Sprintf("a %d:ü+%%2F", n))
		case deep:
			parts = append(parts, fmt.Sprintf("b%d", n), "c:d", "?")
		}
	}
	return strings.Join(parts, "/")
}

// twice has the methods of googleapis whose rule another method of the service has too,
// so that it cannot be called by its own.
var twice = map[string]bool{
	"google.cloud.bigquery.storage.v1.BigQueryRead.SplitReadStream":           true,
	"google.cloud.bigquery.storage.v1.BigQueryWrite.GetWriteStream":           true,
	"google.cloud.bigquery.storage.v1.BigQueryWrite.FinalizeWriteStream":      true,
	"google.cloud.bigquery.storage.v1.BigQueryWrite.FlushRows":                true,
	"google.cloud.bigquery.storage.v1beta1.BigQueryStorage.SplitReadStream":   true,
	"google.cloud.bigquery.storage.v1beta2.BigQueryRead.SplitReadStream":      true,
	"google.cloud.bigquery.storage.v1beta2.BigQueryWrite.GetWriteStream":      true,
	"google.cloud.bigquery.storage.v1beta2.BigQueryWrite.FinalizeWriteStream": true,
	"google.cloud.bigquery.storage.v1beta2.BigQueryWrite.FlushRows":           true,
}

// shadowed has the methods whose sample is a path of another method of the service too,
// whose template has more segments after the **.
var shadowed = map[string]bool{
	"google.firestore.v1.Firestore.GetDocument":      true,
	"google.firestore.v1beta1.Firestore.GetDocument": true,
}

// Each rule that Google has published parses and can be registered, but for those that
// cannot be told apart, and the path of a client's call leads back to method and values.
func TestGoogleapis(t *testing.T) {
	type binding struct {
		*published
		template *Template
	}
	routers := map[string]*Router[binding]{}
	var bindings []binding
	conflicts := map[string]bool{}
	for _, p := range publishedRules(t) {
		template, err := ParseTemplate(p.rule.Template)
		if err != nil {
			t.Errorf("%s: %v", p, err)
			continue
		}
		r := routers[p.service]
		if r == nil {
			r = &Router[binding]{}
			routers[p.service] = r
		}
		b := binding{p, template}
		err = r.Add(p.String(), p.rule.Method, template, b)
		if conflict := (*ConflictError)(nil); errors.As(err, &conflict) {
			conflicts[p.String()] = true
			if !twice[p.String()] {
				t.Error(err)
			}
			continue
		} else if err != nil {
			t.Error(err)
			continue
		}
		bindings = append(bindings, b)
	}
	if len(conflicts) != len(twice) {
		t.Errorf("%d conflicts, want %d", len(conflicts), len(twice))
	}
	for _, b := range bindings {
		if shadowed[b.String()] {
			continue
		}
		wantRoundTrip(t, routers[b.service], b.rule.Method, b.template, b)
	}
}

// wantRoundTrip fails the test if the path that a template and values make does not
// lead back to them.
func wantRoundTrip[T comparable](t *testing.T, r *Router[T], method string, template *Template, want T) {
	t.Helper()
	var values []string
	for i := range template.vars {
		values = append(values, sampleValue(template, &template.vars[i], i))
	}
	path, err := template.Expand(values)
	if err != nil {
		t.Errorf("%v: %v", want, err)
		return
	}
	m := r.Find(method, path, nil)
	if m.Result != Found || m.Value != want {
		t.Errorf("%s %s of %v: found %d, %v", method, path, want, m.Result, m.Value)
		return
	}
	if got := strings.Join(m.Vars, "\n"); got != strings.Join(values, "\n") {
		t.Errorf("%s %s of %v: values %q, want %q", method, path, want, m.Vars, values)
	}
}
