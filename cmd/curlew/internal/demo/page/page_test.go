package page

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/web"
)

func get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	web.Handler(curlew.NewServer(), handlers()...).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return w
}

// TestFiles asks for the page and for what it refers to.
func TestFiles(t *testing.T) {
	index := get(t, "/")
	if index.Code != http.StatusOK || !strings.HasPrefix(index.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("/: %d, %s", index.Code, index.Header().Get("Content-Type"))
	}
	if !strings.Contains(index.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the policy is %q", index.Header().Get("Content-Security-Policy"))
	}
	refs := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(index.Body.String(), -1)
	if len(refs) < 3 {
		t.Errorf("the page refers to %q", refs)
	}
	for _, ref := range refs {
		name, local := strings.CutPrefix(ref[1], "./")
		if !local {
			t.Errorf("the page refers to %s", ref[1])
			continue
		}
		if w := get(t, "/"+name); w.Code != http.StatusOK {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if w := get(t, "/none"); w.Code != http.StatusNotFound {
		t.Errorf("/none: %d", w.Code)
	}
}

func TestSize(t *testing.T) {
	var size int64
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const limit = 150_000
	if size > limit {
		t.Errorf("the page has %d bytes, more than %d", size, limit)
	}
}
