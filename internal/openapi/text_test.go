package openapi

import (
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/rest"
)

func TestRoutes(t *testing.T) {
	for _, c := range []struct{ template, path, shape string }{
		{"/", "/", "/"},
		{"/v1/orders", "/v1/orders", "/v1/orders"},
		{"/v1/{name}", "/v1/{name}", "/v1/{}"},
		{"/v1/{a.b=*}/x", "/v1/{a.b}/x", "/v1/{}/x"},
		{"/v1/{name=**}", "/v1/{name}", "/v1/{}"},
		{"/v1/{name=rooms/*}", "/v1/rooms/{roomsId}", "/v1/rooms/{}"},
		{"/v1/{name=rooms/*/items/**}:undo", "/v1/rooms/{roomsId}/items/{itemsId}:undo", "/v1/rooms/{}/items/{}:undo"},
		{"/v1/{name=*/*}", "/v1/{v1Id}/{nameId}", "/v1/{}/{}"},
		{"/{a=x/*}/{b=x/*}", "/x/{xId}/x/{xId2}", "/x/{}/x/{}"},
		{"/v1/*/b/**", "/v1/{v1Id}/b/{bId}", "/v1/{}/b/{}"},
		{"/v1/*:go", "/v1/{v1Id}:go", "/v1/{}:go"},
		{"/a-b.c/{n=d_e/*}", "/a-b.c/d_e/{dEId}", "/a-b.c/d_e/{}"},
		{"/%C3%A4/*", "/%C3%A4/{C3A4Id}", "/%C3%A4/{}"},
		{"/*", "/{Id}", "/{}"},
		{"/v1/a:b", "/v1/a:b", "/v1/a:b"},
		{"/{a}/{b}:c", "/{a}/{b}:c", "/{}/{}:c"},
	} {
		parsed, err := rest.ParseTemplate(c.template)
		if err != nil {
			t.Fatal(err)
		}
		r := newRoute(parsed)
		if r.path != c.path || r.shape != c.shape {
			t.Errorf("%s is %s, %s, want %s, %s", c.template, r.path, r.shape, c.path, c.shape)
		}
	}
}

func TestComments(t *testing.T) {
	for _, c := range []struct{ in, cleaned, summary string }{
		{"", "", ""},
		{" One.\n", "One.", "One"},
		{" One. Two.\n Three.\n", "One. Two.\nThree.", "One"},
		{" No stop\n here\n\n Next.\n", "No stop\nhere\n\nNext.", "No stop here"},
		{" It is e.g. Two. Three.\n", "It is e.g. Two. Three.", "It is e.g. Two"},
		{" Version 1.5 of it. then\n", "Version 1.5 of it. then", "Version 1.5 of it. then"},
		{" Really? Yes.\n", "Really? Yes.", "Really?"},
		{" A\n   - indented  \n\n\n\n B\n", "A\n  - indented\n\nB", "A - indented"},
		{" buf:lint:ignore X\n A.\n @exclude\n protolint:disable Y\n nolint\n", "A.", "A"},
		{" A. (-- api-linter: x\n y --) B.\n", "A.  B.", "A"},
		{" See [Order][a.b.Order] and [x][].\r\n", "See Order and x.", "See Order and x"},
		{" \xff\n", "\ufffd", "\ufffd"},
	} {
		got := cleaned(c.in)
		if got != c.cleaned || summarize(got) != c.summary {
			t.Errorf("%q is %q and in short %q, want %q and %q", c.in, got, summarize(got), c.cleaned, c.summary)
		}
	}
}
