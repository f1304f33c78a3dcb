package resolve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A fileTest watches a file in a bubble, calling Watch as a client does.
type fileTest struct {
	t        *testing.T
	dir      string
	resolver Resolver
	target   Target
	refuse   error

	mu     sync.Mutex
	pushed []string // addresses
	failed []string
}

// testFile runs f with a watch of the file "endpoints.json" of a directory, which is
// prepared before.
func testFile(t *testing.T, c FileConfig, prepare func(w *fileTest), f func(w *fileTest)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &fileTest{t: t, dir: dir, resolver: File(c), target: Target{Scheme: "file", Endpoint: filepath.Join(dir, "endpoints.json")}}
		prepare(w)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go w.watch(ctx)
		time.Sleep(10 * time.Millisecond) // never at the same instant
		f(w)
	})
}

func (w *fileTest) watch(ctx context.Context) {
	for ctx.Err() == nil {
		err := w.resolver.Watch(ctx, w.target, nil, func(u Update) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.pushed = append(w.pushed, addresses(u))
			return w.refuse
		})
		if err == nil {
			return
		}
		w.mu.Lock()
		w.failed = append(w.failed, err.Error())
		w.mu.Unlock()
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
		}
	}
}

// write replaces what is in a file, which stays the same one.
func (w *fileTest) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *fileTest) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// want compares, after some time, what was pushed and what failed since the last want.
func (w *fileTest) want(after time.Duration, pushed []string, failed ...string) {
	w.t.Helper()
	time.Sleep(after)
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.pushed, pushed) {
		w.t.Errorf("pushed %q, want %q", w.pushed, pushed)
	}
	fits := len(failed) == len(w.failed)
	for i := 0; fits && i < len(failed); i++ {
		fits = strings.Contains(w.failed[i], failed[i])
	}
	if !fits {
		w.t.Errorf("failed %q, want %q", w.failed, failed)
	}
	w.pushed, w.failed = nil, nil
}

func file1(addr string) string { return fmt.Sprintf(`{"endpoints":[{"address":%q}]}`, addr) }

func good(w *fileTest) { w.write("endpoints.json", file1("a:1")) }

func TestFileChanges(t *testing.T) {
	testFile(t, FileConfig{}, good, func(w *fileTest) {
		w.want(0, []string{"a:1"})
		w.want(time.Minute, nil)
		w.write("endpoints.json", file1("b:1"))
		w.want(time.Second, []string{"b:1"})
		w.write("endpoints.json", file1("b:1"))
		w.want(time.Minute, nil)
		w.write("other.json", file1("c:1"))
		w.must(os.Rename(filepath.Join(w.dir, "other.json"), filepath.Join(w.dir, "endpoints.json")))
		w.want(time.Second, []string{"c:1"})
		w.write("endpoints.json", `{"endpoints":[]}`)
		w.want(time.Second, []string{""})
	})
}

// Of the same length and with the same time of change: some file systems count time in
// long steps.
func TestFileChangesUnseen(t *testing.T) {
	testFile(t, FileConfig{}, good, func(w *fileTest) {
		w.want(0, []string{"a:1"})
		path := filepath.Join(w.dir, "endpoints.json")
		info, err := os.Stat(path)
		w.must(err)
		w.write("endpoints.json", file1("b:1"))
		w.must(os.Chtimes(path, info.ModTime(), info.ModTime()))
		w.want(time.Second, []string{"b:1"})
	})
}

// A file whose last change is long ago is not read again.
func TestFileIsReadOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "endpoints.json")
	if err := os.WriteFile(path, []byte(file1("a:1")), 0o600); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	w := fileWatch{path: path}
	first, changed, err := w.read()
	if err != nil || !changed {
		t.Fatalf("%v, %v", changed, err)
	}
	w.text = []byte("not read")
	if u, changed, err := w.read(); u != first || changed || err != nil {
		t.Errorf("%v, %v, %v", u, changed, err)
	}
}

// Kubernetes mounts a ConfigMap as a link to a link to a directory, and swaps the
// one in the middle.
func TestFileBehindLinks(t *testing.T) {
	in := func(w *fileTest, parts ...string) string { return filepath.Join(append([]string{w.dir}, parts...)...) }
	version := func(w *fileTest, name, addr string) {
		w.must(os.Mkdir(in(w, name), 0o700))
		w.write(filepath.Join(name, "endpoints.json"), file1(addr))
		old := time.Now().Add(-time.Hour)
		w.must(os.Chtimes(in(w, name, "endpoints.json"), old, old)) // no time tells them apart
		w.must(os.Symlink(name, in(w, "..data_tmp")))
		w.must(os.Rename(in(w, "..data_tmp"), in(w, "..data")))
	}
	testFile(t, FileConfig{}, func(w *fileTest) {
		version(w, "..1", "a:1")
		w.must(os.Symlink(filepath.Join("..data", "endpoints.json"), in(w, "endpoints.json")))
	}, func(w *fileTest) {
		w.want(5*time.Second, []string{"a:1"})
		version(w, "..2", "b:1")
		w.must(os.RemoveAll(in(w, "..1")))
		w.want(time.Second, []string{"b:1"})
	})
}

// What is wrong with a file is said once, and takes nothing away.
func TestFileGoesWrong(t *testing.T) {
	testFile(t, FileConfig{}, good, func(w *fileTest) {
		path := filepath.Join(w.dir, "endpoints.json")
		w.want(time.Second, []string{"a:1"})
		w.write("endpoints.json", `{"endpoints":[`)
		w.want(time.Second, nil) // it may be in the middle of being written
		w.write("endpoints.json", file1("b:1"))
		w.want(time.Second, []string{"b:1"})

		w.write("endpoints.json", `{"endpoints":[{"adress":"b:1"}]}`)
		w.want(time.Minute, []string{"b:1"}, "endpoints in "+path+": endpoints[0].adress: there is no such field")
		w.write("endpoints.json", `{}`)
		w.want(time.Minute, []string{"b:1"}, "endpoints: it is missing")
		w.must(os.Remove(path))
		w.want(time.Minute, []string{"b:1"}, "no such file")
		w.must(os.Mkdir(path, 0o700))
		w.want(time.Minute, []string{"b:1"}, "it is a directory; name a file")
		w.must(os.Remove(path))
		w.must(syscall.Mkfifo(path, 0o600)) // to read it would wait for a writer
		w.want(time.Minute, []string{"b:1"}, "it is no ordinary file")
		w.must(os.Remove(path))
		w.must(os.WriteFile(path, nil, 0o600))
		w.must(os.Truncate(path, maxFile+1))
		w.want(time.Minute, []string{"b:1"}, "67108865 bytes, more than 67108864")

		w.write("endpoints.json", file1("b:1"))
		w.want(time.Second, []string{"b:1"})
		w.write("endpoints.json", `{}`)
		w.want(time.Minute, []string{"b:1"}, "endpoints: it is missing") // once more, for it was right again
	})
}

// A file that is not right from the beginning is reported at once and then whenever
// the client asks again.
func TestFileIsWrongAtFirst(t *testing.T) {
	testFile(t, FileConfig{}, func(w *fileTest) {}, func(w *fileTest) {
		w.want(0, nil, "no such file")
		w.want(2*time.Second, nil, "no such file")
		w.write("endpoints.json", file1("a:1"))
		w.want(2*time.Second, []string{"a:1"})
	})
}

// Whoever begins to watch a file that has gone wrong is given what was right.
func TestFileServesTheLastGood(t *testing.T) {
	testFile(t, FileConfig{}, good, func(w *fileTest) {
		w.want(time.Second, []string{"a:1"})
		w.write("endpoints.json", "{}")
		w.want(time.Minute, []string{"a:1"}, "missing")
		other := &fileTest{t: w.t, dir: w.dir, resolver: w.resolver, target: w.target}
		ctx, stop := context.WithCancel(w.t.Context())
		defer stop()
		go other.watch(ctx)
		other.want(time.Minute, []string{"a:1"})
		w.write("endpoints.json", file1("b:1"))
		other.want(time.Second, []string{"b:1"})
		w.want(0, []string{"b:1"})
	})
}

func TestFileIsReadOnDemand(t *testing.T) {
	testFile(t, FileConfig{Interval: -1}, good, func(w *fileTest) {
		w.want(time.Minute, []string{"a:1"})
		w.write("endpoints.json", "{}")
		w.want(time.Minute, nil)
		w.watch(w.t.Context()) // reports it and asks again, as nothing is known to be right now
		w.want(0, []string{"a:1", "a:1"}, "missing")
	})
}

func TestFileInterval(t *testing.T) {
	testFile(t, FileConfig{Interval: time.Minute}, good, func(w *fileTest) {
		w.write("endpoints.json", file1("b:1"))
		w.want(59*time.Second, []string{"a:1"})
		w.want(time.Second, []string{"b:1"})
	})
}

// An update that the client refuses does not end the watch.
func TestFileRefusedUpdate(t *testing.T) {
	testFile(t, FileConfig{}, func(w *fileTest) {
		good(w)
		w.refuse = errors.New("refused")
	}, func(w *fileTest) {
		w.want(time.Minute, []string{"a:1"})
		w.write("endpoints.json", file1("b:1"))
		w.want(time.Second, []string{"b:1"})
	})
}

func TestFilePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b.json")
	if err := os.WriteFile(path, []byte(file1("a:1")), 0o600); err != nil {
		t.Fatal(err)
	}
	r := File(FileConfig{Path: path, Interval: -1})
	if got := resolveOnce(t, r, Target{Scheme: "dns", Endpoint: "users:443"}); !slices.Equal(got, []Addr{tcp("a:1")}) {
		t.Errorf("%v", got)
	}
	err := File(FileConfig{}).Watch(t.Context(), Target{Scheme: "dns", Endpoint: "users:443"}, nil, accept)
	if err == nil || !strings.Contains(err.Error(), `target "dns:///users:443" names no file; write file:///path, or give FileConfig a Path`) {
		t.Errorf("%v", err)
	}
	t.Chdir(filepath.Dir(path))
	target, err := ParseTarget("file:none.json")
	if err != nil {
		t.Fatal(err)
	}
	if r, err = For(target); err != nil {
		t.Fatal(err)
	}
	if err := r.Watch(t.Context(), target, nil, accept); err == nil || !strings.Contains(err.Error(), "endpoints in none.json: ") {
		t.Errorf("%v", err)
	}
}
