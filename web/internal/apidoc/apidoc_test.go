package apidoc

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/internal/openapi"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func echoDocs(t *testing.T) *Docs {
	t.Helper()
	docs, err := FromServices([]protoreflect.ServiceDescriptor{echov1.File_internal_testproto_echo_v1_echo_proto.Services().Get(0)}, openapi.Config{
		Description: "What *comes* back: `echo`.\n\n- one\n  more\n- two\n\n```\nraw <pre>\n```",
		Servers:     []string{"https://echo.example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// A file says the same as the services that it was made of.
func TestFromFile(t *testing.T) {
	docs := echoDocs(t)
	again, err := FromFile(docs.JSON.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		name      string
		one, same File
		mediaType string
	}{
		{"JSON", docs.JSON, again.JSON, "application/json"},
		{"YAML", docs.YAML, again.YAML, "application/yaml"},
		{"HTML", docs.HTML, again.HTML, "text/html; charset=utf-8"},
	} {
		if !bytes.Equal(f.one.Body, f.same.Body) || f.one.ETag != f.same.ETag {
			t.Errorf("%s differs when it comes from a file", f.name)
		}
		if f.one.Type != f.mediaType || !regexp.MustCompile(`^"[0-9a-f]{32}"$`).MatchString(f.one.ETag) {
			t.Errorf("%s has type %s and ETag %s", f.name, f.one.Type, f.one.ETag)
		}
	}
	if docs.JSON.ETag == docs.YAML.ETag {
		t.Error("different files have the same ETag")
	}
	if _, err := FromFile([]byte(`{"swagger":"2.0"}`)); err == nil {
		t.Error("a document of another version is taken")
	}
}

func TestRefusesConflicts(t *testing.T) {
	sd := echov1.File_internal_testproto_echo_v1_echo_proto.Services().Get(0)
	if _, err := FromServices([]protoreflect.ServiceDescriptor{sd, sd}, openapi.Config{}); err == nil {
		t.Error("a service that is there twice is no error")
	}
}

// The policy allows what the page has, and nothing else.
func TestPolicy(t *testing.T) {
	docs := echoDocs(t)
	for _, element := range []string{"style", "script"} {
		parts := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllSubmatch(docs.HTML.Body, -1)
		if len(parts) != 1 {
			t.Fatalf("%d elements %s", len(parts), element)
		}
		if want := element + "-src " + hash(string(parts[0][1])); !strings.Contains(docs.CSP, want) {
			t.Errorf("the policy %s lacks %s", docs.CSP, want)
		}
	}
	if m := regexp.MustCompile(`<[^>]* (src|style|on\w+)=|url\(|@import`).Find(docs.HTML.Body); m != nil {
		t.Errorf("the page has %s, which the policy forbids", m)
	}
}

// All operations and schemas are there without a script, and what links lead to.
func TestPageIsWhole(t *testing.T) {
	docs := echoDocs(t)
	d, err := openapi.Parse(docs.JSON.Body)
	if err != nil {
		t.Fatal(err)
	}
	page := string(docs.HTML.Body)
	for path, item := range d.Root().Get("paths").Members() {
		for verb, o := range item.Members() {
			id := o.Get("operationId").Text()
			if !strings.Contains(page, `id="operation-`+id+`"`) || !strings.Contains(page, "<code>"+path+"</code>") {
				t.Errorf("%s %s is missing", verb, path)
			}
		}
	}
	for name := range d.Root().Get("components").Get("schemas").Members() {
		if !strings.Contains(page, `id="schema-`+name+`"`) {
			t.Errorf("the schema %s is missing", name)
		}
	}
	links := regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(links) == 0 {
		t.Error("there are no links")
	}
	for _, link := range links {
		if !strings.Contains(page, `id="`+link[1]+`"`) {
			t.Errorf("the link to %s leads nowhere", link[1])
		}
	}
	checkNesting(t, docs.HTML.Body)
}

// checkNesting fails the test if elements do not end in the order that they began in.
func checkNesting(t *testing.T, page []byte) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(page))
	dec.Strict = false // for elements without an end, as meta is
	dec.AutoClose, dec.Entity = []string{"meta"}, xml.HTMLEntity
	n := 0
	for {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("after %d tokens: %v", n, err)
		}
		n++
	}
	if n < 50 {
		t.Errorf("the page has only %d tokens", n)
	}
}

// A document can have any text anywhere, and make no element of it.
func TestHostileText(t *testing.T) {
	const evil = `</script><script>alert(1)</script><img src=x onerror="a"> ' & `
	document := `{"openapi":"3.1.0","info":{"title":EVIL,"version":EVIL,"description":EVIL},
"servers":[{"url":EVIL,"description":EVIL}],"tags":[{"name":EVIL,"x-displayName":"<b>","description":"|<i>|\n|--|\n|<b>|"}],
"paths":{EVIL:{"parameters":[{"name":EVIL,"in":EVIL,"content":{EVIL:{"schema":{"type":EVIL}}}}],
 "get":{"tags":[EVIL],"operationId":EVIL,"summary":EVIL,"description":EVIL,"deprecated":true,
  "requestBody":{"$ref":"#/components/requestBodies/a~1b~01"},
  "responses":{EVIL:{"description":EVIL,"content":{EVIL:{"schema":{"type":"object","title":EVIL,"properties":{EVIL:{"type":EVIL,"format":EVIL,"pattern":EVIL,"enum":[EVIL,1],"description":EVIL,"contentEncoding":EVIL,"default":{EVIL:EVIL}}}},
   "x-protobuf-message":EVIL,"x-oai-itemSchema":{"$ref":"#/components/schemas/<x>"},"examples":{EVIL:{"value":{EVIL:EVIL}}}}}},"default":{"$ref":"#/components/responses/<b>"}}},
 "x-oai-additionalOperations":{EVIL:{"responses":{}}}}},
"components":{"schemas":{EVIL:{"anyOf":[{"type":"string"},{"$ref":"#/components/schemas/<x>"}]},"m":{"type":"object","additionalProperties":{"type":["string","null"]}},"l":{"type":"array","items":{}}},
 "requestBodies":{"a/b~1":{"description":"found","content":{"text/plain":{}}}}}}`
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	document = strings.ReplaceAll(document, "EVIL", string(quoted))
	docs, err := FromFile([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	page := string(docs.HTML.Body)
	if n := strings.Count(page, "<script>"); n != 1 {
		t.Errorf("the page has %d scripts", n)
	}
	for _, element := range []string{"<img", "<b>", "<i>", "<x>"} {
		if strings.Contains(page, element) {
			t.Errorf("the page has the element %s of the document", element)
		}
	}
	if !strings.Contains(page, "found") {
		t.Error("a reference with escapes is not followed")
	}
	checkNesting(t, docs.HTML.Body)
}

func TestMarkdown(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"one\ntwo", "<p>one\ntwo</p>"},
		{"one\n\ntwo", "<p>one</p><p>two</p>"},
		{"a `b<c` `d", "<p>a <code>b&lt;c</code> `d</p>"},
		{"says:\n- a\n  more\n- b\nend", "<p>says:</p><ul><li>a more</li><li>b</li></ul><p>end</p>"},
		{"| a | b |\n| --- | --- |\n| 1 | `2` |", "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td><code>2</code></td></tr></table>"},
		{"| no table", "<p>| no table</p>"},
		{"```\n<x>\n\ny", "<pre>&lt;x&gt;\n\ny\n</pre>"},
	} {
		var b strings.Builder
		markdown(&b, c.in)
		if b.String() != c.want {
			t.Errorf("%q gives %s, want %s", c.in, &b, c.want)
		}
	}
}
