package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	goodProto = `syntax = "proto3";
package greet.v1;
// GreetService greets.
service GreetService {
  rpc Greet(GreetRequest) returns (GreetResponse);
  rpc Chat(stream GreetRequest) returns (stream GreetResponse);
}
message GreetRequest { string name = 1; }
message GreetResponse { string text = 1; }
`
	badProto = "syntax = \"proto3\";\nmessage A {\n  B b = 1;\n  C c = 2;\n}\n"
	goMod    = "module example.com/greet\n"
)

// project writes files, by name, below a new directory and makes it the current one.
func project(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// command runs a command line and returns its status and output.
func command(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

// written returns the names of the generated files, below the current directory.
func written(t *testing.T) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".pb.go") {
			names = append(names, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func TestGenerate(t *testing.T) {
	const beside = "proto/greet/v1/greet.pb.go proto/greet/v1/greet_curlew.pb.go proto/greet/v1/greet_curlew_codec.pb.go"
	for _, test := range []struct {
		name  string
		args  string
		files map[string]string
		want  string
	}{
		{"everything", "", nil, beside},
		{"its other name", "", nil, beside},
		{"a directory", "proto", nil, beside},
		{"a file", "./proto/greet/v1/greet.proto", nil, beside},
		{"imports", "-I proto proto/greet", nil, beside},
		{"a directory to write to", "-I proto --out gen", nil, "gen/greet/v1/greet.pb.go gen/greet/v1/greet_curlew.pb.go gen/greet/v1/greet_curlew_codec.pb.go"},
		{"without codec", "--curlew-opt codec=false", nil, "proto/greet/v1/greet.pb.go proto/greet/v1/greet_curlew.pb.go"},
		{
			"by module", "--import proto --out gen --go-opt module=example.com/greet/gen --curlew-opt module=example.com/greet/gen --curlew-opt package_suffix=rpc",
			nil, "gen/greet/v1/greet.pb.go gen/greet/v1/greetv1rpc/greet_curlew.pb.go",
		},
		{"one plugin", "--plugin go", nil, "proto/greet/v1/greet.pb.go"},
		{"with options", "--plugin protoc-gen-curlew,package_suffix=rpc", nil, "proto/greet/v1/greetv1rpc/greet_curlew.pb.go"},
		{"curlew.yaml", "", map[string]string{"curlew.yaml": "version: 1\noutputs: [{plugin: go, out: a}]\n"}, "a/proto/greet/v1/greet.pb.go"},
		{"curlew.yaml, imports", "-I proto", map[string]string{"curlew.yaml": "version: 1\noutputs: [{plugin: go, out: a}]\n"}, "a/greet/v1/greet.pb.go"},
		{"curlew.yaml, a file", "proto/greet/v1/greet.proto", map[string]string{"curlew.yaml": "version: 1\n", "b/b.proto": badProto}, beside},
		{
			"curlew.yaml before buf.gen.yaml", "",
			map[string]string{"curlew.yaml": "version: 1\noutputs: [{plugin: go, out: a}]\n", "buf.gen.yaml": "nonsense"}, "a/proto/greet/v1/greet.pb.go",
		},
		{
			"buf.gen.yaml", "",
			map[string]string{
				"buf.gen.yaml": "version: v2\nplugins: [{local: protoc-gen-go, out: b, opt: paths=source_relative}]\n",
				"buf.yaml":     "version: v2\nmodules: [{path: proto}]\n",
			},
			"b/greet/v1/greet.pb.go",
		},
		{
			"buf.gen.yaml, as buf has it", "",
			map[string]string{"buf.gen.yaml": "version: v2\nplugins: [{local: protoc-gen-curlew, out: b, opt: paths=source_relative}]\n"},
			"b/proto/greet/v1/greet_curlew.pb.go b/proto/greet/v1/greet_curlew_codec.pb.go",
		},
		{"another name", "--config x/y.yaml", map[string]string{"x/y.yaml": "version: 1\nimports: [../proto]\noutputs: [{plugin: go, out: z}]\n"}, "x/z/greet/v1/greet.pb.go"},
		{"no configuration", "--no-config --plugin go", map[string]string{"curlew.yaml": "nonsense"}, "proto/greet/v1/greet.pb.go"},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t, map[string]string{"go.mod": goMod, "proto/greet/v1/greet.proto": goodProto})
			for name, content := range test.files {
				if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			sub := "generate"
			if test.name == "its other name" {
				sub = "gen"
			}
			status, stdout, stderr := command(t, append([]string{sub}, strings.Fields(test.args)...)...)
			if status != 0 || stdout != "" || stderr != "" {
				t.Errorf("status %d\n%s%s", status, stdout, stderr)
			}
			if got := written(t); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestGenerateFails(t *testing.T) {
	for _, test := range []struct {
		name, args string
		status     int
		want       string
	}{
		{
			"errors in files", "bad.proto", 1,
			"bad.proto:3:3: cannot find `B` in this scope\nbad.proto:4:3: cannot find `C` in this scope\n",
		},
		{"no such file", "none.proto", 1, "none.proto: there is no such file or directory\n"},
		{"no such configuration", "--config none.yaml", 1, "open none.yaml: "},
		{"errors in the configuration", "--config bad.yaml", 1, "bad.yaml:2:1: unknown key \"plugin\": there are "},
		{"a flag", "--nonsense", 2, "unknown flag: --nonsense\nSee 'curlew generate --help'.\n"},
		{"a flag without its value", "--out", 2, "flag needs an argument: --out\n"},
		{"two that contradict", "--config bad.yaml --no-config", 2, "either --config or --no-config\n"},
		{"outputs twice", "--config good.yaml --out x", 2, "--out cannot be used with good.yaml, which says what to generate: add --no-config to leave it unread\n"},
		{"outputs twice", "--config good.yaml --plugin x", 2, "--plugin cannot"},
		{"outputs twice", "--config good.yaml --go-opt x", 2, "--go-opt cannot"},
		{"outputs twice", "--config good.yaml --curlew-opt x", 2, "--curlew-opt cannot"},
		{"an option of no plugin", "--plugin go --curlew-opt a=b", 2, "--curlew-opt is set, but --plugin curlew is not\n"},
		{"nowhere to write to", "--plugin es good.proto", 2, "protoc-gen-es: want a directory to write to\n"},
		{"nowhere to write to", "--go-opt module=x good.proto", 2, "protoc-gen-go: paths=import and module need a directory to write to\n"},
		{"an unknown option", "--go-opt plugins=grpc good.proto", 1, "protoc-gen-go: unknown option \"plugins\""},
		{"not up to date", "--check good.proto", 1, "good.pb.go: not generated yet\ngood_curlew.pb.go: not generated yet\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			project(t, map[string]string{
				"go.mod": goMod, "good.proto": goodProto, "bad.proto": badProto, "good.yaml": "version: 1\n", "bad.yaml": "version: 1\nplugin: go\n",
			})
			status, stdout, stderr := command(t, append([]string{"generate"}, strings.Fields(test.args)...)...)
			if status != test.status || stdout != "" || !prefixes(stderr, test.want) {
				t.Errorf("status %d, want %d; got\n%s%swant\n%s", status, test.status, stdout, stderr, test.want)
			}
			if got := written(t); got != "" {
				t.Errorf("wrote %s", got)
			}
		})
	}
}

// prefixes reports whether each line of text begins as a line of want does. Lines after
// those of want may follow if it does not end one.
func prefixes(text, want string) bool {
	lines := strings.Split(text, "\n")
	for i, w := range strings.Split(want, "\n") {
		if i >= len(lines) || !strings.HasPrefix(lines[i], w) {
			return false
		}
	}
	return true
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args   string
		status int
		stdout string
		stderr string
	}{
		{"", 0, "Work with Curlew services", ""},
		{"generate --help", 0, "Generate code from .proto files.", ""},
		{"nonsense", 2, "", "unknown command \"nonsense\" for \"curlew\"\nSee 'curlew --help'.\n"},
		{"genrate", 2, "", "unknown command \"genrate\" for \"curlew\"\n"},
	} {
		status, stdout, stderr := command(t, strings.Fields(test.args)...)
		if status != test.status || !strings.HasPrefix(stdout, test.stdout) || !strings.HasPrefix(stderr, test.stderr) {
			t.Errorf("%q: status %d\n%s%s", test.args, status, stdout, stderr)
		}
	}
}

// TestGeneratedCompiles builds what is generated in a module of its own.
func TestGeneratedCompiles(t *testing.T) {
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(repository, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	project(t, map[string]string{
		"go.mod": goMod + "\ngo 1.26\n\nrequire (\n\tgithub.com/curlew-rpc/curlew v0.0.0\n\tgoogle.golang.org/protobuf v1.36.12\n)\n\n" +
			"replace github.com/curlew-rpc/curlew => " + repository + "\n",
		"go.sum":               string(sums),
		"greet/v1/greet.proto": goodProto,
		"main.go": `package main

import (
	"fmt"

	"github.com/curlew-rpc/curlew"
	greetv1 "example.com/greet/greet/v1"
)

func main() {
	srv := curlew.NewServer()
	greetv1.RegisterGreetService(srv, greetv1.UnimplementedGreetService{})
	for svc := range srv.Services() {
		fmt.Print(svc.Name, " ", svc.File, " ", len(svc.Methods))
	}
}
`,
	})
	if status, _, stderr := command(t, "generate"); status != 0 {
		t.Fatal(stderr)
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	out, err := cmd.CombinedOutput()
	if want := "greet.v1.GreetService greet/v1/greet.proto 2"; err != nil || string(out) != want {
		t.Errorf("got %s and %v, want %s", out, err, want)
	}
}
