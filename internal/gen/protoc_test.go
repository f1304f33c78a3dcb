package gen

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// build builds a program of the repository.
func build(t *testing.T, pkg string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-o", file, pkg)
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return file
}

func lookProtoc(t *testing.T) string {
	t.Helper()
	protoc, err := exec.LookPath("protoc")
	if err != nil {
		t.Skip("protoc is not installed: apt-get install protobuf-compiler")
	}
	return protoc
}

// TestProtoc has protoc run the plugin over the golden packages that any protoc can
// read: not those of editions, which Debian's does not know.
func TestProtoc(t *testing.T) {
	protoc := lookProtoc(t)
	plugin := build(t, "./cmd/protoc-gen-curlew")
	for dir, names := range packages(t) {
		name := strings.TrimPrefix(dir, golden)
		if name == "editions" || name == "plain" { // plain has no go_package
			continue
		}
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			runProtoc(t, protoc, plugin, append([]string{"--curlew_out=" + out, "--curlew_opt=" + parameter(dir)}, names...)...)
			compareTree(t, out)
		})
	}
	t.Run("M", func(t *testing.T) {
		out := t.TempDir()
		runProtoc(t, protoc, plugin, "--curlew_out="+out,
			"--curlew_opt=paths=source_relative,M"+golden+"plain/plain.proto=example.com/plain", golden+"plain/plain.proto")
		compareTree(t, out)
	})
}

func runProtoc(t *testing.T, protoc, plugin string, args ...string) {
	t.Helper()
	cmd := exec.Command(protoc, append([]string{"--plugin=" + plugin, "-I."}, args...)...)
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// compareTree compares what protoc wrote with the golden files.
func compareTree(t *testing.T, dir string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		n++
		got, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs\n%s", name, firstDifference(string(got), string(want)))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if n == 0 && !strings.Contains(t.Name(), "/imports/") && !strings.HasSuffix(t.Name(), "/public") {
		t.Error("nothing was generated")
	}
}

func TestProtocSaysWhatIsWrong(t *testing.T) {
	protoc := lookProtoc(t)
	plugin := build(t, "./cmd/protoc-gen-curlew")
	for option, want := range map[string]string{
		"package_sufix=curlew": `protoc-gen-curlew: unknown option "package_sufix"`,
		"package_suffix=x-y":   "protoc-gen-curlew: package_suffix=x-y",
	} {
		cmd := exec.Command(protoc, "--plugin="+plugin, "-I.", "--curlew_out="+t.TempDir(), "--curlew_opt="+option, golden+"kinds/kinds.proto")
		cmd.Dir = repository
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: got %v and %s, want %s", option, err, out, want)
		}
	}
}

func TestPluginVersion(t *testing.T) {
	out, err := exec.Command(build(t, "./cmd/protoc-gen-curlew"), "--version").Output()
	if want := "protoc-gen-curlew " + Version + "\n"; err != nil || string(out) != want {
		t.Errorf("got %q and %v, want %q", out, err, want)
	}
}

// TestStatic checks that descriptors of methods are laid out by the linker: a package
// of generated code alone has nothing to do when the program starts.
func TestStatic(t *testing.T) {
	const pkg = "github.com/curlew-rpc/curlew/" + golden + "apart/apartcurlew"
	archive := filepath.Join(t.TempDir(), "apart.a")
	cmd := exec.Command("go", "build", "-o", archive, pkg)
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	symbols, err := exec.Command("go", "tool", "nm", "-size", archive).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m) D ` + regexp.QuoteMeta(pkg) + `\.userServiceGet$`).Match(symbols) {
		t.Error("the descriptor is not initialised data")
	}
	// The function that initialises variables is there, and returns at once.
	for _, m := range regexp.MustCompile(`(?m) (\d+) [Tt] `+regexp.QuoteMeta(pkg)+`\.init(\.\d+)?$`).FindAllSubmatch(symbols, -1) {
		if size, _ := strconv.Atoi(string(m[1])); size > 8 {
			t.Errorf("the package has %d bytes of code that run at start", size)
		}
	}
}
